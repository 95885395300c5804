import { EXPIRED_NOTE, type Movement, SYSTEM_ACTOR } from './movement.js';

/** How an order ended that no longer holds anything. */
export type OrderEnding = 'released' | 'confirmed' | 'expired';

/**
 * Finds the ending by the last log entry under the order's reference that moved held units. Undefined when there is no
 * entry, since nothing was ever held; or when it is a reserve, since the units were released or confirmed without the
 * reference.
 */
export function orderEnding(
  last: Pick<Movement, 'action' | 'actor' | 'notes'> | undefined,
): OrderEnding | undefined {
  if (last === undefined || last.action === 'RESERVED') return undefined;
  if (last.action === 'SOLD') return 'confirmed';
  return last.actor === SYSTEM_ACTOR && last.notes === EXPIRED_NOTE ? 'expired' : 'released';
}
