import type { Failure } from '../../domain/failure.js';
import { type ReasonFacts, reasons } from '../../domain/reasons.js';

export type FailureFacts = Readonly<Record<string, string | number>>;

/**
 * The facts behind a failure's message, for machines: ErrorInfo's metadata, and extra members of a REST body, so none may
 * be named `status`, `message`, `code`, `requestId`, `help` or `errors`. Absent facts and empty strings are left out.
 */
export function failureFacts(failure: Failure): FailureFacts {
  const facts: Record<string, string | number> = {};
  for (const name of reasons[failure.reason].metadata) {
    const value: unknown = Reflect.get(failure, name);
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) facts[name] = value;
  }
  return facts;
}

/** How a call ended, in a word: well, or by the class of its failure. */
export function outcomeOf(failure: Failure | undefined): 'ok' | ReasonFacts['class'] {
  return failure === undefined ? 'ok' : reasons[failure.reason].class;
}
