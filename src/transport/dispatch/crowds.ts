import { Presence } from '../../timing/presence.js';

/** A merchant with more calls in progress than this is a crowd. */
const CROWD_CALLS = 32;
/** Answers to crowds in one turn of the event loop, at least. */
const TURN_ANSWERS = 8;
/** And this part of those who wait: callers that do not wait for answers bring any number of them. */
const TURN_SHARE = 64;
/** Refusals of those who are over their limit leave a few each time that this has passed. */
const REFUSALS_EVERY_MS = 2;

interface Calls {
  inProgress: number;
}

/**
 * Keeps crowds from taking all of the process's time. A merchant's callers with 500 calls in flight send the next call
 * with each answer: answer them all at once, and the next turn of the event loop reads 500 requests, while everybody else
 * waits for it, once for each message that a call exchanges with the database. So where others are present, a crowd's
 * answers, refusals above all, leave a few a turn. The crowd gets as many a second as before: it waits for its answers
 * rather than for its requests to be read.
 *
 * Callers who are over their limit and call again at once get nothing by it but refusals, and would take all the time that
 * is left, of the database too. So these leave a few each 2 ms: some 4,000 a second, however fast the process could
 * refuse.
 *
 * A merchant alone never waits: nobody would gain by it.
 */
export class Crowds {
  readonly #merchants = new Map<string, Calls>();
  /** Of merchants that are no crowd. */
  readonly #present = new Presence();
  readonly #inFlightMax: number;
  readonly #answers = new Line(setImmediate);
  readonly #refusals = new Line((next) => setTimeout(next, REFUSALS_EVERY_MS));

  /** `inFlightMax`: calls of one merchant in progress; 0: no limit. */
  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax;
  }

  /** Returns whether the merchant may have one more call in progress. Each call that enters must leave. */
  enter(merchantId: string, nowMs: number): boolean {
    let calls = this.#merchants.get(merchantId);
    if (calls === undefined) {
      calls = { inProgress: 0 };
      this.#merchants.set(merchantId, calls);
    }
    calls.inProgress++;
    if (calls.inProgress <= CROWD_CALLS) this.#present.see(merchantId, nowMs);
    return this.#inFlightMax === 0 || calls.inProgress <= this.#inFlightMax;
  }

  /** Whether one more call would not be let in. */
  isFull(merchantId: string): boolean {
    return this.#inFlightMax !== 0 && (this.#merchants.get(merchantId)?.inProgress ?? 0) >= this.#inFlightMax;
  }

  /**
   * The call has its answer. Returns a promise where the answer has to wait for its turn. `isOverLimit`: the answer is that
   * the merchant is over its limit.
   */
  leave(merchantId: string, nowMs: number, isOverLimit: boolean): Promise<void> | undefined {
    const calls = this.#merchants.get(merchantId)!;
    const isCrowd = calls.inProgress > CROWD_CALLS;
    if (!isCrowd || this.#present.isAlone(merchantId, nowMs)) {
      this.#left(merchantId, calls);
      return undefined;
    }
    return new Promise((resolve) => {
      const line = isOverLimit ? this.#refusals : this.#answers;
      line.push(() => {
        this.#left(merchantId, calls);
        resolve();
      });
    });
  }

  #left(merchantId: string, calls: Calls): void {
    calls.inProgress--;
    if (calls.inProgress === 0) this.#merchants.delete(merchantId);
  }
}

/** Answers that leave a few at a time. */
class Line {
  readonly #schedule: (next: () => void) => void;
  #waiting: (() => void)[] = [];

  constructor(schedule: (next: () => void) => void) {
    this.#schedule = schedule;
  }

  push(answer: () => void): void {
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) this.#schedule(() => this.#answerSome());
  }

  #answerSome(): void {
    const answers = Math.max(TURN_ANSWERS, Math.ceil(this.#waiting.length / TURN_SHARE));
    const some = this.#waiting.slice(0, answers);
    this.#waiting = this.#waiting.slice(answers);
    if (this.#waiting.length > 0) this.#schedule(() => this.#answerSome());
    for (const answer of some) answer();
  }
}
