import type { Failure } from '../../domain/failure.js';
import { databaseErrorKind } from '../../store/connection/sqlstate.js';
import { ReadRefused } from '../../store/reads/read-pool.js';

/** How a read came out. */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** The request is at fault in a way that its shape alone does not show. */
export class BadPage extends Error {
  override readonly name = 'BadPage';
  constructor(
    readonly field: string,
    readonly description: string,
  ) {
    super(`${field}: ${description}`);
  }
}

/** Runs a read; a failure that callers know comes back as data, any other is thrown. */
export async function outcomeOf<T>(read: () => Promise<T>): Promise<ReadResult<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** The failure that a caller is told of what a read threw; throws it on when callers know of none. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ReadRefused) return { reason: error.reason };
  if (error instanceof BadPage) {
    const { field, description } = error;
    return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
  }
  switch (databaseErrorKind(error)) {
    // A read waits for nobody's rows: what was cut off is a statement that took too long.
    case 'contention':
      return { reason: 'CONTENTION' };
    case 'unavailable':
      return { reason: 'DATABASE_UNAVAILABLE' };
    case 'culprit':
    case 'fault':
      throw error;
  }
}
