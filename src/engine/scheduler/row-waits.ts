import type { Clock } from './clock.js';
import { type Batch, dropExpired, type Entry, newBatch, tellOfTaken } from './entry.js';
import { type Executor, type Results, RowKept, RowUnanswered, type SchedulerLimits } from './executor.js';
import { type LookedAt, Looks } from './looks.js';
import type { Schedule } from './schedule.js';

/** Calls wait this long for a row before `onKept` is called. */
const TELL_AFTER_MS = 1000;

/** After others had a row, calls that come for it within this time wait for it in line, without asking first. */
const EXPECT_MS = 1000;

/** Before that, they wait this long for more calls, unless they are at least half as many as were served last time. */
const GATHER_MS = 2;

/** An answer about a row takes less, unless the database has fallen silent. */
const ANSWERED_WITHIN_MS = 1000;

interface Wait extends LookedAt {
  readonly sinceMs: number;
  /** Since when it has been waited for in line. */
  inLineSinceMs: number | undefined;
  /** A wait in line for it has failed. */
  stubborn: boolean;
  told: boolean;
}

interface Expected {
  /** With this many calls, it does not wait for more. */
  readonly enough: number;
  gathering: boolean;
  callOff: () => void;
}

export interface RowWaitsOptions<C, R> {
  readonly executor: Executor<C, R>;
  readonly limits: SchedulerLimits;
  readonly clock: Clock;
  readonly schedule: Schedule<C, R>;
  /** Carries a batch through to its answers. Its first execution has already begun. */
  run(batch: Batch<C, R>, first: () => Promise<Results<R>>): Promise<void>;
  /** A row is free, or a wait is over. */
  onFree(): void;
}

/**
 * Waits for rows that somebody outside of this process has: another process's batch, for milliseconds, or a stranger,
 * for as long as they like.
 *
 * For a few rows, it waits in the database, in line with everybody else. It only takes the calls once the row is
 * locked, so the batch takes along all that have come meanwhile. This is how several processes share one record
 * without loss: the longer the wait, the larger the batch. At all other rows, and those that did not come in time, it
 * looks together, again and again, by a query that waits for no row (`Looks`). So a thousand rows that a stranger has
 * locked cost one statement every `findFreeEveryMs` (one for each group that can be looked at together), and only hold up
 * the calls that need them.
 *
 * Neither may end for long, as when the database falls silent. Calls that cannot wait any longer are answered all the same.
 */
export class RowWaits<C, R> {
  readonly #options: RowWaitsOptions<C, R>;
  /** Rows that somebody else has and that calls wait for. */
  readonly #waits = new Map<string, Wait>();
  /** Those of them that are only looked at, and not waited for in the database. */
  readonly #looks: Looks<C, R>;
  /** For each of the others: is called when more calls have come to wait for it. */
  readonly #watched = new Map<string, () => void>();
  /** Rows that others had a moment ago, and that we do not wait for yet. */
  readonly #expected = new Map<string, Expected>();
  /** When others last had a row that we waited for in line. */
  readonly #shared = new Map<string, number>();
  #awaited = 0;
  #ticking = false;

  constructor(options: RowWaitsOptions<C, R>) {
    this.#options = options;
    const { executor, clock, onFree } = options;
    this.#looks = new Looks({
      executor,
      nowMs: () => clock.nowMs(),
      onFree: (names) => {
        for (const name of names) this.#free(name);
        onFree();
      },
      onEnd: onFree,
    });
    options.schedule.onJoined = (name) => this.#joined(name);
  }

  /** Connections in use: for waits in the database, and for a look. */
  get busy(): number {
    return this.#awaited + this.#looks.busy;
  }

  /** Rows that somebody else has and that calls wait for. */
  get rows(): number {
    return this.#waits.size;
  }

  /** Calls that wait for them. */
  get calls(): number {
    let calls = 0;
    for (const name of this.#waits.keys()) calls += this.#options.schedule.waitingFor(name);
    return calls;
  }

  /** Begins to wait for a row. Until it is free, the schedule keeps the calls that wait for it. */
  add(name: string): void {
    this.#forget(name);
    if (this.#waits.has(name)) return;
    const sinceMs = this.#options.clock.nowMs();
    const wait: Wait = { sinceMs, stubborn: false, told: false, inLineSinceMs: undefined, fault: undefined };
    this.#waits.set(name, wait);
    if (this.#awaited < this.#options.limits.rowsAwaitedMax) void this.#await(name, wait);
    else this.#looks.add(name, wait);
    if (!this.#ticking) void this.#tick();
  }

  async #await(name: string, wait: Wait): Promise<void> {
    const { executor, clock, schedule, run, onFree } = this.#options;
    this.#awaited++;
    wait.inLineSinceMs = clock.nowMs();
    const batch = newBatch<C, R>();
    let had = false;
    const executing = executor.executeBehind(name, {
      watch: (show) => {
        const showAll = (): void => show(schedule.waitingAt(name).map(({ call }) => call));
        this.#watched.set(name, showAll);
        showAll();
        return () => {
          this.#watched.delete(name);
        };
      },
      take: (isReady) => {
        if (!had) this.#over(name);
        had = true;
        schedule.fillFrom(name, batch, ({ call }) => isReady(call));
        const live = dropExpired(batch.entries, clock.nowMs());
        batch.entries.splice(0, batch.entries.length, ...live);
        tellOfTaken(live, executor, clock.nowMs());
        return live.map(({ call }) => call);
      },
    });
    const executed = await executing.catch(() => undefined);
    this.#awaited--;
    if (!had) {
      wait.stubborn = true;
      wait.inLineSinceMs = undefined;
      this.#looks.add(name, wait);
    }
    this.#awaitNext();
    if (!had) return;
    // If the batch failed, or had no room for all, what is left of it goes before the calls that come next.
    if (executed?.results.length === batch.entries.length) this.#goOn(name, executed.waited, batch);
    else this.#shared.delete(name);
    await run(batch, async () => (await executing).results);
    onFree();
  }

  /** Others who had the row usually want it again. So the next calls wait for it in line at once. */
  #goOn(name: string, waited: boolean, served: Batch<C, R>): void {
    const nowMs = this.#options.clock.nowMs();
    if (waited) this.#shared.set(name, nowMs);
    if (nowMs - (this.#shared.get(name) ?? 0) < EXPECT_MS) this.#expect(name, served.entries.length);
    else this.#shared.delete(name);
  }

  #expect(name: string, served: number): void {
    const { clock, schedule, onFree } = this.#options;
    this.#forget(name);
    schedule.keep(name, []);
    const callOff = clock.after(EXPECT_MS, () => {
      this.#expected.delete(name);
      this.#shared.delete(name);
      schedule.free(name);
      onFree();
    });
    this.#expected.set(name, { enough: Math.ceil(served / 2), gathering: false, callOff });
    if (schedule.waitingFor(name) > 0) this.#joined(name);
  }

  #forget(name: string): void {
    this.#expected.get(name)?.callOff();
    this.#expected.delete(name);
  }

  /** Calls have come to wait for the row. */
  #joined(name: string): void {
    const { clock, schedule } = this.#options;
    const expected = this.#expected.get(name);
    if (expected === undefined) this.#watched.get(name)?.();
    else if (schedule.waitingFor(name) >= expected.enough) this.add(name);
    else if (!expected.gathering) {
      expected.callOff();
      expected.gathering = true;
      expected.callOff = clock.after(GATHER_MS, () => this.add(name));
    }
  }

  /** A place in line has come free. Gives it to a row that is only looked at because there was none. */
  #awaitNext(): void {
    if (this.#awaited >= this.#options.limits.rowsAwaitedMax) return;
    for (const name of this.#looks.names) {
      const wait = this.#waits.get(name)!;
      if (wait.stubborn) continue;
      this.#looks.delete(name);
      void this.#await(name, wait);
      return;
    }
  }

  async #tick(): Promise<void> {
    const { clock, limits, onFree } = this.#options;
    this.#ticking = true;
    while (this.#waits.size > 0) {
      await clock.sleep(limits.findFreeEveryMs);
      this.#looks.begin();
      this.#giveUp(clock.nowMs());
    }
    this.#ticking = false;
    onFree();
  }

  /** The wait for the row is over: it is free or ours, or nobody waits for it any more. */
  #over(name: string): void {
    const { executor, clock } = this.#options;
    executor.onRowFree?.(clock.nowMs() - this.#waits.get(name)!.sinceMs);
    this.#waits.delete(name);
  }

  #free(name: string): void {
    this.#over(name);
    this.#shared.delete(name);
    this.#options.schedule.free(name);
  }

  /** Answers the calls that cannot wait any longer. */
  #giveUp(nowMs: number): void {
    const { executor, limits, schedule } = this.#options;
    for (const [name, wait] of this.#waits) {
      const isLookedAt = this.#looks.has(name);
      const waitedMs = nowMs - wait.sinceMs;
      if (isLookedAt && waitedMs >= TELL_AFTER_MS && !wait.told) {
        wait.told = true;
        executor.onKept?.(name, schedule.waitingFor(name), waitedMs);
      }
      const isOver = (entry: Entry<C, R>): boolean => nowMs - entry.arrivedAtMs >= limits.rowWaitMaxMs;
      const over = schedule.retain(name, (entry) => entry.deadlineAtMs > nowMs && !isOver(entry));
      for (const entry of dropExpired(over, nowMs)) {
        entry.answer({ kind: 'failed', error: this.#whyNot(wait, nowMs, nowMs - entry.arrivedAtMs) });
      }
      if (!isLookedAt || schedule.waitingFor(name) > 0) continue;
      this.#looks.delete(name);
      this.#free(name);
    }
    dropExpired(
      schedule.retainFollowers((entry) => entry.deadlineAtMs > nowMs),
      nowMs,
    );
  }

  /** Why a call has waited for a row in vain. */
  #whyNot({ fault, inLineSinceMs }: Wait, nowMs: number, waitedMs: number): unknown {
    if (fault !== undefined) return fault;
    const silentMs = nowMs - (inLineSinceMs ?? this.#looks.askedAtMs ?? nowMs);
    return silentMs < ANSWERED_WITHIN_MS ? new RowKept(waitedMs) : new RowUnanswered(silentMs);
  }
}
