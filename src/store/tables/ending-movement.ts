import { EXPIRED_NOTE, SYSTEM_ACTOR } from '../../domain/movement.js';

/**
 * The entries under one reference that are looked at, from the latest on. An order of 5,000 records that are reserved,
 * changed a few times and shipped has fewer; a reference that is used again and again has more, and must not make its
 * calls slow.
 */
export const ORDER_ENTRIES_MAX = 50_000;

/** SQL that tells whether a log entry ended a hold by its expiry. */
export const IS_EXPIRY = `(actor = '${SYSTEM_ACTOR}' AND notes IS NOT DISTINCT FROM '${EXPIRED_NOTE}')`;

/**
 * Selects the log entry by which an order is told to have ended, for commands. Reads say the same (`reads/order.ts`).
 * `merchantId` and `reference` are SQL expressions. `also` adds conditions. Of entries that were pruned it is made up
 * from what became of their units.
 */
export function endingMovement(merchantId: string, reference: string, also = ''): string {
  return `
    SELECT action, actor, notes
      FROM (SELECT action, actor, notes, reserved_delta < 0 OR moved_qty > 0 AS ending
              FROM (SELECT action, actor, notes, reserved_delta, moved_qty
                      FROM movement_log
                     WHERE merchant_id = ${merchantId} AND reference = ${reference} ${also}
                     ORDER BY logged_at DESC
                     LIMIT ${ORDER_ENTRIES_MAX}) AS entries
             UNION ALL
            SELECT CASE WHEN confirmed > 0 THEN 'SOLD' ELSE 'RELEASED' END,
                   CASE WHEN confirmed + released + moved > 0 THEN '' ELSE '${SYSTEM_ACTOR}' END,
                   CASE WHEN confirmed + released + moved > 0 THEN NULL ELSE '${EXPIRED_NOTE}' END,
                   confirmed + released + expired + moved > 0
              FROM (SELECT confirmed, released, expired, moved
                      FROM order_carried
                     WHERE merchant_id = ${merchantId} AND reference = ${reference} ${also}
                     LIMIT ${ORDER_ENTRIES_MAX}) AS carried) AS endings
     WHERE action IN ('SOLD', 'RELEASED', 'MOVED') AND ending
     ORDER BY CASE WHEN action = 'SOLD' THEN 0 WHEN ${IS_EXPIRY} THEN 2 ELSE 1 END
     LIMIT 1`;
}
