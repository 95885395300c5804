import { SOURCE_RECORDS_MAX } from '../../domain/decisions/source.js';
import { mapName } from '../../domain/map-name.js';
import type { Transaction } from '../../store/connection/transaction.js';
import { readClock } from '../../store/tables/clock.js';
import { type HoldRow, keysOfHolders, readHolds } from '../../store/tables/holds.js';
import { type RememberedKey, readIdempotencyKeys } from '../../store/tables/idempotency-keys.js';
import { type DoneLineRow, readImportLines } from '../../store/tables/import-lines.js';
import {
  type DescriptionRow,
  findRecords,
  type IdentityKey,
  readDescriptions,
} from '../../store/tables/inventory-records.js';
import { lockSettings, type SettingsRow } from '../../store/tables/merchant-settings.js';
import { type LeftUnitsRow, readLeftUnits } from '../../store/tables/order-lines.js';
import {
  type OrderKey,
  type OrderRow,
  type PartOrderRow,
  readOrders,
  readPartOrders,
} from '../../store/tables/orders.js';
import { findSources, type SourceKey, type SourceRow } from '../../store/tables/record-sources.js';
import {
  type LockedStock,
  type Locking,
  lockStockLevels,
  type RecordKey,
} from '../../store/tables/stock-levels.js';
import { dueRecords, endExpired, fetchExpired, latestReading } from '../expiry.js';
import type { Blocked } from '../scheduler/entry.js';
import type { Claim } from '../scheduler/executor.js';
import type { Submission } from '../submission.js';
import { KeyBook } from '../working-set/key-book.js';
import { WorkingSet } from '../working-set/working-set.js';
import { blockedRecords, findBlocked } from './blocked.js';
import { markContested } from './contested-orders.js';
import type { FetchPlan } from './fetch-plan.js';
import { noneBlocked, type PlannedBatch, planBatch } from './plan-batch.js';
import { readDrawnHolds } from './read-drawn-holds.js';
import { candidateRecords } from './sources.js';
import { assertAllLocked } from './wanted-records.js';

/** A batch ends at most this many expired holds of one record along with its work. More are ended before it runs. */
export const EXPIRED_HOLDS_MAX = 1000;
/** The same, for all of its records together. */
const BATCH_EXPIRED_HOLDS_MAX = 5000;

/** What a batch has read, as of its locks. */
export interface FetchedBatch {
  /** The commands that have room, from the first on. It is fetched for these. */
  readonly submissions: readonly Submission[];
  /** Those of them that need a record that somebody else has. */
  readonly blocked: ReadonlyMap<Submission, Blocked>;
  readonly workingSet: WorkingSet;
  readonly keys: KeyBook;
}

/** Some records have more expired holds than a batch can end along with its work. */
export class ExpiredBacklog extends Error {
  override readonly name = 'ExpiredBacklog';
  constructor(readonly records: readonly RecordKey[]) {
    super(`${records.length} records have more expired holds than a batch may end`);
  }
}

/**
 * Locks all records that the batch names, then reads what its decisions need, for as many of the commands as have room
 * in `linesMax`. The locks are sent first; what is read after them is final until COMMIT. With `skip`, it waits for no
 * record, and says which commands lack one, or were refused one by `claim`. Throws ExpiredBacklog or RecordsMoved if it
 * has to be done again.
 */
export async function fetchBatch(
  tx: Transaction,
  submissions: readonly Submission[],
  linesMax: number,
  locking: Locking,
  claim?: Claim,
): Promise<FetchedBatch> {
  const planning = planBatch(tx, submissions, linesMax, claim);
  const planned = planning instanceof Promise ? await planning : planning;
  const { plan, wanted } = planned;
  const { records, orders } = wanted;
  const [
    stocks,
    named,
    orderRows,
    partOrders,
    left,
    keyRows,
    clockUs,
    descriptions,
    identities,
    settings,
    lines,
    sources,
    heldTargets,
  ] = await Promise.all([
    records.length > 0 ? lockStockLevels(tx, records, locking) : none,
    wanted.holds.length > 0 ? readHolds(tx, wanted.holds) : none,
    orders.length > 0 ? readOrders(tx, markContested(orders, planned.submissions)) : none,
    plan.partOrders.length > 0
      ? readPartOrders(tx, markContested(plan.partOrders, planned.submissions))
      : none,
    plan.told.size > 0 ? readLeftUnits(tx, orders.filter(isTold(plan))) : none,
    plan.keys.length > 0 ? readIdempotencyKeys(tx, plan.keys) : none,
    plan.clock ? readClock(tx) : undefined,
    plan.descriptions.length > 0 ? readDescriptions(tx, plan.descriptions) : none,
    wanted.identities.length > 0 ? findRecords(tx, wanted.identities) : none,
    plan.settings.length > 0 ? lockSettings(tx, plan.settings) : none,
    plan.lines.length > 0 ? readImportLines(tx, plan.lines) : none,
    wanted.openSources.length > 0 ? lookAgain(tx, wanted.openSources) : none,
    wanted.targets.length > 0 ? keysOfHolders(tx, wanted.targets) : none,
  ]);
  const blocked =
    stocks.length === records.length
      ? noneBlocked
      : findBlocked(planned.submissions, await blockedRecords(tx, records, stocks.map(keyOf)), wanted);
  assertAllLocked(
    wanted,
    orderRows.flatMap((order) => order.holds),
    identities,
    candidateRecords(sources),
  );
  const targets = heldTargets.length > 0 ? await readHolds(tx, heldTargets) : none;
  const rows = {
    stocks,
    named: targets.length > 0 ? [...named, ...targets] : named,
    orderRows,
    partOrders,
    left,
    keyRows,
    clockUs,
    descriptions,
    identities,
    settings,
    lines,
  };
  const fetched = await completeBatch(tx, planned, rows, linesMax);
  return planned.refused.size === 0 ? { blocked, ...fetched } : withRefused(fetched, planned, blocked);
}

/** Puts the commands that were refused a record back in their places among those that have room. */
function withRefused(
  fetched: Omit<FetchedBatch, 'blocked'>,
  { submissions, refused, taken }: PlannedBatch,
  blocked: ReadonlyMap<Submission, Blocked>,
): FetchedBatch {
  const withoutRoom = submissions[fetched.submissions.length];
  return {
    ...fetched,
    submissions: withoutRoom === undefined ? taken : taken.slice(0, taken.indexOf(withoutRoom)),
    blocked: new Map([...blocked, ...refused]),
  };
}

/** The rows of the plan, as read behind the locks. */
export interface PlannedRows {
  readonly stocks: readonly LockedStock[];
  readonly named: readonly HoldRow[];
  readonly orderRows: readonly OrderRow[];
  readonly partOrders: readonly PartOrderRow[];
  readonly left: readonly LeftUnitsRow[];
  readonly keyRows: readonly RememberedKey[];
  readonly clockUs: number | undefined;
  readonly descriptions: readonly DescriptionRow[];
  readonly identities: readonly (IdentityKey & { readonly id: string })[];
  readonly settings: readonly SettingsRow[];
  readonly lines: readonly DoneLineRow[];
}

/** Reads what only becomes known from those rows: expired holds, and holds that are drawn on without being named. */
export async function completeBatch(
  tx: Transaction,
  planned: PlannedBatch,
  rows: PlannedRows,
  linesMax: number,
): Promise<Omit<FetchedBatch, 'blocked'>> {
  const { stocks, named, orderRows, keyRows, clockUs, identities } = rows;
  const { wanted } = planned;
  const orderHolds = orderRows.flatMap((order) => order.holds);
  const nowMs = latestReading(stocks, clockUs === undefined ? undefined : Math.floor(clockUs / 1000));
  const due = nowMs === 0 ? none : dueRecords(stocks, nowMs);
  const expired = due.length === 0 ? undefined : await fetchExpired(tx, due, nowMs, expiredMax(due.length));
  if (expired !== undefined && expired.unfinished.length > 0) throw new ExpiredBacklog(expired.unfinished);
  const locked = { stocks, named, expired: expired?.holds ?? none };
  const drawn = await readDrawnHolds(tx, planned, locked, linesMax);

  const workingSet = new WorkingSet({
    nowMs,
    atUs: clockUs,
    holdsByAge: byAge(named, [...drawn.oldest, ...drawn.newest], [...orderHolds, ...locked.expired]),
    oldestSums: drawn.sums,
    orders: [...orderRows.map((order) => ({ tooLarge: false, ...order })), ...wanted.tooLarge],
    sources: wanted.sources,
    ...rows,
    identities: wanted.found.length === 0 ? identities : [...identities, ...wanted.found],
  });
  if (expired !== undefined) endExpired(workingSet, due, expired);
  return { submissions: drawn.submissions, workingSet, keys: new KeyBook(keyRows) };
}

function lookAgain(tx: Transaction, sources: readonly SourceKey[]): Promise<SourceRow[]> {
  const recordsMax = SOURCE_RECORDS_MAX + 1;
  return findSources(tx, sources, recordsMax, sources.length * recordsMax);
}

const none: never[] = [];

function keyOf({ merchantId, stock }: LockedStock): RecordKey {
  return { merchantId, id: stock.id };
}

function isTold({ told }: FetchPlan): (order: OrderKey) => boolean {
  return ({ merchantId, reference }) => told.has(mapName(merchantId, reference));
}

function expiredMax(records: number): number {
  return Math.min(EXPIRED_HOLDS_MAX, Math.max(1, Math.floor(BATCH_EXPIRED_HOLDS_MAX / records)));
}

/** Age matters only to commands that take from holds without naming them, and those read the oldest or newest. */
function byAge(
  named: readonly HoldRow[],
  unnamed: readonly HoldRow[],
  others: readonly HoldRow[],
): readonly HoldRow[] {
  if (unnamed.length === 0) return others.length === 0 ? named : [...named, ...others];
  return [...named, ...unnamed, ...others].sort((a, b) => a.hold.openedRevision - b.hold.openedRevision);
}
