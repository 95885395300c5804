import type { Stock } from '../domain/stock.js';
import { StockLevelEntity } from './entities/stock-level.js';
import type { Transaction } from './transaction.js';

/** Names one record. */
export interface RecordKey {
  readonly merchantId: string;
  readonly id: string;
}

export interface StockRow {
  readonly merchantId: string;
  readonly stock: Stock;
}

/**
 * Locks the records, in key order so that two transactions can never wait for each other in a circle, and reads
 * them. Records that do not exist are left out.
 */
export async function lockStockLevels(tx: Transaction, keys: readonly RecordKey[]): Promise<StockRow[]> {
  const rows: RawStockLevel[] = await tx.runner.manager
    .createQueryBuilder(StockLevelEntity, 's')
    .select(['s.merchantId', 's.id', 's.onHandQty', 's.reservedQty', 's.revision'])
    .where('(s.merchant_id, s.id) IN (SELECT * FROM unnest(:merchantIds::text[], :ids::text[]))')
    .setParameters({ merchantIds: keys.map((k) => k.merchantId), ids: keys.map((k) => k.id) })
    .orderBy('s.merchant_id')
    .addOrderBy('s.id')
    .setLock('pessimistic_write')
    .getRawMany();
  return rows.map((row) => ({
    merchantId: row.s_merchant_id,
    stock: {
      id: row.s_id,
      onHandQty: row.s_on_hand_qty,
      reservedQty: row.s_reserved_qty,
      revision: Number(row.s_revision),
    },
  }));
}

interface RawStockLevel {
  s_merchant_id: string;
  s_id: string;
  s_on_hand_qty: number;
  s_reserved_qty: number;
  s_revision: string;
}

/** Writes the new figures of locked records. */
export async function updateStockLevels(tx: Transaction, rows: readonly StockRow[]): Promise<void> {
  await tx.runner.query(
    `UPDATE stock_levels AS s
        SET on_hand_qty = n.on_hand_qty, reserved_qty = n.reserved_qty, revision = n.revision
       FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
            AS n (merchant_id, id, on_hand_qty, reserved_qty, revision)
      WHERE s.merchant_id = n.merchant_id AND s.id = n.id`,
    [
      rows.map((r) => r.merchantId),
      rows.map((r) => r.stock.id),
      rows.map((r) => r.stock.onHandQty),
      rows.map((r) => r.stock.reservedQty),
      rows.map((r) => r.stock.revision),
    ],
  );
}

/** Adds records that do not exist yet. */
export async function insertStockLevels(tx: Transaction, rows: readonly StockRow[]): Promise<void> {
  await tx.runner.query(
    `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])`,
    [
      rows.map((r) => r.merchantId),
      rows.map((r) => r.stock.id),
      rows.map((r) => r.stock.onHandQty),
      rows.map((r) => r.stock.reservedQty),
      rows.map((r) => r.stock.revision),
    ],
  );
}
