import type { DataSource } from 'typeorm';
import { carriedLog } from '../../domain/carried-log.js';
import { inTransaction } from '../../store/connection/transaction.js';
import { raiseMark } from '../../store/schema/schema-mark.js';
import { carryOrders, carryRecords, notePrune } from '../../store/tables/carried-log.js';
import type { LogPlace } from '../../store/tables/logged-movement.js';
import {
  BEFORE_ALL_ENTRIES,
  findOldEntries,
  nextLimit,
  removeEntries,
} from '../../store/tables/prunable-log.js';
import { pause, retried } from './retried.js';

/** The entries that one look finds, without locking any: up to `max` if many have the same instant. */
const LOOK_ENTRIES = { usual: 50_000, max: 400_000 };

export interface PruneOptions {
  /** Entries from before this instant are pruned; microseconds since the epoch. */
  readonly beforeUs: number;
  /** The most entries of one transaction. */
  readonly stepEntriesMax: number;
  /** Whether to pause after each step for as long as it took, so that it takes at most half of the database's time. */
  readonly pauses: boolean;
  readonly signal: AbortSignal;
  onProgress(progress: PruneCounts): void;
}

export interface PruneCounts {
  /** Entries that were removed from the log, and added to what is kept of them. */
  readonly pruned: number;
  /** Entries of that age that it did not remove: something still needs them, or another run was faster. */
  readonly kept: number;
}

/** The migration that added the sums of pruned entries. Versions without it must not start any more. */
const PRUNED = {
  oldestMigration: 1_790_600_000_000,
  because: 'the log was pruned, and versions up to 0.2.0 do not count what was pruned',
};

const NONE: PruneCounts = { pruned: 0, kept: 0 };

/**
 * Removes a merchant's old entries from the log, and keeps their sums: for each record, and for each record and
 * reference. It goes step by step, the oldest entries first. Each step is a transaction. It does not wait for the
 * engine's transactions, and they do not wait for it. All reads of the log add these sums, so every answer is the same
 * before and after each step.
 *
 * It may stop at any point, run again, and run in several processes at once: an entry is removed and added to the sums
 * in one transaction, and a second process that wants to remove it finds it gone.
 */
export async function pruneLog(
  dataSource: DataSource,
  merchantId: string,
  options: PruneOptions,
): Promise<PruneCounts> {
  let counts = NONE;
  let after = BEFORE_ALL_ENTRIES;
  let limit = LOOK_ENTRIES.usual;
  while (!options.signal.aborted) {
    const look = { beforeUs: options.beforeUs, after, limit };
    const found = await retried(options.signal, () => findOldEntries(dataSource, merchantId, look));
    if (found.length > 0 && counts === NONE)
      await retried(options.signal, () => raiseMark(dataSource, PRUNED));
    for (let first = 0; first < found.length && !options.signal.aborted; ) {
      const entries = found.slice(first, first + options.stepEntriesMax);
      const startedAt = performance.now();
      const notedBeforeUs = counts.pruned === 0 ? options.beforeUs : undefined;
      const step = () => pruneStep(dataSource, merchantId, entries, notedBeforeUs);
      const pruned = await retried(options.signal, step);
      counts = plus(counts, { pruned, kept: entries.length - pruned });
      options.onProgress(counts);
      first += entries.length;
      if (options.pauses) await pause(performance.now() - startedAt, options.signal);
    }
    if (found.length < limit) break;
    after = found.at(-1)!;
    limit = nextLimit(found, limit, LOOK_ENTRIES.usual, LOOK_ENTRIES.max);
  }
  return counts;
}

/** Returns how many of the entries it removed. The first step of a run also stores what the run prunes. */
function pruneStep(
  dataSource: DataSource,
  merchantId: string,
  entries: readonly LogPlace[],
  notedBeforeUs: number | undefined,
): Promise<number> {
  return inTransaction(
    dataSource,
    async (tx) => {
      const removed = await removeEntries(tx, merchantId, entries);
      if (removed.length === 0) return 0;
      const { records, orders } = carriedLog(removed);
      carryRecords(tx, merchantId, records);
      carryOrders(tx, merchantId, orders);
      if (notedBeforeUs !== undefined) notePrune(tx, merchantId, notedBeforeUs);
      return removed.length;
    },
    merchantId,
  );
}

export function plus(a: PruneCounts, b: PruneCounts): PruneCounts {
  return { pruned: a.pruned + b.pruned, kept: a.kept + b.kept };
}
