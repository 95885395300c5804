import type { RateLimiter } from '../../auth/rate-limiter.js';
import { Crowds } from './crowds.js';

/** Says which commands would wait too long for the engine. */
export interface Load {
  /** Commands have been refused of late because they would have waited too long. */
  readonly tight: boolean;
  /**
   * Whether one more command of the merchant would wait too long. `announced`: calls of theirs that have been let in
   * and are not there yet. `waitedMs`: how long the command may have waited already, before it was read.
   */
  refuses(merchantId: string, announced: number, waitedMs?: number): boolean;
}

/** A limit that the call is over. */
export interface Excess {
  readonly reason: 'RATE_LIMITED' | 'OVERLOADED';
}

/** Limits are checked early while a call has been refused within this time. */
const EARLY_MS = 1000;

/** How much of this process a merchant may use: calls in progress, calls a second, time in the engine's queue. */
export class MerchantLimits {
  readonly #crowds: Crowds;
  readonly #rateLimiter: RateLimiter;
  readonly #load: Load | undefined;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  /** `inFlightMax`: calls of one merchant in progress at once; 0: no limit. */
  constructor(inFlightMax: number, rateLimiter: RateLimiter, load: Load | undefined) {
    this.#crowds = new Crowds(inFlightMax);
    this.#rateLimiter = rateLimiter;
    this.#load = load;
  }

  /** Counts the call as in progress until it leaves. Returns why it is refused, if it is. */
  enter(merchantId: string, nowMs: number): Excess | undefined {
    return this.#crowds.enter(merchantId, nowMs) ? undefined : this.#refuse('RATE_LIMITED', nowMs);
  }

  /** The call has its answer. Returns a promise where the answer has to wait for its turn. */
  leave(merchantId: string, failure: { readonly reason: string } | undefined): Promise<void> | undefined {
    return this.#crowds.leave(merchantId, Date.now(), failure?.reason === 'RATE_LIMITED');
  }

  /** Counts the call against the rate. `changes`: it is for the engine. Returns why it is refused, if it is. */
  count(merchantId: string, changes: boolean, nowMs: number): Excess | undefined {
    if (!this.#rateLimiter.admits(merchantId, nowMs)) return this.#refuse('RATE_LIMITED', nowMs);
    return changes && this.#load?.refuses(merchantId, 0) ? { reason: 'OVERLOADED' } : undefined;
  }

  /** Whether it pays to check the limits of a call before its message is read. */
  isEarly(nowMs: number): boolean {
    return nowMs - this.#refusedAtMs < EARLY_MS || this.#load?.tight === true;
  }

  /** Why the call would be refused if it entered and were counted now. */
  foresee(
    merchantId: string,
    changes: boolean,
    announced: number,
    nowMs: number,
    waitedMs = 0,
  ): Excess | undefined {
    if (this.#crowds.isFull(merchantId) || !this.#rateLimiter.hasCalls(merchantId, nowMs)) {
      return this.#refuse('RATE_LIMITED', nowMs);
    }
    return changes && this.#load?.refuses(merchantId, announced, waitedMs)
      ? { reason: 'OVERLOADED' }
      : undefined;
  }

  #refuse(reason: 'RATE_LIMITED', nowMs: number): Excess {
    this.#refusedAtMs = nowMs;
    return { reason };
  }
}
