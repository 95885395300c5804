import { ConnectError } from '@connectrpc/connect';
import { Deadline, sleep } from './deadline.js';
import { HoldfastError, StreamLost } from './error.js';
import type { CallOptions, HoldfastOptions } from './options.js';

/** The first wait is at most this long; the bound doubles with each try. */
const FIRST_WAIT_MS = 50;
const WAIT_MAX_MS = 5_000;

const TIMEOUT_MS = 30_000;

/** Called with each failure that is followed by another try, for a caller's log. */
export type OnRetry = (error: HoldfastError, waitMs: number) => void;

/**
 * Runs a call: tries again while that makes sense and its time allows it. It waits for as long as the service asks
 * (`RetryInfo`), and for a random time on top, so that callers who failed together do not come back together.
 */
export async function withRetries<T>(
  attempt: (deadline: Deadline) => Promise<T>,
  idempotencyKey: string | undefined,
  { timeoutMs, signal }: CallOptions,
  client: HoldfastOptions,
): Promise<T> {
  const deadline = new Deadline(timeoutMs ?? client.timeoutMs ?? TIMEOUT_MS, signal);
  try {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(deadline);
      } catch (cause) {
        const error = failureOf(cause, deadline.signal, idempotencyKey);
        const waitMs = waitAfter(tries, error);
        if (!(error instanceof HoldfastError) || !error.retryable || waitMs >= deadline.leftMs) throw error;
        client.onRetry?.(error, waitMs);
        await pause(waitMs, deadline.signal, idempotencyKey);
      }
    }
  } finally {
    deadline.clear();
  }
}

/** Waits before another try. Throws what the caller gets if the call ends meanwhile. */
export async function pause(waitMs: number, signal: AbortSignal, idempotencyKey?: string): Promise<void> {
  await sleep(waitMs, signal).catch((reason) => {
    throw failureOf(reason, signal, idempotencyKey);
  });
}

/** Full jitter. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ */
export function waitAfter(tries: number, error: unknown): number {
  const backoffMs = Math.random() * Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
  const askedMs = error instanceof HoldfastError ? error.retryAfterMs : undefined;
  return (askedMs ?? 0) + backoffMs;
}

/** What the caller gets: their own reason if they aborted, whatever the transport made of it. */
export function failureOf(cause: unknown, signal: AbortSignal, idempotencyKey?: string): unknown {
  const error = signal.aborted ? signal.reason : cause;
  const isCalls = error instanceof ConnectError || error instanceof StreamLost;
  return isCalls ? new HoldfastError(error, idempotencyKey) : error;
}
