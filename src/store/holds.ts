import type { Hold } from '../domain/hold.js';
import type { Transaction } from './transaction.js';

/** Names one hold. */
export interface HoldKey {
  readonly merchantId: string;
  readonly inventoryId: string;
  readonly reference: string;
}

export interface HoldRow {
  readonly merchantId: string;
  readonly inventoryId: string;
  readonly hold: Hold;
}

interface RawHold {
  merchant_id: string;
  inventory_id: string;
  reference: string;
  qty: number;
  opened_revision: string;
}

/** Reads the named holds; those that do not exist are left out. */
export async function readHolds(tx: Transaction, keys: readonly HoldKey[]): Promise<HoldRow[]> {
  // The lateral LIMIT pins the plan to one index look-up a key, whatever the statistics say of a young table.
  const rows: RawHold[] = await tx.runner.query(
    `SELECT h.*
       FROM unnest($1::text[], $2::text[], $3::text[]) AS k (merchant_id, inventory_id, reference)
      CROSS JOIN LATERAL (
            SELECT merchant_id, inventory_id, reference, qty, opened_revision
              FROM holds
             WHERE merchant_id = k.merchant_id AND inventory_id = k.inventory_id AND reference = k.reference
             LIMIT 1) AS h`,
    [keys.map((k) => k.merchantId), keys.map((k) => k.inventoryId), keys.map((k) => k.reference)],
  );
  return rows.map(holdRow);
}

/** How many of a record's oldest holds to read. */
export interface OldestHolds {
  readonly merchantId: string;
  readonly inventoryId: string;
  readonly count: number;
}

/** Reads each record's oldest holds. */
export async function readOldestHolds(tx: Transaction, wanted: readonly OldestHolds[]): Promise<HoldRow[]> {
  const rows: RawHold[] = await tx.runner.query(
    `SELECT h.*
       FROM unnest($1::text[], $2::text[], $3::int[]) AS k (merchant_id, inventory_id, count)
      CROSS JOIN LATERAL (
            SELECT merchant_id, inventory_id, reference, qty, opened_revision
              FROM holds
             WHERE merchant_id = k.merchant_id AND inventory_id = k.inventory_id
             ORDER BY opened_revision
             LIMIT k.count) AS h`,
    [wanted.map((k) => k.merchantId), wanted.map((k) => k.inventoryId), wanted.map((k) => k.count)],
  );
  return rows.map(holdRow);
}

function holdRow(row: RawHold): HoldRow {
  return {
    merchantId: row.merchant_id,
    inventoryId: row.inventory_id,
    hold: { reference: row.reference, qty: row.qty, openedRevision: Number(row.opened_revision) },
  };
}

/** Writes the new state of holds, existing or not. */
export async function upsertHolds(tx: Transaction, rows: readonly HoldRow[]): Promise<void> {
  await tx.runner.query(
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[])
         ON CONFLICT (merchant_id, inventory_id, reference)
         DO UPDATE SET qty = excluded.qty, opened_revision = excluded.opened_revision`,
    [
      rows.map((r) => r.merchantId),
      rows.map((r) => r.inventoryId),
      rows.map((r) => r.hold.reference),
      rows.map((r) => r.hold.qty),
      rows.map((r) => r.hold.openedRevision),
    ],
  );
}

/** Ends holds. */
export async function deleteHolds(tx: Transaction, keys: readonly HoldKey[]): Promise<void> {
  await tx.runner.query(
    `DELETE FROM holds AS h
      USING unnest($1::text[], $2::text[], $3::text[]) AS k (merchant_id, inventory_id, reference)
      WHERE h.merchant_id = k.merchant_id AND h.inventory_id = k.inventory_id AND h.reference = k.reference`,
    [keys.map((k) => k.merchantId), keys.map((k) => k.inventoryId), keys.map((k) => k.reference)],
  );
}
