import type { Clock } from './clock.js';
import { type Batch, dropExpired, type Entry, newBatch, tellOfTaken } from './entry.js';
import { type Executor, type Results, RowKept, type SchedulerLimits } from './executor.js';
import type { Schedule } from './schedule.js';

/** Calls wait this long for a row before `onKept` is called. */
const TELL_AFTER_MS = 1000;

/** After others had a row, calls that come for it within this time wait for it in line, without asking first. */
const EXPECT_MS = 1000;

/** Before that, they wait this long for more calls, unless they are at least half as many as were served last time. */
const GATHER_MS = 2;

/** The most rows of one look. */
const LOOK_ROWS_MAX = 1000;

interface Wait {
  readonly sinceMs: number;
  /** A wait in line for it has failed. */
  stubborn: boolean;
  told: boolean;
  /** Why the last look at it failed, if it did: then nobody knows whether somebody has the row. */
  fault: unknown;
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
 * looks together, again and again, by a query that waits for no row. So a thousand rows that a stranger has locked
 * cost one statement every `findFreeEveryMs` (one for each group that can be looked at together), and only hold up the
 * calls that need them.
 */
export class RowWaits<C, R> {
  readonly #options: RowWaitsOptions<C, R>;
  /** Rows that somebody else has and that calls wait for. */
  readonly #waits = new Map<string, Wait>();
  /** Those of them that are only looked at, and not waited for in the database. */
  readonly #looked = new Set<string>();
  /** For each of the others: is called when more calls have come to wait for it. */
  readonly #watched = new Map<string, () => void>();
  /** Rows that others had a moment ago, and that we do not wait for yet. */
  readonly #expected = new Map<string, Expected>();
  /** When others last had a row that we waited for in line. */
  readonly #shared = new Map<string, number>();
  #awaited = 0;
  #looking = false;
  /** Looks in progress. */
  #looks: Promise<void> | undefined;

  constructor(options: RowWaitsOptions<C, R>) {
    this.#options = options;
    options.schedule.onJoined = (name) => this.#joined(name);
  }

  /** Connections in use: for waits in the database, and for a look. */
  get busy(): number {
    return this.#awaited + (this.#looks === undefined ? 0 : 1);
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
    this.#waits.set(name, {
      sinceMs: this.#options.clock.nowMs(),
      stubborn: false,
      told: false,
      fault: undefined,
    });
    if (this.#awaited < this.#options.limits.rowsAwaitedMax) void this.#await(name);
    else this.#look(name);
  }

  async #await(name: string): Promise<void> {
    const { executor, clock, schedule, run, onFree } = this.#options;
    this.#awaited++;
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
      this.#waits.get(name)!.stubborn = true;
      this.#look(name);
    }
    this.#awaitNext();
    if (!had) return;
    // If the batch failed, or had no room for all, what is left of it goes before the calls that come next.
    if (executed?.results.length === batch.entries.length) this.#goOn(name, executed.waited, batch);
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
    for (const name of this.#looked) {
      if (this.#waits.get(name)!.stubborn) continue;
      this.#looked.delete(name);
      void this.#await(name);
      return;
    }
  }

  #look(name: string): void {
    this.#looked.add(name);
    if (!this.#looking) void this.#lookOn();
  }

  /** A look may take long, as when a node is lost. Calls that cannot wait any longer are answered meanwhile. */
  async #lookOn(): Promise<void> {
    const { clock, limits, onFree } = this.#options;
    this.#looking = true;
    while (this.#looked.size > 0) {
      await clock.sleep(limits.findFreeEveryMs);
      this.#looks ??= this.#lookAround().then(() => {
        this.#looks = undefined;
        onFree();
      });
      this.#giveUp(clock.nowMs());
    }
    this.#looking = false;
    onFree();
  }

  /** Rows that were looked at go behind the others. */
  async #lookAround(): Promise<void> {
    const { executor } = this.#options;
    const together = new Map<string, string[]>();
    for (const name of [...this.#looked].slice(0, LOOK_ROWS_MAX)) {
      const look = executor.lookOf(name);
      const others = together.get(look);
      if (others === undefined) together.set(look, [name]);
      else others.push(name);
    }
    for (const names of together.values()) {
      const still = names.filter((name) => this.#looked.has(name));
      if (still.length > 0) await this.#lookAt(still);
    }
  }

  async #lookAt(names: readonly string[]): Promise<void> {
    const { executor, onFree } = this.#options;
    let free: readonly string[] = [];
    let fault: unknown;
    try {
      free = await executor.findFree(names);
    } catch (error) {
      fault = error;
    }
    const isFree = new Set(free);
    for (const name of names) {
      // It may have got a place in line meanwhile, or nobody waits for it any more.
      if (!this.#looked.delete(name)) continue;
      if (isFree.has(name)) this.#free(name);
      else {
        this.#waits.get(name)!.fault = fault;
        this.#looked.add(name);
      }
    }
    if (free.length > 0) onFree();
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
    for (const name of this.#looked) {
      const wait = this.#waits.get(name)!;
      const waitedMs = nowMs - wait.sinceMs;
      if (waitedMs >= TELL_AFTER_MS && !wait.told) {
        wait.told = true;
        executor.onKept?.(name, schedule.waitingFor(name), waitedMs);
      }
      const isOver = (entry: Entry<C, R>): boolean => nowMs - entry.arrivedAtMs >= limits.rowWaitMaxMs;
      const over = schedule.retain(name, (entry) => entry.deadlineAtMs > nowMs && !isOver(entry));
      for (const entry of dropExpired(over, nowMs)) {
        const error = wait.fault ?? new RowKept(nowMs - entry.arrivedAtMs);
        entry.answer({ kind: 'failed', error });
      }
      if (schedule.waitingFor(name) > 0) continue;
      this.#looked.delete(name);
      this.#free(name);
    }
  }
}
