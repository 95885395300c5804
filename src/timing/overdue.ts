/** Merchants that are remembered. */
const KNOWN_MERCHANTS_MAX = 100_000;

/** Which merchants have something due that no sweep has done yet, and since when. */
export class Overdue {
  readonly #sinceMs = new Map<string, number>();

  /** Something of the merchant's was left; if that is known already, since then. `sinceMs`: milliseconds since the epoch. */
  add(merchantId: string, sinceMs: number): void {
    this.set(merchantId, Math.min(this.#sinceMs.get(merchantId) ?? sinceMs, sinceMs));
  }

  /** The oldest that the merchant has due is due since then. */
  set(merchantId: string, sinceMs: number): void {
    if (this.#sinceMs.size < KNOWN_MERCHANTS_MAX || this.#sinceMs.has(merchantId)) {
      this.#sinceMs.set(merchantId, sinceMs);
    }
  }

  done(merchantId: string): void {
    this.#sinceMs.delete(merchantId);
  }

  get backlog(): number {
    return this.#sinceMs.size;
  }

  get lagMs(): number {
    const nowMs = Date.now();
    let lagMs = 0;
    for (const sinceMs of this.#sinceMs.values()) lagMs = Math.max(lagMs, nowMs - sinceMs);
    return lagMs;
  }
}
