import { LRUCache } from 'lru-cache';

interface Bucket {
  /** Calls that may be made now; at most one second's worth. */
  calls: number;
  /** When `calls` was computed. */
  atMs: number;
}

/** Merchants whose recent calls are remembered; a forgotten one starts with a full bucket. */
const MERCHANTS_MAX = 10_000;

/**
 * Limits each merchant's calls per second in this process with a token bucket. Bursts of up to one second's worth pass,
 * so callers can pause and catch up.
 */
export class RateLimiter {
  readonly #callsPerSecond: number;
  readonly #buckets = new LRUCache<string, Bucket>({ max: MERCHANTS_MAX });

  /** 0: no limit. */
  constructor(callsPerSecond: number) {
    this.#callsPerSecond = callsPerSecond;
  }

  /** Returns whether the merchant may make a call now, and counts it if so. */
  admits(merchantId: string, nowMs: number): boolean {
    if (this.#callsPerSecond === 0) return true;
    const bucket = this.#bucketOf(merchantId, nowMs);
    if (bucket.calls < 1) return false;
    bucket.calls -= 1;
    return true;
  }

  /** The same, without counting it. */
  hasCalls(merchantId: string, nowMs: number): boolean {
    return this.#callsPerSecond === 0 || this.#bucketOf(merchantId, nowMs).calls >= 1;
  }

  #bucketOf(merchantId: string, nowMs: number): Bucket {
    const perSecond = this.#callsPerSecond;
    let bucket = this.#buckets.get(merchantId);
    if (bucket === undefined) {
      bucket = { calls: perSecond, atMs: nowMs };
      this.#buckets.set(merchantId, bucket);
    }
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
    bucket.calls = Math.min(perSecond, bucket.calls + earned);
    bucket.atMs = nowMs;
    return bucket;
  }
}
