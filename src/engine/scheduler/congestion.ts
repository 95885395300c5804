/** If calls wait long for this much time, that is not a burst: the queue stands. */
const STANDING_MS = 250;

/** The rate is measured over this much time. */
const WINDOW_MS = 250;

/** A queue that has refused calls within this time still stands. */
const PERSISTS_MS = 1000;

/**
 * Estimates how long a call would take, from how fast calls get done, and says whether that is too long. Calls that are
 * being executed count like waiting ones: a slow database shows there.
 *
 * A queue is good when it absorbs a burst, and bad when it stands: then every call waits long, and nothing is gained by
 * that (https://doi.org/10.1145/2209249.2209264, K. Nichols, V. Jacobson: Controlling queue delay). So no call is
 * refused until, for a quarter of a second, each batch had calls that took more than half of `waitMaxMs`. From then on,
 * a call is refused if the calls in front of it take longer than `waitMaxMs`, until a second has passed without a
 * refusal. What a call has waited before the process came to read it counts like the rest: after a stall, those that came
 * meanwhile are refused, and the ones behind them are in time. CoDel drops more and more calls until the wait is short.
 * Here it is known in advance which calls would wait too long, so they are refused at once, and none waits only to be
 * refused.
 */
export class Congestion {
  readonly #waitMaxMs: number;
  /** This many calls are taken, however slowly they get done. */
  readonly #freeCalls: number;
  #standsSinceMs: number | undefined;
  #doneAtMs = Number.NEGATIVE_INFINITY;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  /** The weight that is done in a millisecond; 0: not measured yet. */
  #rate = 0;
  #windowFromMs = 0;
  #windowWeight = 0;
  /** Calls waited long or were refused in this window, so what was done in it is all that could be done. */
  #windowIsFull = false;

  /** `waitMaxMs` 0: no call is refused. */
  constructor(waitMaxMs: number, freeCalls: number) {
    this.#waitMaxMs = waitMaxMs;
    this.#freeCalls = freeCalls;
  }

  /** There was nothing to do until now. */
  begins(nowMs: number): void {
    this.#doneAtMs = nowMs;
    this.#standsSinceMs = undefined;
    // The time without calls says nothing about how fast they get done.
    this.#openWindow(nowMs);
  }

  /** Calls are done. The oldest of them came this long ago. */
  done(weight: number, oldestWaitedMs: number, nowMs: number): void {
    this.#doneAtMs = nowMs;
    if (oldestWaitedMs <= this.#waitMaxMs / 2) this.#standsSinceMs = undefined;
    else this.#standsSinceMs ??= nowMs;
    if (this.#standsSinceMs === undefined && !this.isTight(nowMs)) {
      this.#openWindow(nowMs);
      return;
    }
    if (this.#standsSinceMs !== undefined) this.#windowIsFull = true;
    this.#windowWeight += weight;
    const lastedMs = nowMs - this.#windowFromMs;
    if (lastedMs < WINDOW_MS) return;
    const measured = this.#windowWeight / lastedMs;
    if (this.#windowIsFull) this.#rate = this.#rate === 0 ? measured : (this.#rate + measured) / 2;
    this.#openWindow(nowMs);
  }

  /**
   * Whether one more call would take too long behind calls of this number and weight. `waitedMs`: how long it may have
   * waited before it was read, which counts, too.
   */
  refuses(calls: number, weight: number, nowMs: number, waitedMs = 0): boolean {
    if (this.takes(calls, nowMs, waitedMs)) return false;
    // Without a measured rate, as when nothing gets done, nobody knows that a call ever will be.
    // Behind nothing, a call is in time, however late it comes: a merchant with few calls does not pay for others.
    if (weight <= this.#rate * Math.max(0, this.#waitMaxMs - waitedMs)) return false;
    this.#refusedAtMs = nowMs;
    this.#windowIsFull = true;
    return true;
  }

  /** Whether one more call is taken behind this many, however long they take. One that comes late is only if there are none. */
  takes(calls: number, nowMs: number, waitedMs = 0): boolean {
    const freeCalls = waitedMs <= this.#waitMaxMs ? this.#freeCalls : 1;
    return this.#waitMaxMs === 0 || calls < freeCalls || !this.#stands(nowMs);
  }

  /** Whether calls have been refused of late: then the queue still stands. */
  isTight(nowMs: number): boolean {
    return nowMs - this.#refusedAtMs < PERSISTS_MS;
  }

  /** A queue also stands if none of its calls gets done. */
  #stands(nowMs: number): boolean {
    if (this.isTight(nowMs) || nowMs - this.#doneAtMs >= STANDING_MS) return true;
    return this.#standsSinceMs !== undefined && nowMs - this.#standsSinceMs >= STANDING_MS;
  }

  #openWindow(nowMs: number): void {
    this.#windowFromMs = nowMs;
    this.#windowWeight = 0;
    this.#windowIsFull = false;
  }
}
