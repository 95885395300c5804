import { backoffMs } from '../../timing/backoff.js';
import { isBefore } from './away.js';
import type { Clock } from './clock.js';
import { Blocked, dropExpired, type Entry, type GiveAnswer } from './entry.js';
import type { Claim, Executor, FailureKind, Results, SchedulerLimits } from './executor.js';

/** How the calls of a batch are carried to their answers. */
export interface Carriage<C, R> {
  readonly executor: Executor<C, R>;
  readonly limits: SchedulerLimits;
  readonly clock: Clock;
  /** The first execution, if it is not the usual one. */
  readonly first?: (() => Promise<Results<R>>) | undefined;
  readonly claim: Claim;
  readonly answer: GiveAnswer<C, R>;
  /** Called when an execution fails: what follows may take long. */
  onTrouble(): void;
}

/**
 * Executes the calls until each is answered. After a failure, its kind decides whether they are executed again, or
 * apart. Returns the calls that lack a row; they have no answer yet.
 */
export async function carryThrough<C, R>(
  entries: readonly Entry<C, R>[],
  carriage: Carriage<C, R>,
): Promise<Entry<C, R>[]> {
  const { executor, limits, clock, answer } = carriage;
  const undone: Entry<C, R>[] = [];
  let { first } = carriage;
  let left = entries;
  for (let attempt = 1; ; attempt++) {
    if (first === undefined) left = dropExpired(waitBehind(left, undone), clock.nowMs(), answer);
    if (left.length === 0) return undone;
    let failure: unknown;
    try {
      const calls = left.map((entry) => entry.call);
      const results = await (first?.() ?? executor.execute(calls, carriage.claim));
      left = take(left, results, undone, answer);
      attempt = 0;
      continue;
    } catch (error) {
      failure = error;
    } finally {
      first = undefined;
    }
    carriage.onTrouble();
    let kind = executor.failureKind(failure);
    // Until it is known whether the batch took effect, it must not run again, and no call may be told that it failed.
    let results: Results<R> | undefined;
    for (let tries = 1; kind === 'unknown_outcome'; tries++) {
      try {
        results = await executor.reconcile(failure);
        executor.onSettled?.(results === undefined ? 'undone' : 'committed');
        kind = 'retry';
      } catch (notYet) {
        if (tries >= limits.reconcileAttemptsMax || executor.failureKind(notYet) === 'fail') {
          executor.onSettled?.('unsettled');
          failAll(left, notYet, answer);
          return undone;
        }
        if (executor.failureKind(notYet) === 'unknown_outcome') failure = notYet;
        await clock.sleep(backoffMs(tries, limits, clock.random()));
      }
    }
    if (results !== undefined) {
      left = take(left, results, undone, answer);
      attempt = 0;
      continue;
    }
    const isTriedOut = attempt >= limits.attemptsMax;
    if (left.length > 1 && isTriedApart(kind, isTriedOut)) {
      executor.onSplit?.();
      const middle = left.length >> 1;
      undone.push(...(await carryThrough(left.slice(0, middle), { ...carriage, first: undefined })));
      const rest = waitBehind(left.slice(middle), undone);
      undone.push(...(await carryThrough(rest, { ...carriage, first: undefined })));
      return undone;
    }
    if (kind === 'split' || kind === 'fail' || isTriedOut) {
      failAll(left, failure, answer);
      return undone;
    }
    executor.onRetry?.(failure);
    await clock.sleep(backoffMs(attempt, limits, clock.random()));
  }
}

/** A large batch may lose one race after another against small ones. Its calls must not fail because of that. */
function isTriedApart(kind: FailureKind, isTriedOut: boolean): boolean {
  return kind === 'split' || kind === 'isolate' || (kind === 'race' && isTriedOut);
}

/** Answers the first calls, as many as there are results. Returns those that are still to be executed. */
function take<C, R>(
  entries: readonly Entry<C, R>[],
  results: Results<R>,
  undone: Entry<C, R>[],
  answer: GiveAnswer<C, R>,
): readonly Entry<C, R>[] {
  if (results.length === 0 || results.length > entries.length) {
    failAll(entries, new Error(`${results.length} results for ${entries.length} calls`), answer);
    return [];
  }
  for (let i = 0; i < results.length; i++) {
    const entry = entries[i]!;
    const result = results[i]!;
    if (result instanceof Blocked) undone.push(lacking(entry, result));
    else answer(entry, { kind: 'done', result });
  }
  return results.length === entries.length ? [] : entries.slice(results.length);
}

/**
 * A call that needs a row which an earlier one lacks does not overtake it: the row may be free by now. Nor does one of the
 * same sequence that shares any row with it.
 */
function waitBehind<C, R>(entries: readonly Entry<C, R>[], undone: Entry<C, R>[]): readonly Entry<C, R>[] {
  if (undone.length === 0) return entries;
  const lacked = new Map(undone.map((entry) => [entry.lacks, entry.lacksOurs]));
  return entries.filter((entry) => {
    const name =
      entry.names.find((needed) => lacked.has(needed)) ??
      undone.find((earlier) => isBefore(earlier, entry))?.lacks;
    if (name !== undefined) undone.push(lacking(entry, new Blocked(name, entry.names, lacked.get(name)!)));
    return name === undefined;
  });
}

function lacking<C, R>(entry: Entry<C, R>, { name, names, ours }: Blocked): Entry<C, R> {
  if (entry.lacks !== undefined && entry.lacks !== name) entry.patient = true;
  entry.lacks = name;
  entry.lacksOurs = ours;
  entry.names = names;
  return entry;
}

function failAll<C, R>(entries: readonly Entry<C, R>[], error: unknown, answer: GiveAnswer<C, R>): void {
  for (const entry of entries) answer(entry, { kind: 'failed', error });
}
