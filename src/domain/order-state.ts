import { EXPIRED_NOTE, type Movement, SYSTEM_ACTOR } from './movement.js';

/** What became of an order of which nothing is held any more. */
export type OrderEnding = 'released' | 'confirmed' | 'expired';

/**
 * Tells it by the last log entry under the order's reference that moved held units; undefined when that does not say:
 * there is none, and nothing was ever held; or it is a reserve, and the units were drawn without the order's reference,
 * to be released or to ship.
 */
export function orderEnding(
  last: Pick<Movement, 'action' | 'actor' | 'notes'> | undefined,
): OrderEnding | undefined {
  if (last === undefined || last.action === 'RESERVED') return undefined;
  if (last.action === 'SOLD') return 'confirmed';
  return last.actor === SYSTEM_ACTOR && last.notes === EXPIRED_NOTE ? 'expired' : 'released';
}
