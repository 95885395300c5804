import { SYSTEM_ACTOR } from '../domain/movement.js';
import { isPlain } from '../printable.js';
import { lookOf } from '../service/import/lookalikes.js';
import { UsageError } from './context.js';

/** Of what commands do, unless they are told otherwise. */
export const OPERATOR_ACTOR = 'operator';

const ACTOR_CHARACTERS_MAX = 255;

/** The actor that an option names. Throws UsageError for one that the log could not keep, or that is the service's own. */
export function readActor(said: string): string {
  const seen = lookOf(said);
  if (seen === '' || said.length > ACTOR_CHARACTERS_MAX) {
    throw new UsageError(`--actor must have 1 to ${ACTOR_CHARACTERS_MAX} characters`);
  }
  if (!isPlain(said)) throw new UsageError('--actor must not contain control characters');
  if (seen.normalize('NFKC').toLowerCase() === SYSTEM_ACTOR) {
    throw new UsageError(`--actor must not be ${SYSTEM_ACTOR}: the log calls the service's own changes so`);
  }
  return said;
}
