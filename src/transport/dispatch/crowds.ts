import { Presence } from '../../timing/presence.js';

/** A merchant with more calls in progress than this is a crowd. */
const CROWD_CALLS = 32;
/** Answers to crowds in one turn of the event loop. */
const TURN_ANSWERS = 8;

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
 * A merchant alone never waits: nobody would gain by it.
 */
export class Crowds {
  readonly #merchants = new Map<string, Calls>();
  /** Of merchants that are no crowd. */
  readonly #present = new Presence();
  readonly #inFlightMax: number;
  readonly #waiting: (() => void)[] = [];

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

  /** The call has its answer. Returns a promise where the answer has to wait for its turn. */
  leave(merchantId: string, nowMs: number): Promise<void> | undefined {
    const calls = this.#merchants.get(merchantId)!;
    const isCrowd = calls.inProgress > CROWD_CALLS;
    if (!isCrowd || this.#present.isAlone(merchantId, nowMs)) {
      this.#left(merchantId, calls);
      return undefined;
    }
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#answerSome());
      this.#waiting.push(() => {
        this.#left(merchantId, calls);
        resolve();
      });
    });
  }

  #left(merchantId: string, calls: Calls): void {
    calls.inProgress--;
    if (calls.inProgress === 0) this.#merchants.delete(merchantId);
  }

  #answerSome(): void {
    for (const answer of this.#waiting.splice(0, TURN_ANSWERS)) answer();
    if (this.#waiting.length > 0) setImmediate(() => this.#answerSome());
  }
}
