import { type Backoff, backoffMs } from '../timing/backoff.js';

/**
 * Collects concurrent calls and runs them together: many callers, one execution.
 *
 * Purpose: where an execution has a price of its own (a transaction, its locks, its fsync), calls that wait
 * share it. Trade-off: a call may wait for the execution in flight, never for a timer. Under low load a batch is
 * one call; under load batches form by themselves while the lanes are busy.
 *
 * Life of a call: refused at once (queue full, closing), or queued; taken by a free lane with what else waits,
 * in order of arrival; dropped instead when its deadline has passed; then executed, tried again, or isolated by
 * splitting, as the failure's kind says. An execution may turn out to have room for the first calls of its batch only;
 * the lane then runs the others. Each call is answered exactly once, with a value: `submit` never rejects.
 *
 * It knows nothing of what the calls are.
 */
export class Batcher<C, R> {
  readonly #options: BatcherOptions<C, R>;
  /** Calls not yet taken, in order of arrival. */
  #queue: Entry<C, R>[] = [];
  /** Of the calls in the queue, together; a call is taken in while it is below `queueCommandsMax`. */
  #queuedWeight = 0;
  /** Lanes running a batch; at most `engineLanes`. */
  #busyLanes = 0;
  /** A start of lanes is due at the end of this turn of the event loop. */
  #startScheduled = false;
  #closing = false;
  /** Set while someone waits for the last lane to finish. */
  #onIdle: (() => void) | undefined;

  constructor(options: BatcherOptions<C, R>) {
    const { engineLanes, batchCommandsMax, queueCommandsMax, attemptsMax } = options.limits;
    if (
      Math.min(engineLanes, batchCommandsMax, queueCommandsMax, attemptsMax) < 1 ||
      queueCommandsMax < batchCommandsMax
    ) {
      throw new RangeError('batcher limits must be at least 1, and a queue must hold a batch');
    }
    this.#options = options;
  }

  /** Calls waiting for a lane. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Runs the call in some batch. A call whose deadline (milliseconds since the epoch) passes before an execution
   * of it begins is never executed.
   */
  submit(call: C, deadlineAtMs: number): Promise<Answer<R>> {
    if (this.#closing) return Promise.resolve({ kind: 'closing' });
    if (this.#queuedWeight >= this.#options.limits.queueCommandsMax)
      return Promise.resolve({ kind: 'queue_full' });
    const weight = this.#options.weightOf?.(call) ?? 1;
    return new Promise((answer) => {
      this.#queue.push({ call, weight, deadlineAtMs, answer });
      this.#queuedWeight += weight;
      this.#scheduleStart();
    });
  }

  /** Takes no more calls; resolves when every call that was taken has been answered. */
  drain(): Promise<void> {
    this.#closing = true;
    if (this.#queue.length === 0 && this.#busyLanes === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const earlier = this.#onIdle;
      this.#onIdle = () => {
        earlier?.();
        resolve();
      };
    });
  }

  /** Lanes start at the end of the turn, so that calls which arrived together travel together. */
  #scheduleStart(): void {
    if (this.#startScheduled || this.#busyLanes >= this.#options.limits.engineLanes) return;
    this.#startScheduled = true;
    this.#options.clock.endOfTurn(() => {
      this.#startScheduled = false;
      if (this.#queue.length > 0 && this.#busyLanes < this.#options.limits.engineLanes) void this.#runLane();
    });
  }

  async #runLane(): Promise<void> {
    this.#busyLanes++;
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) {
      // More waits than one batch carries: the next lane need not wait for this one.
      if (this.#queue.length > 0) this.#scheduleStart();
      this.#options.onBatch?.(batch.length);
      await this.#settle(batch);
    }
    this.#busyLanes--;
    if (this.#queue.length === 0 && this.#busyLanes === 0) this.#onIdle?.();
  }

  /** Takes calls from the front of the queue: as many as a batch may weigh, and at least one. */
  #takeBatch(): Entry<C, R>[] {
    const { limits, groupOf } = this.#options;
    const waiting = this.#queue;
    if (groupOf === undefined && this.#queuedWeight <= limits.batchCommandsMax) {
      this.#queue = [];
      this.#queuedWeight = 0;
      return waiting;
    }
    // One group a batch: the group of the call that has waited longest. A call that does not fit in closes the
    // batch, so that lighter ones behind it do not overtake it for ever.
    const batch: Entry<C, R>[] = [];
    const rest: Entry<C, R>[] = [];
    const group = waiting.length > 0 ? groupOf?.(waiting[0]!.call) : undefined;
    let weight = 0;
    let full = false;
    for (const entry of waiting) {
      const fits = batch.length === 0 || weight + entry.weight <= limits.batchCommandsMax;
      const ofGroup = groupOf?.(entry.call) === group;
      if (ofGroup && !fits) full = true;
      if (ofGroup && !full) {
        batch.push(entry);
        weight += entry.weight;
      } else {
        rest.push(entry);
      }
    }
    this.#queue = rest;
    this.#queuedWeight -= weight;
    return batch;
  }

  /** Answers every call of the batch, whatever happens. */
  async #settle(entries: readonly Entry<C, R>[]): Promise<void> {
    const { limits, clock, execute, reconcile, failureKind } = this.#options;
    let batch = entries;
    for (let attempt = 1; ; attempt++) {
      batch = this.#dropExpired(batch);
      if (batch.length === 0) return;
      try {
        batch = answerFirst(batch, await execute(batch.map((entry) => entry.call)));
        attempt = 0;
      } catch (error) {
        let failure = error;
        let kind = failureKind(failure);
        // Nothing may run again, nor be called failed, before it is known whether it took effect.
        let results: readonly R[] | undefined;
        for (let tries = 1; kind === 'unknown_outcome'; tries++) {
          try {
            results = await reconcile(failure);
            kind = 'retry';
          } catch (notYet) {
            if (tries >= limits.reconcileAttemptsMax) return failAll(batch, notYet);
            if (failureKind(notYet) === 'unknown_outcome') failure = notYet;
            await clock.sleep(backoffMs(tries, limits, clock.random()));
          }
        }
        if (results !== undefined) {
          batch = answerFirst(batch, results);
          attempt = 0;
          continue;
        }
        if (kind === 'split' && batch.length > 1) {
          const middle = batch.length >> 1;
          await this.#settle(batch.slice(0, middle));
          return this.#settle(batch.slice(middle));
        }
        if (kind !== 'retry' || attempt >= limits.attemptsMax) return failAll(batch, failure);
        this.#options.onRetry?.(failure);
        await clock.sleep(backoffMs(attempt, limits, clock.random()));
      }
    }
  }

  #dropExpired(batch: readonly Entry<C, R>[]): readonly Entry<C, R>[] {
    const now = this.#options.clock.nowMs();
    if (batch.every((entry) => entry.deadlineAtMs > now)) return batch;
    for (const entry of batch) {
      if (entry.deadlineAtMs <= now) entry.answer({ kind: 'deadline_passed' });
    }
    return batch.filter((entry) => entry.deadlineAtMs > now);
  }
}

/** How a call came out. Only `done` and `failed` were ever executed. */
export type Answer<R> =
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'queue_full' }
  | { readonly kind: 'closing' }
  | { readonly kind: 'deadline_passed' };

/**
 * What a failed execution means:
 * - retry:            it took no effect, and may succeed when tried again
 * - split:            it took no effect, and one of its calls may be to blame
 * - unknown_outcome:  it may have taken effect; `reconcile` finds out
 * - fail:             it took no effect, and trying again is useless
 */
export type FailureKind = 'retry' | 'split' | 'unknown_outcome' | 'fail';

export interface BatcherOptions<C, R> {
  readonly limits: BatcherLimits;
  /**
   * Runs the calls together, all or the first ones, at least one, and returns result i for call i; or throws and has
   * taken no effect.
   */
  execute(calls: readonly C[]): Promise<readonly R[]>;
  failureKind(error: unknown): FailureKind;
  /** After `unknown_outcome`: the results when it took effect, undefined when it did not; throws to be asked again. */
  reconcile(error: unknown): Promise<readonly R[] | undefined>;
  /** How much of a batch's room a call takes, at least 1; 1 when not given. A heavier one than a batch goes alone. */
  weightOf?: ((call: C) => number) | undefined;
  /** When given, a batch holds calls of one group only. */
  groupOf?: ((call: C) => string) | undefined;
  readonly clock: BatcherClock;
  onBatch?(calls: number): void;
  onRetry?(error: unknown): void;
}

export interface BatcherLimits extends Backoff {
  /** Batches in flight at once. */
  readonly engineLanes: number;
  /** What the calls in one batch may weigh together. */
  readonly batchCommandsMax: number;
  /** What the calls that wait may weigh together. */
  readonly queueCommandsMax: number;
  /** Executions of one batch, the first included. */
  readonly attemptsMax: number;
  /** Questions after an unknown outcome. */
  readonly reconcileAttemptsMax: number;
}

export interface BatcherClock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back once the current turn of the event loop has delivered what it has. */
  endOfTurn(callback: () => void): void;
  /** 0 <= x < 1. */
  random(): number;
}

export const systemClock: BatcherClock = {
  nowMs: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  endOfTurn: (callback) => {
    setImmediate(callback);
  },
  random: Math.random,
};

interface Entry<C, R> {
  readonly call: C;
  readonly weight: number;
  readonly deadlineAtMs: number;
  readonly answer: (answer: Answer<R>) => void;
}

/** Returns the calls that are still to be executed. */
function answerFirst<C, R>(batch: readonly Entry<C, R>[], results: readonly R[]): readonly Entry<C, R>[] {
  if (results.length === 0 || results.length > batch.length) {
    failAll(batch, new Error(`${results.length} results for ${batch.length} calls`));
    return [];
  }
  for (let i = 0; i < results.length; i++) batch[i]!.answer({ kind: 'done', result: results[i]! });
  return results.length === batch.length ? [] : batch.slice(results.length);
}

function failAll<C, R>(batch: readonly Entry<C, R>[], error: unknown): void {
  for (const entry of batch) entry.answer({ kind: 'failed', error });
}
