import { rowInsert } from '../connection/row-insert.js';
import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import type { RecordKey, StockRow } from './stock-levels.js';

/**
 * Adds new records, which have no holds and so no next expiry. In order of id, so that two transactions that add records
 * with the same ids cannot deadlock.
 */
export const insertStockLevels = rowInsert<StockRow>({
  name: 'insert_stock_levels',
  into: 'stock_levels',
  columns: [
    { name: 'id', type: 'text', of: (r) => r.stock.id },
    { name: 'on_hand_qty', type: 'int', of: (r) => r.stock.onHandQty },
    { name: 'reserved_qty', type: 'int', of: (r) => r.stock.reservedQty },
    { name: 'revision', type: 'bigint', of: (r) => r.stock.revision },
  ],
  order: ['id'],
});

const AWAIT_CREATION: Statement = {
  name: 'await_creation',
  text: `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    VALUES ($1, $2, 0, 0, 0)
        ON CONFLICT (merchant_id, id) DO NOTHING`,
};

const UNDO: Statement = {
  name: 'undo_await_creation',
  text: 'DELETE FROM stock_levels WHERE merchant_id = $1 AND id = $2 AND revision = 0',
};

/**
 * Waits for a transaction that may be adding this record, by adding it, too, for a moment. A record that is there has a
 * revision of 1 or more.
 */
export async function awaitCreation(tx: Transaction, { merchantId, id }: RecordKey): Promise<void> {
  await Promise.all([tx.read(AWAIT_CREATION, [merchantId, id]), tx.read(UNDO, [merchantId, id])]);
}
