import { until } from '../support/process.js';

/** Reasons after which the service tells callers to try again; everything else is an answer to the request. */
const passing = new Set([
  'DATABASE_UNAVAILABLE',
  'CONTENTION',
  'OVERLOADED',
  'SHUTTING_DOWN',
  'DEADLINE_EXCEEDED',
]);

/** A busy machine may need several tries of each of the service's own limits; beyond this, something hangs. */
const ANSWER_WAIT_MS = 60_000;

interface Attempt {
  readonly kind: 'ok' | 'refused' | 'unanswered';
  readonly reason?: string;
}

/** Tries calls again under the same key until they are answered, and counts the attempts that failed. */
export class Attempts {
  /** Attempts that brought no answer. */
  unanswered = 0;
  /** Attempts that were refused for a passing reason. */
  passing = 0;

  async untilAnswered<A extends Attempt>(what: string, attempt: () => Promise<A>): Promise<A> {
    let answer: A | undefined;
    await until(
      `an answer to ${what}`,
      async () => {
        const attempted = await attempt();
        if (attempted.kind === 'unanswered') this.unanswered++;
        else if (attempted.kind === 'refused' && passing.has(attempted.reason!)) this.passing++;
        else answer = attempted;
        return answer !== undefined;
      },
      ANSWER_WAIT_MS,
    );
    return answer!;
  }
}
