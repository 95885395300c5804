import { mapName } from '../../domain/map-name.js';
import { EXPIRED_NOTE, type Movement, SYSTEM_ACTOR } from '../../domain/movement.js';
import { type EndingMovement, weightier } from '../../domain/order-state.js';
import { booleans, numbers, texts } from '../connection/array-literal.js';
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
            WHERE merchant_id = o.merchant_id AND reference = o.reference ${only('merchant_id')}
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

/**
 * Most orders hold units when they are changed, and their log need not be read. The minute is more than a batch takes
 * from here to the instant that counts for its decisions.
 */
function endingWhereNeeded(also: string): string {
  return `
    SELECT *
      FROM (${endingMovement('o.merchant_id', 'o.reference', also)}) AS e
     WHERE o.contested OR NOT EXISTS (
           SELECT FROM holds
            WHERE merchant_id = o.merchant_id AND reference = o.reference ${also}
              AND (expires_at IS NULL OR expires_at > clock_timestamp() + interval '1 minute'))`;
}

// Holds and log are read in one statement, so in one snapshot: a hold that ended between two would be in neither.
const READ = batchStatement({
  name: 'read_orders',
  text: ({ only, either }) => `
    SELECT o.merchant_id, o.reference, l.action, l.actor, l.notes,
           h.inventory_id, h.qty, h.opened_revision, h.expires_at_ms
      FROM unnest($1::text[], $2::text[], $3::boolean[]) AS o (merchant_id, reference, contested)
      LEFT JOIN LATERAL (${endingWhereNeeded(only('merchant_id'))}) AS l ON true
      LEFT JOIN LATERAL (
           SELECT inventory_id, qty, opened_revision, ${EXPIRES_AT_MS}
             FROM holds
            WHERE merchant_id = o.merchant_id AND reference = o.reference ${only('merchant_id')}
           ${either('', 'OFFSET 0')}) AS h ON true`,
});

interface RawEnd {
  action: Movement['action'] | null;
  actor: string;
  notes: string | null;
}

interface RawOrder extends Partial<RawHold>, RawEnd {
  merchant_id: string;
  reference: string;
}

function endingOf({ action, actor, notes }: RawEnd): EndingMovement | undefined {
  return action === null ? undefined : { action, actor, notes: notes ?? '' };
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
      order = {
        merchantId: row.merchant_id,
        reference: row.reference,
        holds: [],
        endedBy: endingOf(row),
      };
      found.set(name, order);
    }
    // An order without holds still has one row.
    if (row.inventory_id != null) order.holds.push(holdRow(row as RawHold));
  }
  return [...found.values()];
}

/** An order of which only some records are locked. */
export interface PartOrderRow extends OrderKey {
  readonly endedBy: OrderRow['endedBy'];
  /** Records that it holds units of: one more than the batch names, if there are so many. */
  readonly heldOn: readonly string[];
}

const EXPIRED = { action: 'RELEASED', actor: SYSTEM_ACTOR, notes: EXPIRED_NOTE } as const;

// One record more than are named: if all that is found is named, then nothing else is held.
const READ_PART = batchStatement({
  name: 'read_part_orders',
  text: ({ only }) => `
    SELECT o.merchant_id, o.reference, l.action, l.actor, l.notes, h.held_on,
           EXISTS (SELECT FROM holds
                    WHERE merchant_id = o.merchant_id AND reference = o.reference
                      AND expires_at <= clock_timestamp() ${only('merchant_id')}) AS has_expired
      FROM unnest($1::text[], $2::text[], $3::boolean[], $4::int[]) AS o (merchant_id, reference, contested, records_max)
      LEFT JOIN LATERAL (${endingWhereNeeded(only('merchant_id'))}) AS l ON true
     CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(inventory_id), '{}') AS held_on
             FROM (SELECT inventory_id
                     FROM holds
                    WHERE merchant_id = o.merchant_id AND reference = o.reference
                      AND (expires_at IS NULL OR expires_at > clock_timestamp()) ${only('merchant_id')}
                    LIMIT o.records_max + 1) AS held) AS h`,
});

/** Reads how orders ended, and whether they hold anything besides the records that a batch names. */
export async function readPartOrders(
  tx: Transaction,
  orders: readonly (WantedOrder & { readonly recordsMax: number })[],
): Promise<PartOrderRow[]> {
  type Row = RawEnd & { merchant_id: string; reference: string; held_on: string[]; has_expired: boolean };
  const rows = await tx.read<Row>(READ_PART, [
    ...orderColumns(orders),
    booleans(orders.map((o) => o.contested)),
    numbers(orders.map((o) => o.recordsMax)),
  ]);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    reference: row.reference,
    // An expired hold has ended, even before the sweep has logged it.
    endedBy: row.has_expired ? weightier(endingOf(row), EXPIRED) : endingOf(row),
    heldOn: row.held_on,
  }));
}

function orderColumns(orders: readonly OrderKey[]): unknown[] {
  return [texts(orders.map((o) => o.merchantId)), texts(orders.map((o) => o.reference))];
}
