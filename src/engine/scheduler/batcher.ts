import { carryThrough } from './carry-through.js';
import type { Clock } from './clock.js';
import { Congestion } from './congestion.js';
import { type Answer, type Batch, doneOf, type Entry, newBatch, tellOfTaken } from './entry.js';
import { Executing } from './executing.js';
import type { Executor, Results, SchedulerLimits } from './executor.js';
import { Lanes } from './lanes.js';
import { LateAnswers } from './late-answers.js';
import { RowWaits } from './row-waits.js';
import { Schedule } from './schedule.js';

/** A call of several rows comes back this often before it waits for them in the database. Others may overtake it. */
const RETURNS_MAX = 4;

/** This many batches of calls may always wait, however slowly they run: the calls of one batch are done together. */
const BATCHES_FREE = 1.25;

/**
 * Collects concurrent calls and runs them together: many callers, one execution.
 *
 * Purpose: an execution has a price (a transaction, its locks, its fsync), and calls that wait share it. They share
 * nothing else: a call does not wait for a row that it does not need, for another batch's trouble, or for the crowd
 * of another group. Trade-off: a call may wait for the execution in flight, but never for a timer. Under low load,
 * each batch is one call. Under high load, batches form by themselves while the lanes are busy.
 *
 * Life of a call: it is refused (queue full, closing) or queued (`Schedule`). A free lane takes it, together with the
 * calls that are next; if its deadline has passed, it is dropped. Then it is executed, tried again, or isolated by
 * splitting (`carryThrough`). If somebody else has a row that it needs, it comes back undone and waits for that row
 * (`RowWaits`), while the others of its batch are answered. Each call is answered exactly once, with a value: `submit`
 * never rejects.
 *
 * A batch executes in a lane (`Lanes`). One that fails, or takes longer than `slowMs`, gives up its lane and goes on as
 * a stray, so that it does not hold up others. Everybody has to wait only while there are `straysMax` strays.
 *
 * The batcher does not know what the calls mean.
 */
export class Batcher<C, R> {
  readonly #executor: Executor<C, R>;
  readonly #limits: SchedulerLimits;
  readonly #clock: Clock;
  readonly #schedule: Schedule<C, R>;
  readonly #rowWaits: RowWaits<C, R>;
  readonly #congestion: Congestion;
  readonly #lateAnswers: LateAnswers<C, R>;
  /** The calls that are in batches. */
  readonly #executing = new Executing();
  readonly #lanes: Lanes;
  /** Batches that have given up their lane; at most `straysMax`. */
  #strays = 0;
  /** One of the strays has the calls of groups that have few of them, next to a crowd. */
  #quietBusy = false;
  /** How many calls have come; the next one's number. */
  #arrived = 0;
  /** A start of lanes is due at the end of this turn of the event loop. */
  #startScheduled = false;
  #closing = false;
  /** Set while someone waits for the last answer. */
  #onIdle: (() => void) | undefined;

  constructor(executor: Executor<C, R>, limits: SchedulerLimits, clock: Clock) {
    const { engineLanes, batchCommandsMax, queueCommandsMax, attemptsMax } = limits;
    if (
      Math.min(engineLanes, batchCommandsMax, queueCommandsMax, attemptsMax) < 1 ||
      queueCommandsMax < batchCommandsMax
    ) {
      throw new RangeError('batcher limits must be at least 1, and a queue must hold a batch');
    }
    this.#executor = executor;
    this.#limits = limits;
    this.#clock = clock;
    this.#lanes = new Lanes(engineLanes);
    this.#schedule = new Schedule(limits, executor.oneGroup);
    this.#schedule.onReturned = () => this.#scheduleStart();
    this.#congestion = new Congestion(limits.queueWaitMaxMs, batchCommandsMax * BATCHES_FREE);
    this.#lateAnswers = new LateAnswers(clock, () => this.#tellIfIdle());
    this.#rowWaits = new RowWaits({
      executor,
      limits,
      clock,
      schedule: this.#schedule,
      run: (batch, first) => this.#runStray(batch, first),
      onFree: () => this.#startLanes(),
    });
  }

  /** Calls waiting for a lane, or for a row. */
  get queued(): number {
    return this.#schedule.calls;
  }

  /** Whether some call is not answered yet. */
  get busy(): boolean {
    return !this.#isIdle();
  }

  /** Rows that somebody else has and that calls wait for. */
  get rowsAwaited(): number {
    return this.#rowWaits.rows;
  }

  /** Whether calls have been refused of late because they would have waited too long. */
  get tight(): boolean {
    return this.#congestion.isTight(this.#clock.nowMs());
  }

  /**
   * Whether one more call of the group would wait too long, and is better refused. `announced`: calls of the group that
   * are on their way to `submit`, and come before it. `waitedMs`: how long the call may have waited before it was read.
   */
  refuses(group: string, announced: number, waitedMs = 0): boolean {
    const executing = this.#executing;
    const calls = this.#schedule.calls + executing.calls + announced;
    const nowMs = this.#clock.nowMs();
    if (this.#congestion.takes(calls, nowMs, waitedMs)) return false;
    const ahead = this.#schedule.aheadOf(
      group,
      executing.weightOf(group) + announced,
      executing.weight + announced,
    );
    // Nobody waits for the calls that themselves wait for rows which somebody keeps.
    const apart = this.#rowWaits.calls;
    return this.#congestion.refuses(calls - apart, ahead - apart, nowMs, waitedMs);
  }

  /**
   * Runs the call in some batch. A call whose deadline (milliseconds since the epoch) passes before an execution
   * of it begins is never executed.
   */
  submit(call: C, deadlineAtMs: number): Promise<Answer<R>> {
    if (this.#closing) return Promise.resolve({ kind: 'closing' });
    const group = this.#executor.groupOf(call);
    if (!this.#schedule.hasRoom(group)) return Promise.resolve({ kind: 'queue_full' });
    const nowMs = this.#clock.nowMs();
    if (this.#schedule.calls === 0 && this.#executing.calls === 0) this.#congestion.begins(nowMs);
    return new Promise((answer) => {
      this.#schedule.add({
        call,
        number: this.#arrived++,
        arrivedAtMs: nowMs,
        deadlineAtMs,
        group,
        weight: this.#executor.weightOf(call),
        sequence: this.#executor.sequenceOf(call),
        names: this.#executor.namesOf(call),
        lacks: undefined,
        lacksOurs: false,
        patient: true,
        returns: 0,
        answer,
      });
      this.#scheduleStart();
    });
  }

  /** Takes no more calls; resolves when every call that was taken has been answered and no connection is in use. */
  drain(): Promise<void> {
    this.#closing = true;
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = this.#onIdle;
      this.#onIdle = () => {
        earlier?.();
        resolve();
      };
    });
  }

  #isIdle(): boolean {
    const { queued } = this;
    return this.#lanes.areEmpty && queued + this.#lateAnswers.size + this.#strays + this.#rowWaits.busy === 0;
  }

  /** Lanes start at the end of the turn, so that calls that arrived together are executed together. */
  #scheduleStart(): void {
    if (this.#startScheduled || (!this.#lanes.hasFree && this.#quietBusy)) return;
    this.#startScheduled = true;
    this.#clock.endOfTurn(() => {
      this.#startScheduled = false;
      this.#startLanes();
    });
  }

  #startLanes(): void {
    // First, since those in a crowd's batch are answered with it. A quiet batch leaves the last place to a batch in trouble:
    // with no place left, no lane would start.
    if (!this.#quietBusy && this.#strays + 1 < this.#limits.straysMax) {
      const batch = newBatch<C, R>();
      this.#schedule.fillQuiet(batch);
      if (batch.entries.length > 0) void this.#runQuiet(batch);
    }
    while (this.#lanes.hasFree && this.#strays < this.#limits.straysMax) {
      const batch = newBatch<C, R>();
      this.#schedule.fill(batch, this.#clock.nowMs(), this.#lanes, this.#lateAnswers.weight);
      if (batch.entries.length === 0) break;
      void this.#runInLane(batch);
    }
    this.#tellIfIdle();
  }

  #tellIfIdle(): void {
    if (this.#isIdle()) this.#onIdle?.();
  }

  /** Groups with few calls neither wait for a lane, as a crowd may have them all, nor for the answers of a large batch. */
  async #runQuiet(batch: Batch<C, R>): Promise<void> {
    this.#quietBusy = true;
    await this.#runStray(batch);
    this.#quietBusy = false;
    this.#startLanes();
  }

  async #runInLane(batch: Batch<C, R>): Promise<void> {
    this.#lanes.take(batch);
    let strayed = false;
    const stray = (): void => {
      if (strayed) return;
      strayed = true;
      this.#lanes.giveUp(batch);
      this.#strays++;
      this.#startLanes();
    };
    const callOff = this.#clock.after(this.#limits.slowMs, stray);
    await this.#settle(batch, stray);
    callOff();
    if (strayed) this.#strays--;
    else this.#lanes.giveUp(batch);
    this.#startLanes();
  }

  async #runStray(batch: Batch<C, R>, first?: () => Promise<Results<R>>): Promise<void> {
    this.#strays++;
    await this.#settle(batch, () => {}, first);
    this.#strays--;
    this.#startLanes();
  }

  /** Answers each call of the batch, or makes it wait for the row that it lacks. */
  async #settle(batch: Batch<C, R>, onTrouble: () => void, first?: () => Promise<Results<R>>): Promise<void> {
    const { entries } = batch;
    if (entries.length > 0) this.#executor.onBatch?.(entries.length);
    // For calls that were taken behind a row, RowWaits does this.
    if (first === undefined) tellOfTaken(entries, this.#executor, this.#clock.nowMs());
    this.#executing.add(entries, 1);
    const undone = await carryThrough(entries, {
      executor: this.#executor,
      limits: this.#limits,
      clock: this.#clock,
      first,
      claim: (names) => this.#schedule.claim(names, batch),
      answer: (entry, given) => {
        if (this.#schedule.calls === 0 && this.#lateAnswers.size === 0) entry.answer(given);
        else this.#lateAnswers.add(entry, given);
      },
      onTrouble,
    });
    this.#executing.add(entries, -1);
    if (undone.length < entries.length) {
      const nowMs = this.#clock.nowMs();
      const { weight, waitedMs } = doneOf(entries, undone, nowMs);
      this.#congestion.done(weight, waitedMs, nowMs);
    }
    if (undone.length > 0) this.#letWait(undone, batch);
    this.#schedule.release(batch);
  }

  #letWait(undone: readonly Entry<C, R>[], batch: Batch<C, R>): void {
    const lacking = new Map<string, Entry<C, R>[]>();
    const several: Entry<C, R>[] = [];
    for (const entry of undone) {
      if (this.#schedule.follows(entry)) continue;
      this.#schedule.leave(entry);
      const name = entry.lacks!;
      const ours = entry.lacksOurs || this.#schedule.isHeldByOther(name, batch);
      const waitsPatiently = entry.patient && entry.names.length > 1 && this.#strays < this.#limits.straysMax;
      if (ours && (!waitsPatiently || entry.returns < RETURNS_MAX)) {
        entry.returns++;
        this.#schedule.putBack([entry]);
      } else if (waitsPatiently) {
        several.push(entry);
      } else {
        const others = lacking.get(name);
        if (others === undefined) lacking.set(name, [entry]);
        else others.push(entry);
      }
    }
    if (several.length > 0) this.#runPatiently(several);
    for (const [name, entries] of lacking) {
      this.#schedule.keep(name, entries);
      this.#rowWaits.add(name);
    }
  }

  /** Each time that a call gets one of its rows, others may have another one. So it waits for all of them in turn. */
  #runPatiently(entries: Entry<C, R>[]): void {
    for (const entry of entries) entry.patient = false;
    const weight = entries.reduce((sum, entry) => sum + entry.weight, 0);
    const batch: Batch<C, R> = { entries, names: [], weight };
    void this.#runStray(batch, () => this.#executor.executePatiently(entries.map(({ call }) => call)));
  }
}
