import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { NodeSilent } from '../store/connection/silent-nodes.js';
import { type Transaction, withoutDoubt } from '../store/connection/transaction.js';
import { findNextDueMs, lockDueRecords } from '../store/tables/expired-holds.js';
import { ifMoved, inPlace } from '../store/tables/kept-place.js';
import { lockStockLevels, type RecordKey } from '../store/tables/stock-levels.js';
import { Overdue } from '../timing/overdue.js';
import type { OnChange } from './apply-commands.js';
import { dueRecords, endExpired, fetchExpired, latestReading } from './expiry.js';
import { MerchantRound } from './merchant-round.js';
import { WorkingSet } from './working-set/working-set.js';
import { writeWorkingSet } from './write.js';

/** The most records in one step of the sweep. A step is one transaction. */
const STEP_RECORDS_MAX = 50;
/** The most holds of each record that a step ends. */
const STEP_HOLDS_MAX = 200;
/** The most merchants that one sweep looks at because they are due. */
const DUE_MERCHANTS_MAX = 1000;
/** The most that it looks at because their stock has changed. */
const CHANGED_MERCHANTS_MAX = 100;
/** Bounds for those that it looks at because it is their turn. */
const ROUND_MERCHANTS = { min: 10, max: 100 };
/** The most merchants that are remembered as due, and as changed. */
const KNOWN_MERCHANTS_MAX = 100_000;
/** A merchant that could not be swept is due again after this time, unless a change or its turn comes before. */
const AFTER_FAILURE_MS = 10_000;
/** The most holds that one step of `endBacklog` ends. */
const BACKLOG_STEP_HOLDS_MAX = 2000;
/** The most steps for one record. If that is not enough, its commands are tried again, and may fail with CONTENTION. */
const BACKLOG_STEPS_MAX = 500;

/**
 * Ends the expired holds of all merchants, one merchant at a time, step by step. Nothing depends on when it runs: to
 * commands and readers, an expired hold is gone at its instant. The sweep keeps the tables small and the log up to
 * date. Several processes may sweep at once: each takes the records that no one else has locked.
 *
 * A sweep does not ask every merchant. It looks at those that are known to be due, those whose stock this process has
 * changed since, and some of all the others in turn. Each look tells when the merchant is due next. So the sweep also
 * learns of holds that other processes have opened, mostly long before they end.
 */
export class HoldSweep {
  /** When a merchant is due next, by the last look at it (ms since the epoch). Bounded: the round finds the others. */
  readonly #dueAtMs = new Map<string, number>();
  /** Merchants whose stock this process has changed, and that were not looked at since. Bounded likewise. */
  readonly #changed = new Set<string>();
  /** Merchants that were due at the last look at them. */
  readonly overdue = new Overdue();
  readonly #round: MerchantRound;

  readonly #dataSource: DataSource;
  readonly #onChange: OnChange;

  constructor(dataSource: DataSource, onChange: OnChange = () => {}) {
    this.#dataSource = dataSource;
    this.#onChange = onChange;
    this.#round = new MerchantRound(dataSource, ROUND_MERCHANTS);
  }

  /** A transaction of this process has changed the merchant's stock: there may be a hold with an expiry. */
  changed(merchantId: string): void {
    if (this.#changed.size < KNOWN_MERCHANTS_MAX) this.#changed.add(merchantId);
  }

  /** Returns how many holds ended. */
  async sweep(isStopped: () => boolean): Promise<number> {
    let swept = 0;
    let failure: { readonly error: unknown } | undefined;
    const due = firstOf(this.#dueBy(Date.now()), DUE_MERCHANTS_MAX);
    const changed = firstOf(this.#changed, CHANGED_MERCHANTS_MAX);
    for (const merchantId of new Set([...due, ...changed, ...(await this.#round.next())])) {
      if (isStopped()) break;
      this.#changed.delete(merchantId);
      try {
        swept += await this.#sweepMerchant(merchantId, isStopped);
      } catch (error) {
        // A problem of one merchant, such as a record that does not add up, must not stop the sweep of the others. That a node
        // does not answer is no problem of the sweep's.
        if (!(error instanceof NodeSilent)) failure ??= { error };
        this.#noteDue(merchantId, AFTER_FAILURE_MS);
      }
    }
    if (failure !== undefined) throw failure.error;
    return swept;
  }

  async #sweepMerchant(merchantId: string, isStopped: () => boolean): Promise<number> {
    const dueMs = await findNextDueMs(this.#dataSource, merchantId);
    this.#noteDue(merchantId, dueMs);
    if (dueMs === undefined || dueMs > 0) {
      this.overdue.done(merchantId);
      return 0;
    }
    this.overdue.set(merchantId, Date.now() + dueMs);
    let swept = 0;
    for (let more = true; more && !isStopped(); ) {
      const step = await sweepStep(this.#dataSource, merchantId);
      swept += step.ended;
      if (step.ended > 0) this.#onChange(merchantId);
      // Records that others have locked are left to the next sweep, or to the others.
      more = step.records === STEP_RECORDS_MAX || step.unfinished;
    }
    return swept;
  }

  *#dueBy(nowMs: number): Iterable<string> {
    for (const [merchantId, dueAtMs] of this.#dueAtMs) if (dueAtMs <= nowMs) yield merchantId;
  }

  #noteDue(merchantId: string, inMs: number | undefined): void {
    // The merchant goes to the end of the order, so that the first ones do not keep the others waiting.
    this.#dueAtMs.delete(merchantId);
    if (inMs === undefined || this.#dueAtMs.size >= KNOWN_MERCHANTS_MAX) return;
    this.#dueAtMs.set(merchantId, Date.now() + inMs);
  }
}

function firstOf(merchantIds: Iterable<string>, max: number): string[] {
  const first: string[] = [];
  for (const merchantId of merchantIds) {
    if (first.length === max) break;
    first.push(merchantId);
  }
  return first;
}

interface SweepStep {
  readonly records: number;
  readonly ended: number;
  readonly unfinished: boolean;
}

const NOTHING: SweepStep = { records: 0, ended: 0, unfinished: false };

function sweepStep(dataSource: DataSource, merchantId: string): Promise<SweepStep> {
  const step = async (tx: Transaction): Promise<SweepStep> => {
    const keys = await lockDueRecords(tx, merchantId, STEP_RECORDS_MAX);
    if (keys.length === 0) return NOTHING;
    return { records: keys.length, ...(await endExpiredOf(tx, keys, STEP_HOLDS_MAX)) };
  };
  return inPlace(dataSource, step, merchantId, 'sweep').catch(ifMoved(() => NOTHING));
}

/**
 * Ends all expired holds of records that have more of them than a batch of commands can end along with its work, as
 * after a long pause of the sweep.
 */
export async function endBacklog(
  dataSource: DataSource,
  records: readonly RecordKey[],
  onChange: OnChange = () => {},
): Promise<void> {
  for (const key of records) {
    for (let step = 1, unfinished = true; unfinished && step <= BACKLOG_STEPS_MAX; step++) {
      const end = (tx: Transaction): Promise<{ unfinished: boolean }> =>
        endExpiredOf(tx, [key], BACKLOG_STEP_HOLDS_MAX);
      // If a COMMIT is lost, the next step ends whatever is left.
      ({ unfinished } = await inPlace(dataSource, end, key.merchantId, 'sweep').catch(withoutDoubt));
      onChange(key.merchantId);
    }
  }
}

async function endExpiredOf(
  tx: Transaction,
  keys: readonly RecordKey[],
  recordMax: number,
): Promise<{ ended: number; unfinished: boolean }> {
  const stocks = await lockStockLevels(tx, keys);
  const nowMs = latestReading(stocks, undefined);
  const due = dueRecords(stocks, nowMs);
  if (due.length === 0) return { ended: 0, unfinished: false };
  const expired = await fetchExpired(tx, due, nowMs, recordMax);
  const workingSet = new WorkingSet({ nowMs, stocks, holdsByAge: expired.holds });
  endExpired(workingSet, due, expired);
  writeWorkingSet(tx, randomUUID(), workingSet);
  return { ended: expired.holds.length, unfinished: expired.unfinished.length > 0 };
}
