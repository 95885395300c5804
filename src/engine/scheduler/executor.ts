import type { Backoff } from '../../timing/backoff.js';
import type { Blocked } from './entry.js';

/** What the scheduler knows of its calls, and how they are executed. */
export interface Executor<C, R> {
  /**
   * Runs the calls together: all, or the first ones, at least one. Returns result i for call i. If it throws,
   * `failureKind` says whether it may have taken effect. Waits for no row: a call comes back as Blocked if somebody
   * else has a row that it needs, or if `claim` refuses one that it is found to need.
   */
  execute(calls: readonly C[], claim: Claim): Promise<Results<R>>;
  /**
   * Waits a while for the row. Once it has the row, runs the calls that it takes from the line, which may be none.
   * Throws if it does not get the row.
   */
  executeBehind(name: string, line: Line<C>): Promise<BehindResults<R>>;
  /** Runs the calls like `execute`, but waits for each of their rows in turn, in the order of all rows, briefly. */
  executePatiently(calls: readonly C[]): Promise<Results<R>>;
  /** Returns those of the rows that nobody has at this moment. All have the same `lookOf`. */
  findFree(names: readonly string[]): Promise<readonly string[]>;
  /** Rows for which this is the same can be looked at together. */
  lookOf(name: string): string;
  failureKind(error: unknown): FailureKind;
  /**
   * After `unknown_outcome`: the results if it took effect, undefined if it did not. Throws to be asked again, unless its
   * error counts as `fail`: nobody can tell.
   */
  reconcile(error: unknown): Promise<Results<R> | undefined>;
  /** How much of a batch's room a call takes, at least 1. A call that is heavier than a batch goes alone. */
  weightOf(call: C): number;
  /** Whose share of the queue it takes. */
  groupOf(call: C): string;
  /** See Entry. */
  sequenceOf(call: C): string | undefined;
  /** The rows that the call names, each once. */
  namesOf(call: C): readonly string[];
  /** A batch holds calls of one group only. */
  readonly oneGroup: boolean;
  onBatch?(calls: number): void;
  /** A call is taken for the first time, this long after it came. */
  onTaken?(waitedMs: number): void;
  onRetry?(error: unknown): void;
  /** A batch goes on in two halves. */
  onSplit?(): void;
  /** What became of an execution whose outcome was unknown; `unsettled`: nobody could tell. */
  onSettled?(as: 'committed' | 'undone' | 'unsettled'): void;
  /** A row that somebody else had is free, or nobody waits for it any more. */
  onRowFree?(waitedMs: number): void;
  /** Calls have waited this long for a row that somebody else keeps. Called once for each row, until it is free. */
  onKept?(name: string, calls: number, waitedMs: number): void;
}

/**
 * Takes the turn on the rows that a call was found to need, and returns undefined. If another batch of this process has
 * one of them, it takes none, and returns that one.
 */
export type Claim = (names: readonly string[]) => string | undefined;

export type Results<R> = readonly (R | Blocked)[];

/** The calls that wait for a row that somebody else has. */
export interface Line<C> {
  /** Calls `show` with them, now and each time that more have come, until the returned function is called. */
  watch(show: (calls: readonly C[]) => void): () => void;
  /** The row is ours: takes the calls from the head of the line that are ready, as many as a batch may have. */
  take(isReady: (call: C) => boolean): readonly C[];
}

export interface BehindResults<R> {
  readonly results: Results<R>;
  /** Somebody else had the row first: they may want it again. */
  readonly waited: boolean;
}

/**
 * What a failed execution means:
 * - retry:            it took no effect, and may succeed when tried again
 * - race:             it took no effect, since others were faster; it may succeed when tried again, or, if others are
 *                     faster each time, when its calls are tried apart
 * - isolate:          it took no effect, and one of its calls has to wait; the others are tried without it
 * - split:            it took no effect, and one of its calls may be to blame
 * - unknown_outcome:  it may have taken effect; `reconcile` finds out
 * - fail:             it took no effect, and trying again is useless
 */
export type FailureKind = 'retry' | 'race' | 'isolate' | 'split' | 'unknown_outcome' | 'fail';

export interface SchedulerLimits extends Backoff {
  /** Batches in flight at once, without those in trouble. */
  readonly engineLanes: number;
  /** Batches in trouble at once; with more, no new one begins. */
  readonly straysMax: number;
  /** A batch that takes longer is in trouble. */
  readonly slowMs: number;
  /** What the calls in one batch may weigh together. */
  readonly batchCommandsMax: number;
  /** What the calls that wait may weigh together. */
  readonly queueCommandsMax: number;
  /** How long a call may have to wait before calls are refused; 0: as long as it takes. */
  readonly queueWaitMaxMs: number;
  /** Executions of one batch, the first included. */
  readonly attemptsMax: number;
  /** How often `reconcile` is tried after an unknown outcome. */
  readonly reconcileAttemptsMax: number;
  /** Rows for which the engine waits in line at the same time; it looks at all others every `findFreeEveryMs`. */
  readonly rowsAwaitedMax: number;
  readonly findFreeEveryMs: number;
  /** A call that has waited this long for rows that others have fails. */
  readonly rowWaitMaxMs: number;
}

/** Somebody else has kept the row for too long. */
export class RowKept extends Error {
  override readonly name = 'RowKept';
  constructor(waitedMs: number) {
    super(`a row was not to be had for ${waitedMs} ms`);
  }
}

/** Nobody knows whether somebody else has the row: the database has been asked, and has been silent since. */
export class RowUnanswered extends Error {
  override readonly name = 'RowUnanswered';
  constructor(silentMs: number) {
    super(`no answer about a row for ${silentMs} ms`);
  }
}
