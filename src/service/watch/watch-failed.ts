import type { Failure } from '../../domain/failure.js';
import { failureOf } from '../reads/read-result.js';

/** Records that one watch may follow. */
export const WATCHED_RECORDS_MAX = 100;

/** The failure that the caller of a watch gets instead of its start or its next event. */
export class WatchFailed extends Error {
  override readonly name = 'WatchFailed';
  constructor(readonly failure: Failure) {
    super(`the watch ended: ${failure.reason}`);
  }
}

/** Faults of a request that its shape does not show. */
export const requestFaults = {
  eitherOr: invalid('ids', 'are required, or a productId, but not both'),
  noPosition: invalid('afterId', 'is not an event id'),
  notSent: invalid('afterId', 'is not an event id of these records'),
  forgotten: invalid('afterId', 'is older than the log; start without one'),
  tooMany: invalid(
    'productId',
    `has more than ${WATCHED_RECORDS_MAX} records; watch some of them by their ids`,
  ),
} as const;

function invalid(field: string, description: string): Failure {
  return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
}

/** Converts an error of a watch to the failure that the caller sees; rethrows it when there is none. */
export function failureOfWatch(error: unknown): Failure {
  if (error instanceof WatchFailed) return error.failure;
  const failure = failureOf(error);
  // The time limit of a read is the watch's own, not its caller's.
  return failure.reason === 'DEADLINE_EXCEEDED' ? { reason: 'OVERLOADED' } : failure;
}
