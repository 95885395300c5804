import { ORDER_RECORDS_MAX } from '../../domain/decisions/held-units.js';
import { SOURCE_RECORDS_MAX } from '../../domain/decisions/source.js';
import { mapName } from '../../domain/map-name.js';
import type { Transaction } from '../../store/connection/transaction.js';
import type { HoldKey, HoldRow } from '../../store/tables/holds.js';
import { findRecords, type IdentityKey } from '../../store/tables/inventory-records.js';
import { findOrderRecords, type OrderKey } from '../../store/tables/orders.js';
import { findSources, type SourceKey, type SourceRow } from '../../store/tables/record-sources.js';
import type { RecordKey } from '../../store/tables/stock-levels.js';
import type { FetchedOrder } from '../working-set/working-set.js';
import type { FoundSizes } from './batch-room.js';
import { type FetchPlan, identityName } from './fetch-plan.js';
import { candidateHolds, candidateRecords, sourceName } from './sources.js';
import { targetHolds } from './target-holds.js';

/** After the batch looked for records, and before it locked them, more appeared that it needs. */
export class RecordsMoved extends Error {
  override readonly name = 'RecordsMoved';
  constructor(what: string) {
    super(`${what} while the records of its batch were being locked`);
  }
}

/** What a batch has to lock, and what it can only look for behind the locks. */
export interface WantedRecords {
  readonly records: readonly RecordKey[];
  /** Holds to read: those that commands name. */
  readonly holds: readonly HoldKey[];
  /** Also to read: holds that get the units of orders that move. Most are new. */
  readonly targets: readonly HoldKey[];
  /** Orders that are ended or set as a whole. */
  readonly orders: readonly OrderKey[];
  readonly tooLarge: readonly FetchedOrder[];
  /** Identities without a record before the locks. The batch may create these records. */
  readonly identities: readonly IdentityKey[];
  /** Records that existed before the locks. A record never changes its identity. */
  readonly found: readonly FoundRecord[];
  readonly receipts: readonly IdentityKey[];
  /** The records that the orders held units of before the locks. */
  readonly held: readonly (RecordKey & OrderKey)[];
  /** The sources with the records that they had before the locks. */
  readonly sources: readonly SourceRow[];
  /** Sources to look at again behind the locks: they may have got records meanwhile. */
  readonly openSources: readonly SourceKey[];
}

type FoundRecord = IdentityKey & { readonly id: string };

const none: never[] = [];

/** Whether the batch's commands name all records that they may change, as most do. */
export function namesAllRecords({ orders, receipts, sources }: FetchPlan): boolean {
  return orders.length === 0 && receipts.length === 0 && sources.length === 0;
}

export function asNamed({ records, holds, identities }: FetchPlan): WantedRecords {
  return {
    records,
    holds,
    targets: none,
    orders: none,
    tooLarge: none,
    identities,
    found: none,
    receipts: none,
    held: none,
    sources: none,
    openSources: none,
  };
}

/** What was found before the locks: records that the batch needs and its commands do not name. */
export interface FoundBefore {
  readonly held: readonly (RecordKey & OrderKey)[];
  readonly received: readonly FoundRecord[];
  readonly sources: readonly SourceRow[];
  /** The look reached its limit: some orders or sources may have more records than were found. */
  readonly incomplete: boolean;
  readonly sizes: FoundSizes;
}

/** For several commands, the look finds no more records than one of them may have. A single one is read completely. */
const FOUND_RECORDS_MAX = ORDER_RECORDS_MAX + 1;

/**
 * Looks for the records that only the database can name: those that orders hold units of, those of products that are
 * received, and those that lines may be taken from. `looks`: the number of commands with orders or sources. Costs a
 * round trip if there is anything to look for.
 */
export async function lookForRecords(
  tx: Transaction,
  { orders, receipts, sources: planned }: FetchPlan,
  looks: number,
): Promise<FoundBefore> {
  // For a single command, all sources are read: it names no more of them than it has lines.
  const sourceRowsMax = looks > 1 ? FOUND_RECORDS_MAX : planned.length * (SOURCE_RECORDS_MAX + 1);
  const [held, received, sources] = await Promise.all([
    orders.length > 0 ? findOrderRecords(tx, orders, ORDER_RECORDS_MAX + 1, FOUND_RECORDS_MAX) : none,
    receipts.length > 0 ? findRecords(tx, receipts) : none,
    planned.length > 0 ? findSources(tx, planned, SOURCE_RECORDS_MAX + 1, sourceRowsMax) : none,
  ]);
  const sizes = new Map<string, number>();
  for (const { merchantId, reference } of held) {
    const name = mapName(merchantId, reference);
    sizes.set(name, (sizes.get(name) ?? 0) + 1);
  }
  let sourceRows = 0;
  for (const source of sources) {
    sourceRows += Math.max(1, source.candidates.length);
    sizes.set(sourceName(source.merchantId, source), candidateRecords([source]).length);
  }
  const incomplete = looks > 1 && Math.max(held.length, sourceRows) >= FOUND_RECORDS_MAX;
  return { held, received, sources, incomplete, sizes };
}

/** Adds what was found to the records that the batch's commands name. */
export function wantedRecords(plan: FetchPlan, before: FoundBefore): WantedRecords {
  const { held, received, sizes } = before;
  const records = new Map(plan.records.map((key) => [recordName(key), key]));
  const kept = new Map<string, OrderKey>();
  const tooLarge: FetchedOrder[] = [];
  for (const order of plan.orders) {
    const name = mapName(order.merchantId, order.reference);
    if ((sizes.get(name) ?? 0) <= ORDER_RECORDS_MAX) kept.set(name, order);
    else tooLarge.push({ ...order, endedBy: undefined, tooLarge: true });
  }
  for (const { merchantId, id, reference } of held) {
    if (kept.has(mapName(merchantId, reference)))
      records.set(recordName({ merchantId, id }), { merchantId, id });
  }
  for (const { merchantId, id } of received) records.set(recordName({ merchantId, id }), { merchantId, id });
  const names = new Set(plan.sources.map((source) => sourceName(source.merchantId, source)));
  const sources = before.sources.filter((source) => names.has(sourceName(source.merchantId, source)));
  // If there are more records to choose from, the command is refused.
  const chosenFrom = candidateRecords(sources);
  const lockable = chosenFrom.length <= ORDER_RECORDS_MAX ? sources : none;
  for (const key of candidateRecords(lockable)) records.set(recordName(key), key);
  const chosen = candidateHolds(plan.sources, lockable);
  const holds = chosen.length === 0 ? plan.holds : [...plan.holds, ...chosen];
  const known = new Set(received.map((record) => identityName(record.merchantId, record)));
  const missing = new Map<string, IdentityKey>();
  for (const identity of [...plan.identities, ...plan.receipts]) {
    const name = identityName(identity.merchantId, identity);
    if (!known.has(name)) missing.set(name, identity);
  }
  return {
    records: [...records.values()],
    holds,
    targets: plan.moves.length === 0 ? none : targetHolds({ ...plan, holds }, held),
    orders: [...kept.values()],
    tooLarge,
    identities: [...missing.values()],
    found: received,
    receipts: plan.receipts,
    held,
    sources,
    openSources: chosenFrom.length <= ORDER_RECORDS_MAX ? openSources(plan, sources) : none,
  };
}

/** Leaves out sources that already have too many records: more of them make no difference. */
function openSources(plan: FetchPlan, found: readonly SourceRow[]): readonly SourceKey[] {
  const full = new Set(
    found
      .filter(({ candidates }) => candidates.length > SOURCE_RECORDS_MAX)
      .map((source) => sourceName(source.merchantId, source)),
  );
  return plan.sources.filter((source) => !full.has(sourceName(source.merchantId, source)));
}

/** Throws RecordsMoved if what was read behind the locks names records that are not locked. */
export function assertAllLocked(
  { records, receipts }: WantedRecords,
  orderHolds: readonly HoldRow[],
  appeared: readonly FoundRecord[],
  candidates: readonly RecordKey[] = none,
): void {
  if (orderHolds.length > 0 || candidates.length > 0) {
    const locked = new Set(records.map(recordName));
    if (candidates.some((key) => !locked.has(recordName(key)))) {
      throw new RecordsMoved('a record to choose was created');
    }
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
