export interface Backoff {
  /** The wait before try n + 1 is random, from half to all of min(backoffMinMs * 2^(n-1), backoffMaxMs). */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/** How long to wait after the `attempt`th try, counted from 1, has failed. `random`: 0 <= x < 1. */
export function backoffMs(attempt: number, { backoffMinMs, backoffMaxMs }: Backoff, random: number): number {
  const full = Math.min(backoffMinMs * 2 ** (attempt - 1), backoffMaxMs);
  return full * (0.5 + random / 2);
}
