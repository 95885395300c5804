import { mapName } from '../../domain/map-name.js';
import type { Movement } from '../../domain/movement.js';
import type { EndingMovement } from '../../domain/order-state.js';
import { booleans, texts } from '../connection/array-literal.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { endingMovement } from './ending-movement.js';
import { EXPIRES_AT_MS, type HoldRow, holdRow, type RawHold } from './holds.js';
import type { RecordKey } from './stock-levels.js';

/** Names one order. */
export interface OrderKey {
  readonly merchantId: string;
  readonly reference: string;
}

/** An order to read. */
export interface WantedOrder extends OrderKey {
  /** Several commands may change it: how it ended is wanted though it holds units now. */
  readonly contested: boolean;
}

export interface OrderRow extends OrderKey {
  readonly holds: readonly HoldRow[];
  /** The log entry by which it is told to have ended; looked for only where it may be needed. */
  readonly endedBy: EndingMovement | undefined;
}

const FIND_RECORDS = batchStatement({
  name: 'find_order_records',
  text: ({ only }) => `
    SELECT h.*
      FROM unnest($1::text[], $2::text[]) AS o (merchant_id, reference)
     CROSS JOIN LATERAL (
           SELECT merchant_id, inventory_id, reference
             FROM holds
            WHERE merchant_id = o.merchant_id AND reference = o.reference AND reference <> '' ${only('merchant_id')}
            LIMIT $3) AS h
     LIMIT $4`,
});

/**
 * Finds the records on which orders hold units, at most `recordsMax` per order and `rowsMax` in total. Locks nothing:
 * they may change.
 */
export async function findOrderRecords(
  tx: Transaction,
  orders: readonly OrderKey[],
  recordsMax: number,
  rowsMax: number,
): Promise<(RecordKey & OrderKey)[]> {
  const rows = await tx.read<{ merchant_id: string; inventory_id: string; reference: string }>(FIND_RECORDS, [
    ...orderColumns(orders),
    recordsMax,
    rowsMax,
  ]);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    id: row.inventory_id,
    reference: row.reference,
  }));
}

// Holds and log are read in one statement, so in one snapshot: a hold that ended between two would be in neither. Most
// orders hold units when they are ended, and their log need not be read. The minute is more than a batch takes from here
// to the instant that counts for its decisions.
const READ = batchStatement({
  name: 'read_orders',
  text: ({ only, either }) => `
    SELECT o.merchant_id, o.reference, l.action, l.actor, l.notes,
           h.inventory_id, h.qty, h.opened_revision, h.expires_at_ms
      FROM unnest($1::text[], $2::text[], $3::boolean[]) AS o (merchant_id, reference, contested)
      LEFT JOIN LATERAL (
           SELECT *
             FROM (${endingMovement('o.merchant_id', 'o.reference', only('merchant_id'))}) AS e
            WHERE o.contested OR NOT EXISTS (
                  SELECT FROM holds
                   WHERE merchant_id = o.merchant_id AND reference = o.reference AND reference <> '' ${only('merchant_id')}
                     AND (expires_at IS NULL OR expires_at > clock_timestamp() + interval '1 minute'))) AS l ON true
      LEFT JOIN LATERAL (
           SELECT inventory_id, qty, opened_revision, ${EXPIRES_AT_MS}
             FROM holds
            WHERE merchant_id = o.merchant_id AND reference = o.reference AND reference <> '' ${only('merchant_id')}
           ${either('', 'OFFSET 0')}) AS h ON true`,
});

interface RawOrder extends Partial<RawHold> {
  merchant_id: string;
  reference: string;
  action: Movement['action'] | null;
  actor: string;
  notes: string | null;
}

/** Reads what orders hold and how they ended. */
export async function readOrders(tx: Transaction, orders: readonly WantedOrder[]): Promise<OrderRow[]> {
  const rows = await tx.read<RawOrder>(READ, [
    ...orderColumns(orders),
    booleans(orders.map((o) => o.contested)),
  ]);
  const found = new Map<string, OrderRow & { holds: HoldRow[] }>();
  for (const row of rows) {
    const name = mapName(row.merchant_id, row.reference);
    let order = found.get(name);
    if (order === undefined) {
      const { action, actor, notes } = row;
      order = {
        merchantId: row.merchant_id,
        reference: row.reference,
        holds: [],
        endedBy: action === null ? undefined : { action, actor, notes: notes ?? '' },
      };
      found.set(name, order);
    }
    // An order without holds still has one row.
    if (row.inventory_id != null) order.holds.push(holdRow(row as RawHold));
  }
  return [...found.values()];
}

function orderColumns(orders: readonly OrderKey[]): unknown[] {
  return [texts(orders.map((o) => o.merchantId)), texts(orders.map((o) => o.reference))];
}
