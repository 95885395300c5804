import { EXPIRED_NOTE, type Movement, SYSTEM_ACTOR } from './movement.js';

/** What became of an order of which nothing is held any more. */
export type OrderEnding = 'released' | 'confirmed' | 'expired';

/**
 * Tells it by the last log entry under the order's reference that moved held units; undefined when there is none:
 * nothing was ever held.
 *
 * An order whose last entry is a reserve had its units drawn by a release without a reference.
 */
export function orderEnding(
  last: Pick<Movement, 'action' | 'actor' | 'notes'> | undefined,
): OrderEnding | undefined {
  if (last === undefined) return undefined;
  if (last.action === 'SOLD') return 'confirmed';
  return last.actor === SYSTEM_ACTOR && last.notes === EXPIRED_NOTE ? 'expired' : 'released';
}
