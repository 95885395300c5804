import { setTimeout as sleep } from 'node:timers/promises';
import { mayPass } from '../../store/connection/sqlstate.js';
import { CommitOutcomeUnknown } from '../../store/connection/transaction.js';
import { type Backoff, backoffMs } from '../../timing/backoff.js';

/** In total, this takes about half a minute. */
const RETRY: Backoff & { readonly attemptsMax: number } = {
  attemptsMax: 8,
  backoffMinMs: 200,
  backoffMaxMs: 8000,
};

/**
 * Tries again while others have locks that it needs, or the database cannot be reached. The work may be done twice, so
 * it does not matter whether a COMMIT without an answer happened.
 */
export async function retried<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const mayRetry = error instanceof CommitOutcomeUnknown || mayPass(error);
      if (!mayRetry || attempt === RETRY.attemptsMax || signal.aborted) throw error;
      await pause(backoffMs(attempt, RETRY, Math.random()), signal);
    }
  }
}

/** Ends early when told to stop. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
