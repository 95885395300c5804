import type { Failure } from '../../domain/failure.js';
import { failureOf } from '../reads/read-result.js';

/** Records that one watch may follow. */
export const WATCHED_RECORDS_MAX = 100;

/** What the caller of a watch is told, in place of its beginning or of its next event. */
export class WatchFailed extends Error {
  override readonly name = 'WatchFailed';
  constructor(readonly failure: Failure) {
    super(`the watch ended: ${failure.reason}`);
  }
}

/** What may be wrong with a request beyond its shape. */
export const requestFaults = {
  eitherOr: invalid('ids', 'are required, or else a productId, and not both'),
  noPosition: invalid('afterId', 'is no event id'),
  notSent: invalid('afterId', 'is no event id of these records'),
  forgotten: invalid('afterId', 'is older than the log; begin without one'),
  tooMany: invalid(
    'productId',
    `has more than ${WATCHED_RECORDS_MAX} records; watch some of them by their ids`,
  ),
} as const;

function invalid(field: string, description: string): Failure {
  return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
}

/** The failure that the caller is told of what a watch threw; throws it on when callers know of none. */
export function failureOfWatch(error: unknown): Failure {
  if (error instanceof WatchFailed) return error.failure;
  const failure = failureOf(error);
  // The time limit of a read is the watch's own, not its caller's.
  return failure.reason === 'DEADLINE_EXCEEDED' ? { reason: 'OVERLOADED' } : failure;
}
