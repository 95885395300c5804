import { ORDER_RECORDS_MAX } from '../../domain/decisions/held-units.js';
import { mapName } from '../../domain/map-name.js';
import type { Transaction } from '../../store/connection/transaction.js';
import type { HoldKey, HoldRow } from '../../store/tables/holds.js';
import { findRecords, type IdentityKey } from '../../store/tables/inventory-records.js';
import { findOrderRecords, type OrderKey } from '../../store/tables/orders.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';
import type { FetchedOrder } from '../working-set/working-set.js';
import type { OrderSizes } from './batch-room.js';
import { type FetchPlan, identityName } from './fetch-plan.js';
import { targetHolds } from './target-holds.js';

/** Between the look for records and the locks, others appeared that the batch needs and has not locked. */
export class RecordsMoved extends Error {
  override readonly name = 'RecordsMoved';
  constructor(what: string) {
    super(`${what} while the records of its batch were being locked`);
  }
}

/** What a batch has to lock, and what it can only look for behind the locks. */
export interface WantedRecords {
  readonly records: readonly RecordKey[];
  /** To be read: those that commands name, and those that get the units of orders that move. */
  readonly holds: readonly HoldKey[];
  /** To be ended or set as a whole. */
  readonly orders: readonly OrderKey[];
  readonly tooLarge: readonly FetchedOrder[];
  /** They were not there before the locks. Perhaps the batch creates them. */
  readonly identities: readonly IdentityKey[];
  /** They were there before the locks. A record never changes its identity. */
  readonly found: readonly FoundRecord[];
  readonly receipts: readonly IdentityKey[];
  /** The records that the orders held units of before the locks. */
  readonly held: readonly (RecordKey & OrderKey)[];
}

type FoundRecord = IdentityKey & { readonly id: string };

const none: never[] = [];

/** Whether the batch's commands name all records that they may change, as most do. */
export function namesAllRecords({ orders, receipts }: FetchPlan): boolean {
  return orders.length === 0 && receipts.length === 0;
}

export function asNamed({ records, holds, identities }: FetchPlan): WantedRecords {
  return {
    records,
    holds,
    orders: none,
    tooLarge: none,
    identities,
    found: none,
    receipts: none,
    held: none,
  };
}

/** What was found before the locks: records that the batch needs and its commands do not name. */
export interface FoundBefore {
  readonly held: readonly (RecordKey & OrderKey)[];
  readonly received: readonly FoundRecord[];
  /** There was too much to look at: some orders may hold units of more records than were found. */
  readonly incomplete: boolean;
  readonly orderSizes: OrderSizes;
}

/** One order is always looked at whole; of several together, no more is read than one of them may have. */
const HELD_RECORDS_MAX = ORDER_RECORDS_MAX + 1;

/**
 * Looks for the records that only the database can name: the ones that orders hold units of, and the ones of the
 * products that are received. Costs a round trip if there are any.
 */
export async function lookForRecords(tx: Transaction, { orders, receipts }: FetchPlan): Promise<FoundBefore> {
  const [held, received] = await Promise.all([
    orders.length > 0 ? findOrderRecords(tx, orders, ORDER_RECORDS_MAX + 1, HELD_RECORDS_MAX) : none,
    receipts.length > 0 ? findRecords(tx, receipts) : none,
  ]);
  const orderSizes = new Map<string, number>();
  for (const { merchantId, reference } of held) {
    const name = mapName(merchantId, reference);
    orderSizes.set(name, (orderSizes.get(name) ?? 0) + 1);
  }
  const incomplete = orders.length > 1 && held.length === HELD_RECORDS_MAX;
  return { held, received, incomplete, orderSizes };
}

/** Adds what was found to the records that the batch's commands name. */
export function wantedRecords(plan: FetchPlan, { held, received, orderSizes }: FoundBefore): WantedRecords {
  const records = new Map(plan.records.map((key) => [recordName(key), key]));
  const kept = new Map<string, OrderKey>();
  const tooLarge: FetchedOrder[] = [];
  for (const order of plan.orders) {
    const name = mapName(order.merchantId, order.reference);
    if ((orderSizes.get(name) ?? 0) <= ORDER_RECORDS_MAX) kept.set(name, order);
    else tooLarge.push({ ...order, endedBy: undefined, tooLarge: true });
  }
  for (const { merchantId, id, reference } of held) {
    if (kept.has(mapName(merchantId, reference)))
      records.set(recordName({ merchantId, id }), { merchantId, id });
  }
  for (const { merchantId, id } of received) records.set(recordName({ merchantId, id }), { merchantId, id });
  const known = new Set(received.map((record) => identityName(record.merchantId, record)));
  const missing = new Map<string, IdentityKey>();
  for (const identity of [...plan.identities, ...plan.receipts]) {
    const name = identityName(identity.merchantId, identity);
    if (!known.has(name)) missing.set(name, identity);
  }
  return {
    records: [...records.values()],
    holds: plan.moves.length === 0 ? plan.holds : [...plan.holds, ...targetHolds(plan, held)],
    orders: [...kept.values()],
    tooLarge,
    identities: [...missing.values()],
    found: received,
    receipts: plan.receipts,
    held,
  };
}

/** Throws RecordsMoved when what was read behind the locks names records that they did not take. */
export function assertAllLocked(
  { records, receipts }: WantedRecords,
  orderHolds: readonly HoldRow[],
  appeared: readonly FoundRecord[],
): void {
  if (orderHolds.length > 0) {
    const locked = new Set(records.map(recordName));
    for (const { merchantId, inventoryId } of orderHolds) {
      if (!locked.has(recordName({ merchantId, id: inventoryId }))) {
        throw new RecordsMoved('an order reserved further records');
      }
    }
  }
  if (receipts.length > 0 && appeared.length > 0) {
    const names = new Set(receipts.map((identity) => identityName(identity.merchantId, identity)));
    if (appeared.some((record) => names.has(identityName(record.merchantId, record)))) {
      throw new RecordsMoved('a record was created');
    }
  }
}

function recordName({ merchantId, id }: RecordKey): string {
  return mapName(merchantId, id);
}
