import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';

/** One Reserve of one unit, on the service's own tables. Returns the figures, or undefined when refused. */
export type SqlReserve = (
  client: Client,
  order: { merchantId: string; id: string; reference: string },
) => Promise<{ onHandQty: number; reservedQty: number } | undefined>;

interface RawStock {
  on_hand_qty: number;
  reserved_qty: number;
  revision: string;
}

const LOCK = `SELECT on_hand_qty, reserved_qty, revision FROM stock_levels
               WHERE merchant_id = $1 AND id = $2 FOR UPDATE`;
const UPDATE = `UPDATE stock_levels SET reserved_qty = $3, revision = $4 WHERE merchant_id = $1 AND id = $2`;
const HOLD = `INSERT INTO holds AS h (merchant_id, inventory_id, reference, qty, opened_revision)
              VALUES ($1, $2, $3, 1, $4)
                  ON CONFLICT (merchant_id, inventory_id, reference) DO UPDATE SET qty = h.qty + excluded.qty`;
const LOG = `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                                       reference, actor, batch_id)
             VALUES ($1, $2, $3, 'RESERVED', 0, 1, $4, 'bench', $5)`;

/** A transaction of six round trips: lock and read, decide here, write. */
export const lockedTransaction: SqlReserve = async (client, { merchantId, id, reference }) => {
  await client.query('BEGIN');
  const { rows } = await client.query<RawStock>({ name: 'lock', text: LOCK, values: [merchantId, id] });
  const stock = rows[0];
  if (stock === undefined || stock.on_hand_qty - stock.reserved_qty < 1) {
    await client.query('ROLLBACK');
    return undefined;
  }
  const reservedQty = stock.reserved_qty + 1;
  const revision = Number(stock.revision) + 1;
  await client.query({ name: 'update', text: UPDATE, values: [merchantId, id, reservedQty, revision] });
  await client.query({ name: 'hold', text: HOLD, values: [merchantId, id, reference, revision] });
  const values = [merchantId, id, revision, reference, randomUUID()];
  await client.query({ name: 'log', text: LOG, values });
  await client.query('COMMIT');
  return { onHandQty: stock.on_hand_qty, reservedQty };
};

const ONE_STATEMENT = `
  WITH stock AS (
    UPDATE stock_levels SET reserved_qty = reserved_qty + 1, revision = revision + 1
     WHERE merchant_id = $1 AND id = $2 AND on_hand_qty - reserved_qty >= 1
    RETURNING merchant_id, id, on_hand_qty, reserved_qty, revision
  ), hold AS (
    INSERT INTO holds AS h (merchant_id, inventory_id, reference, qty, opened_revision)
    SELECT merchant_id, id, $3, 1, revision FROM stock
        ON CONFLICT (merchant_id, inventory_id, reference) DO UPDATE SET qty = h.qty + excluded.qty
  ), log AS (
    INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                              reference, actor, batch_id)
    SELECT merchant_id, id, revision, 'RESERVED', 0, 1, $3, 'bench', $4::uuid FROM stock
  )
  SELECT on_hand_qty, reserved_qty FROM stock`;

/** The same as one guarded statement: one round trip, a transaction of its own. */
export const oneStatement: SqlReserve = async (client, { merchantId, id, reference }) => {
  const { rows } = await client.query<RawStock>({
    name: 'reserve',
    text: ONE_STATEMENT,
    values: [merchantId, id, reference, randomUUID()],
  });
  const stock = rows[0];
  return stock === undefined ? undefined : { onHandQty: stock.on_hand_qty, reservedQty: stock.reserved_qty };
};
