import { failureMessage } from '../../src/domain/failure-message.js';
import type { Refusal } from './sender.js';

/** The reasons for which a busy service may refuse a call, by the message that callers get. */
const byMessage: ReadonlyMap<string, Refusal> = new Map(
  (['OVERLOADED', 'CONTENTION', 'RATE_LIMITED', 'DEADLINE_EXCEEDED'] as const).map((reason) => [
    failureMessage({ reason }),
    reason,
  ]),
);

export function refusalOf(message: string): Refusal | undefined {
  return byMessage.get(message);
}
