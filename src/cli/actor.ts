import { SYSTEM_ACTOR } from '../domain/movement.js';
import { isPlain } from '../printable.js';
import { lookOf } from '../service/import/lookalikes.js';
import { UsageError } from './context.js';

/** The actor of commands by default. */
export const OPERATOR_ACTOR = 'operator';

const ACTOR_CHARACTERS_MAX = 255;

/**
 * The actor that an option names. Throws UsageError for a name that the log could not keep, or that is reserved for the
 * service.
 */
export function readActor(said: string): string {
  const seen = lookOf(said);
  if (seen === '' || said.length > ACTOR_CHARACTERS_MAX) {
    throw new UsageError(`--actor must have 1 to ${ACTOR_CHARACTERS_MAX} characters`);
  }
  if (!isPlain(said)) throw new UsageError('--actor must not contain control characters');
  if (seen.normalize('NFKC').toLowerCase() === SYSTEM_ACTOR) {
    throw new UsageError(
      `--actor must not be ${SYSTEM_ACTOR}, the name that the log uses for the service's own changes`,
    );
  }
  return said;
}
