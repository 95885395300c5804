import type { Failure } from '../../domain/failure.js';
import { databaseErrorKind, isTimeout } from '../../store/connection/sqlstate.js';
import { ReadRefused } from '../../store/reads/read-pool.js';

/** The result of a read. */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** A fault of the request that its shape alone does not show. */
export class BadPage extends Error {
  override readonly name = 'BadPage';
  constructor(
    readonly field: string,
    readonly description: string,
  ) {
    super(`${field}: ${description}`);
  }
}

/** Runs a read. Returns failures that callers can see as data, and throws all others. */
export async function outcomeOf<T>(read: () => Promise<T>): Promise<ReadResult<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** Converts an error of a read to the failure that the caller sees; rethrows it when there is none. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ReadRefused) return { reason: error.reason };
  if (error instanceof BadPage) {
    const { field, description } = error;
    return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
  }
  // Not as something that is retried by itself: it would take as long again.
  if (isTimeout(error)) return { reason: 'DEADLINE_EXCEEDED', of: 'read' };
  switch (databaseErrorKind(error)) {
    // A read waits for no records. A standby stops it when its own changes may not wait any longer.
    case 'contention':
    case 'unavailable':
      return { reason: 'DATABASE_UNAVAILABLE' };
    case 'culprit':
    case 'fault':
      throw error;
  }
}
