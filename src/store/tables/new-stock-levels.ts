import { insertInOrder } from '../connection/insert-in-order.js';
import { batchStatement, type Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { type RecordKey, type StockRow, stockColumns } from './stock-levels.js';

const INSERT_ONE: Statement = {
  name: 'insert_stock_level',
  text: `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    VALUES ($1, $2, $3, $4, $5)`,
};

const INSERT = batchStatement({
  name: 'insert_stock_levels',
  text: ({ only, either }) => `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    SELECT ${either('n', 'f')}.merchant_id, n.id, n.on_hand_qty, n.reserved_qty, n.revision
      FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
           AS n (merchant_id, id, on_hand_qty, reserved_qty, revision)
    ${either('', 'JOIN stock_levels AS f ON f.id = ($2::text[])[1] AND f.id <> n.id')}
    ${only('f.merchant_id', 'WHERE')}
     ORDER BY n.merchant_id, n.id COLLATE "C"`,
});

/**
 * Adds new records, which have no holds and so no next expiry. In order of id, so that two transactions that add records
 * with the same ids cannot deadlock.
 */
export function insertStockLevels(tx: Transaction, rows: readonly StockRow[]): void {
  insertInOrder(tx, rows, {
    nameOf: ({ stock }) => stock.id,
    insertOne: INSERT_ONE,
    valuesOf: ({ merchantId, stock }) => [
      merchantId,
      stock.id,
      stock.onHandQty,
      stock.reservedQty,
      stock.revision,
    ],
    insertMany: INSERT,
    columnsOf: stockColumns,
  });
}

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
