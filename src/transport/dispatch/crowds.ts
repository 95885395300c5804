import { Presence } from '../../timing/presence.js';

/** A merchant with more calls in progress than this is a crowd. */
const CROWD_CALLS = 32;
/** Merchants that are remembered while they have no call, so that a lone caller's calls do not come and go in the map. */
const KNOWN_MERCHANTS_MAX = 1000;
/** A turn of refusals of callers who are over their limit, in milliseconds. */
const REFUSALS_EVERY_MS = 2;

/** How many leave in one turn. */
interface Turn {
  readonly atLeast: number;
  /** And at least one in this many of those that wait: callers who do not wait for answers bring any number of them. */
  readonly oneIn: number;
}
/** With twice as many, a quiet merchant's p99 is 3 to 6 times as long as without a crowd. Fewer gain nothing. */
const ANSWERS: Turn = { atLeast: 3, oneIn: 192 };
const REFUSALS: Turn = { atLeast: 8, oneIn: 64 };

interface Calls {
  inProgress: number;
  /** Those of them that are refused, and only wait for their answer to leave. */
  refused: number;
}

/**
 * Keeps crowds from taking all of the process's time. If a merchant's callers have 500 calls in flight, each answer
 * brings the next call. If all are answered at once, the next turn of the event loop reads 500 requests. Everybody else
 * waits for that, once for each message that their calls exchange with the database. So while others are present, only
 * a few of a crowd's answers, refusals above all, leave in each turn of the event loop. The crowd waits for its answers,
 * and not for its requests to be read. It gets fewer of them per second than it would get alone.
 *
 * Callers who are over their limit and call again at once only get more refusals. These would take all the time that is
 * left, also of the database. So a few of them leave every 2 ms: some 4,000 a second, however fast the process could
 * refuse.
 *
 * A merchant alone never waits, since nobody would gain by that.
 */
export class Crowds {
  readonly #merchants = new Map<string, Calls>();
  /** Merchants with a few calls in progress: those that a crowd may disturb. */
  readonly #present = new Presence();
  readonly #inFlightMax: number;
  readonly #answers = new Line(ANSWERS, setImmediate);
  readonly #refusals = new Line(REFUSALS, (next) => setTimeout(next, REFUSALS_EVERY_MS));

  /** `inFlightMax`: calls of one merchant in progress; 0: no limit. */
  constructor(inFlightMax: number) {
    this.#inFlightMax = inFlightMax;
  }

  /** Returns whether the merchant may have one more call in progress. Each call that enters must leave. */
  enter(merchantId: string, nowMs: number): boolean {
    let calls = this.#merchants.get(merchantId);
    if (calls === undefined) {
      calls = { inProgress: 0, refused: 0 };
      this.#merchants.set(merchantId, calls);
    }
    calls.inProgress++;
    if (calls.inProgress <= CROWD_CALLS) this.#present.see(merchantId, nowMs);
    return this.#inFlightMax === 0 || calls.inProgress - calls.refused <= this.#inFlightMax;
  }

  /** Whether one more call would not be let in. */
  isFull(merchantId: string): boolean {
    const calls = this.#merchants.get(merchantId);
    if (this.#inFlightMax === 0 || calls === undefined) return false;
    return calls.inProgress - calls.refused >= this.#inFlightMax;
  }

  /**
   * The call has its answer. Returns a promise where the answer has to wait for its turn. `isOverLimit`: the answer is
   * that the merchant is over its limit.
   */
  leave(merchantId: string, nowMs: number, isOverLimit: boolean): Promise<void> | undefined {
    const calls = this.#merchants.get(merchantId)!;
    const isCrowd = calls.inProgress > CROWD_CALLS;
    if (!isCrowd || this.#present.isAlone(merchantId, nowMs)) {
      this.#left(merchantId, calls);
      return undefined;
    }
    if (isOverLimit) calls.refused++;
    return new Promise((resolve) => {
      const line = isOverLimit ? this.#refusals : this.#answers;
      line.push(() => {
        if (isOverLimit) calls.refused--;
        this.#left(merchantId, calls);
        resolve();
      });
    });
  }

  #left(merchantId: string, calls: Calls): void {
    calls.inProgress--;
    if (calls.inProgress === 0 && this.#merchants.size > KNOWN_MERCHANTS_MAX)
      this.#merchants.delete(merchantId);
  }
}

/** Lets answers leave a few at a time. */
class Line {
  readonly #turn: Turn;
  readonly #schedule: (next: () => void) => void;
  #waiting: (() => void)[] = [];

  constructor(turn: Turn, schedule: (next: () => void) => void) {
    this.#turn = turn;
    this.#schedule = schedule;
  }

  push(answer: () => void): void {
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) this.#schedule(() => this.#answerSome());
  }

  #answerSome(): void {
    const { atLeast, oneIn } = this.#turn;
    const answers = Math.max(atLeast, Math.ceil(this.#waiting.length / oneIn));
    const some = this.#waiting.slice(0, answers);
    this.#waiting = this.#waiting.slice(answers);
    if (this.#waiting.length > 0) this.#schedule(() => this.#answerSome());
    for (const answer of some) answer();
  }
}
