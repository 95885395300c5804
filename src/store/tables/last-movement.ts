import { EXPIRED_NOTE, SYSTEM_ACTOR } from '../../domain/movement.js';

/**
 * Selects the last log entry under an order's reference that moved held units, for commands and reads alike: both must
 * say the same about an order. `merchantId` and `reference` are SQL expressions. `also` adds conditions.
 *
 * A batch that has read the time gives it to all its entries. Its expiries come before its commands.
 */
export function lastMovement(merchantId: string, reference: string, also = ''): string {
  return `
    SELECT action, actor, notes
      FROM movement_log
     WHERE merchant_id = ${merchantId} AND reference = ${reference} AND reserved_delta <> 0 ${also}
     ORDER BY logged_at DESC, (actor = '${SYSTEM_ACTOR}' AND notes IS NOT DISTINCT FROM '${EXPIRED_NOTE}'), revision DESC
     LIMIT 1`;
}
