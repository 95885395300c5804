import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { CommitOutcomeUnknown, inTransaction, type Transaction } from '../store/connection/transaction.js';
import { findMerchantsWithDueHolds, lockDueRecords } from '../store/tables/expired-holds.js';
import { lockStockLevels, type RecordKey } from '../store/tables/stock-levels.js';
import { dueRecords, endExpired, fetchExpired, latestReading } from './expiry.js';
import { WorkingSet } from './working-set/working-set.js';
import { writeWorkingSet } from './write.js';

/** One step of the sweep is one transaction: at most this many records, */
const STEP_RECORDS_MAX = 50;
/** and at most this many holds of each. */
const STEP_HOLDS_MAX = 200;
/** Merchants looked at in one round. */
const ROUND_MERCHANTS_MAX = 1000;
/** A backlog step, of one record. */
const BACKLOG_STEP_HOLDS_MAX = 2000;
/** Steps for one record before its callers are told to come back. */
const BACKLOG_STEPS_MAX = 500;

/**
 * Ends the expired holds of all merchants, step by step. Nothing depends on when it runs: to commands and readers,
 * an expired hold is gone at its instant. It keeps tables small, and the log in time. Any number of processes may do
 * so at once: each takes the records that no one else has locked. Returns how many holds ended.
 */
export async function sweepExpiredHolds(
  dataSource: DataSource,
  isStopped: () => boolean,
  onChange: (merchantId: string) => void = () => {},
): Promise<number> {
  let swept = 0;
  let failure: { readonly error: unknown } | undefined;
  for (const merchantId of await findMerchantsWithDueHolds(dataSource, ROUND_MERCHANTS_MAX)) {
    try {
      for (let more = true; more && !isStopped(); ) {
        const step = await sweepStep(dataSource, merchantId);
        swept += step.ended;
        if (step.ended > 0) onChange(merchantId);
        // Records that others hold are theirs to tidy, or come again in the next round.
        more = step.records === STEP_RECORDS_MAX || step.unfinished;
      }
    } catch (error) {
      // One merchant's trouble, such as a record that adds up to nonsense, is not the others'.
      failure ??= { error };
    }
  }
  if (failure !== undefined) throw failure.error;
  return swept;
}

async function sweepStep(
  dataSource: DataSource,
  merchantId: string,
): Promise<{ records: number; ended: number; unfinished: boolean }> {
  const step = async (tx: Transaction): Promise<{ records: number; ended: number; unfinished: boolean }> => {
    const keys = await lockDueRecords(tx, merchantId, STEP_RECORDS_MAX);
    if (keys.length === 0) return { records: 0, ended: 0, unfinished: false };
    return { records: keys.length, ...(await endExpiredOf(tx, keys, STEP_HOLDS_MAX)) };
  };
  return inTransaction(dataSource, step, merchantId);
}

/**
 * Ends all expired holds of records that have more of them than a batch of commands can end along with its work, as after
 * a long pause of the sweep.
 */
export async function endBacklog(
  dataSource: DataSource,
  records: readonly RecordKey[],
  onChange: (merchantId: string) => void = () => {},
): Promise<void> {
  for (const key of records) {
    for (let step = 1, unfinished = true; unfinished && step <= BACKLOG_STEPS_MAX; step++) {
      const end = (tx: Transaction): Promise<{ unfinished: boolean }> =>
        endExpiredOf(tx, [key], BACKLOG_STEP_HOLDS_MAX);
      ({ unfinished } = await inTransaction(dataSource, end, key.merchantId).catch(withoutDoubt));
      onChange(key.merchantId);
    }
  }
}

/** Whether a step's COMMIT happened does not matter: what it ended has ended, and the rest is there for the next. */
function withoutDoubt(error: unknown): never {
  throw error instanceof CommitOutcomeUnknown ? error.cause : error;
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
