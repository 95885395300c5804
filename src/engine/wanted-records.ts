import { merchantKey } from '../domain/merchant-key.js';
import { ORDER_RECORDS_MAX } from '../domain/order.js';
import type { HoldRow } from '../store/holds.js';
import { findRecords, type IdentityKey } from '../store/inventory-records.js';
import { findOrderRecords, type OrderKey } from '../store/orders.js';
import type { RecordKey } from '../store/stock-levels.js';
import type { Transaction } from '../store/transaction.js';
import { type FetchPlan, identityName } from './fetch-plan.js';
import type { FetchedOrder } from './working-set.js';

/** Records came to be wanted that are not locked, between the look for them and the locks. */
export class RecordsMoved extends Error {
  override readonly name = 'RecordsMoved';
  constructor(what: string) {
    super(`${what} while the records of its batch were being locked`);
  }
}

/** What a batch is to lock, and what it can only look for behind the locks. */
export interface WantedRecords {
  readonly records: readonly RecordKey[];
  /** To be ended as a whole. */
  readonly orders: readonly OrderKey[];
  readonly tooLarge: readonly FetchedOrder[];
  /** Not there before the locks, so perhaps to be created. */
  readonly identities: readonly IdentityKey[];
  /** There before the locks; a record keeps its identity for ever. */
  readonly found: readonly FoundRecord[];
  readonly receipts: readonly IdentityKey[];
}

type FoundRecord = IdentityKey & { readonly id: string };

const none: never[] = [];

/** Whether the batch's commands name all records that they may change, as most do. */
export function namesAllRecords({ orders, receipts }: FetchPlan): boolean {
  return orders.length === 0 && receipts.length === 0;
}

export function asNamed({ records, identities }: FetchPlan): WantedRecords {
  return { records, orders: none, tooLarge: none, identities, found: none, receipts: none };
}

/**
 * Adds to the records that a batch names by id those that only the database can name: the ones that its orders hold
 * units of, and the ones of the products that it receives. Costs a round trip, where there are any.
 */
export async function wantedRecords(tx: Transaction, plan: FetchPlan): Promise<WantedRecords> {
  const { orders, receipts, identities } = plan;
  const [held, found] = await Promise.all([
    orders.length > 0 ? findOrderRecords(tx, orders, ORDER_RECORDS_MAX + 1) : none,
    receipts.length > 0 ? findRecords(tx, receipts) : none,
  ]);
  const records = new Map(plan.records.map((key) => [recordName(key), key]));
  const { kept, tooLarge, heldRecords } = ofOrders(orders, held);
  for (const key of heldRecords) records.set(recordName(key), key);
  for (const { merchantId, id } of found) {
    const key = { merchantId, id };
    records.set(recordName(key), key);
  }
  const known = new Set(found.map((record) => identityName(record.merchantId, record)));
  const missing = new Map<string, IdentityKey>();
  for (const identity of [...identities, ...receipts]) {
    const name = identityName(identity.merchantId, identity);
    if (!known.has(name)) missing.set(name, identity);
  }
  return {
    records: [...records.values()],
    orders: kept,
    tooLarge,
    identities: [...missing.values()],
    found,
    receipts,
  };
}

function ofOrders(
  orders: readonly OrderKey[],
  held: readonly (RecordKey & OrderKey)[],
): { kept: OrderKey[]; tooLarge: FetchedOrder[]; heldRecords: RecordKey[] } {
  const byOrder = new Map<string, RecordKey[]>();
  for (const { merchantId, reference, id } of held) {
    const name = merchantKey(merchantId, reference);
    const records = byOrder.get(name);
    if (records === undefined) byOrder.set(name, [{ merchantId, id }]);
    else records.push({ merchantId, id });
  }
  const kept: OrderKey[] = [];
  const tooLarge: FetchedOrder[] = [];
  const heldRecords: RecordKey[] = [];
  for (const order of orders) {
    const records = byOrder.get(merchantKey(order.merchantId, order.reference)) ?? [];
    if (records.length > ORDER_RECORDS_MAX) {
      tooLarge.push({ ...order, lastMovement: undefined, tooLarge: true });
    } else {
      kept.push(order);
      heldRecords.push(...records);
    }
  }
  return { kept, tooLarge, heldRecords };
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
  return merchantKey(merchantId, id);
}
