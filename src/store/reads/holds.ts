import type { Statement } from '../connection/statement.js';
import { type Slice, sliceOf } from './page.js';
import type { Reader } from './read-pool.js';
import { ms } from './record-rows.js';

/** SQL for holds that have not ended. */
export const LIVE = '(expires_at IS NULL OR expires_at > statement_timestamp())';

// Unreferenced units come before all others, as if opened by revision 0. They are not in the index by age.
const LIST: Statement = {
  name: 'list_holds',
  text: `
    SELECT h.*
      FROM stock_levels AS s
      LEFT JOIN LATERAL (
           SELECT u.*
             FROM ((SELECT reference, qty, 0 AS place, ${ms('expires_at')} AS expires_ms
                      FROM holds
                     WHERE merchant_id = $1 AND inventory_id = $2 AND reference = '' AND $3::bigint < 0 AND ${LIVE})
                   UNION ALL
                   (SELECT reference, qty, opened_revision, ${ms('expires_at')}
                      FROM holds
                     WHERE merchant_id = $1 AND inventory_id = $2 AND reference <> ''
                       AND opened_revision > $3::bigint AND ${LIVE}
                     ORDER BY opened_revision
                     LIMIT $4::int)) AS u
            ORDER BY place
            LIMIT $4::int) AS h ON true
     WHERE s.merchant_id = $1 AND s.id = $2
     ORDER BY h.place`,
};

interface RawHold {
  reference: string;
  qty: number;
  place: string;
  expires_ms: number | null;
}

/** Units of one record that are held under one reference. */
export interface HeldUnits {
  /** '' for unreferenced units. */
  readonly reference: string;
  readonly qty: number;
  /** Milliseconds since the epoch; null: open-ended. */
  readonly expiresAtMs: number | null;
  /** The record's revision that opened the hold; 0 for unreferenced units, which come first. */
  readonly openedRevision: number;
}

/** Comes before the first hold of every record. */
export const BEFORE_ALL_HOLDS = -1;

/**
 * Lists a record's holds that have not expired, oldest first, starting after `afterRevision`. Undefined when the
 * merchant does not have the record.
 */
export async function listHolds(
  reader: Reader,
  merchantId: string,
  id: string,
  afterRevision: number,
  limit: number,
): Promise<Slice<HeldUnits> | undefined> {
  type Row = RawHold | { reference: null };
  const rows = await reader.rows<Row>(LIST, [merchantId, id, afterRevision, limit + 1]);
  if (rows.length === 0) return undefined;
  // A record without holds still has one row.
  const holds = rows.filter((row): row is RawHold => row.reference !== null);
  return sliceOf(holds.map(holdOf), limit);
}

function holdOf(row: RawHold): HeldUnits {
  return {
    reference: row.reference,
    qty: row.qty,
    openedRevision: Number(row.place),
    expiresAtMs: row.expires_ms,
  };
}
