import { numbers, texts } from '../connection/array-literal.js';
import type { Statement } from '../connection/statement.js';
import type { Reader } from './read-pool.js';

/** A record's quantities at one revision, according to its log. */
export interface LoggedStock {
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly revision: number;
}

/** A record's quantities as they were some time ago. */
export interface PastStock extends LoggedStock {
  /**
   * Whether the log has every movement since. Its oldest entries may have been archived; then the quantities are wrong.
   */
  readonly isLoggedSince: boolean;
}

interface RawStock {
  id: string;
  on_hand_qty: number;
  reserved_qty: number;
  revision: string;
  is_logged_since: boolean;
}

// Current quantities less the changes logged since. The log alone would have to be summed from its beginning.
const AT: Statement = {
  name: 'read_stock_at_revision',
  text: `
    SELECT s.id, (s.on_hand_qty - d.on_hand)::int AS on_hand_qty, (s.reserved_qty - d.reserved)::int AS reserved_qty,
           least(k.revision, s.revision) AS revision, d.entries >= s.revision - k.revision AS is_logged_since
      FROM unnest($2::text[], $3::bigint[]) AS k (id, revision)
     CROSS JOIN LATERAL (
           SELECT * FROM stock_levels WHERE merchant_id = $1 AND id = k.id LIMIT 1) AS s
     CROSS JOIN LATERAL (
           SELECT count(*) AS entries, coalesce(sum(on_hand_delta), 0) AS on_hand,
                  coalesce(sum(reserved_delta), 0) AS reserved
             FROM movement_log
            WHERE merchant_id = $1 AND inventory_id = k.id AND revision > k.revision) AS d`,
};

/** Larger than any revision. */
const LATEST = Number.MAX_SAFE_INTEGER;

/**
 * Reads records as they were at a revision, or as they are now when none is given. Records that do not exist are left
 * out. A record that has not reached its revision yet is returned at its current one.
 */
export async function readStockAt(
  reader: Reader,
  merchantId: string,
  records: readonly { readonly id: string; readonly revision: number | undefined }[],
): Promise<PastStock[]> {
  const rows = await reader.rows<RawStock>(AT, [
    merchantId,
    texts(records.map((r) => r.id)),
    numbers(records.map((r) => r.revision ?? LATEST)),
  ]);
  return rows.map((row) => ({
    id: row.id,
    onHandQty: row.on_hand_qty,
    reservedQty: row.reserved_qty,
    revision: Number(row.revision),
    isLoggedSince: row.is_logged_since,
  }));
}

/** The part of a log entry that a watch needs. */
export interface LoggedDeltas {
  readonly id: string;
  readonly revision: number;
  readonly onHandDelta: number;
  readonly reservedDelta: number;
}

const SINCE: Statement = {
  name: 'read_deltas_since',
  text: `
    SELECT k.id, l.revision, l.on_hand_delta, l.reserved_delta
      FROM unnest($2::text[], $3::bigint[]) AS k (id, revision)
     CROSS JOIN LATERAL (
           SELECT revision, on_hand_delta, reserved_delta
             FROM movement_log
            WHERE merchant_id = $1 AND inventory_id = k.id AND revision > k.revision
            ORDER BY revision
            LIMIT $4) AS l`,
};

/** Reads the log entries of records after a revision, in each record's order, at most `recordMax` per record. */
export async function readDeltasSince(
  reader: Reader,
  merchantId: string,
  records: readonly { readonly id: string; readonly revision: number }[],
  recordMax: number,
): Promise<LoggedDeltas[]> {
  const rows = await reader.rows<{
    id: string;
    revision: string;
    on_hand_delta: number;
    reserved_delta: number;
  }>(SINCE, [
    merchantId,
    texts(records.map((r) => r.id)),
    numbers(records.map((r) => r.revision)),
    recordMax,
  ]);
  return rows.map((row) => ({
    id: row.id,
    revision: Number(row.revision),
    onHandDelta: row.on_hand_delta,
    reservedDelta: row.reserved_delta,
  }));
}

const IDS: Statement = {
  name: 'read_ids_of_product',
  text: `
    SELECT id
      FROM inventory_records
     WHERE merchant_id = $1 AND product_id = $2
     ORDER BY sku_id, warehouse_id
     LIMIT $3`,
};

/** Reads the ids of at most `limit` of a product's records. */
export async function readIdsOfProduct(
  reader: Reader,
  merchantId: string,
  productId: string,
  limit: number,
): Promise<string[]> {
  const rows = await reader.rows<{ id: string }>(IDS, [merchantId, productId, limit]);
  return rows.map((row) => row.id);
}
