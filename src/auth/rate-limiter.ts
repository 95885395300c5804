import { LRUCache } from 'lru-cache';

interface Bucket {
  /** Calls that may be made at once; at most one second's worth. */
  calls: number;
  /** When `calls` was right. */
  atMs: number;
}

/** Merchants whose recent calls are remembered; one that is forgotten begins with a full bucket. */
const MERCHANTS_MAX = 10_000;

/**
 * Keeps each merchant to a number of calls a second, in this process, by a token bucket: bursts of up to one
 * second's worth pass, so a caller that pauses is not punished for coming back.
 */
export class RateLimiter {
  readonly #callsPerSecond: number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: MERCHANTS_MAX });

  /** 0: no limit. */
  constructor(callsPerSecond: number) {
    this.#callsPerSecond = callsPerSecond;
  }

  /** Whether the merchant may make a call now; if so, it counts. */
  admits(merchantId: string, nowMs: number): boolean {
    const perSecond = this.#callsPerSecond;
    if (perSecond === 0) return true;
    let bucket = this.#buckets.get(merchantId);
    if (bucket === undefined) {
      bucket = { calls: perSecond, atMs: nowMs };
      this.#buckets.set(merchantId, bucket);
    }
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
    bucket.calls = Math.min(perSecond, bucket.calls + earned);
    bucket.atMs = nowMs;
    if (bucket.calls < 1) return false;
    bucket.calls -= 1;
    return true;
  }
}
