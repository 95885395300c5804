import { IS_EXPIRY, ORDER_ENTRIES_MAX } from './ending-movement.js';

/**
 * Selects how units left an order, in rows of `inventory_id, confirmed, released, expired, moved`: one for each of the
 * latest entries that concern its holds, and one for each record with pruned ones. `merchantId` and `reference` are SQL
 * expressions. `also` adds conditions.
 */
export function leftUnits(merchantId: string, reference: string, also = ''): string {
  return `
    SELECT inventory_id,
           CASE WHEN action = 'SOLD' THEN -reserved_delta ELSE 0 END AS confirmed,
           CASE WHEN action = 'RELEASED' AND NOT ${IS_EXPIRY} THEN -reserved_delta ELSE 0 END AS released,
           CASE WHEN action = 'RELEASED' AND ${IS_EXPIRY} THEN -reserved_delta ELSE 0 END AS expired,
           coalesce(moved_qty, 0) AS moved
      FROM (SELECT inventory_id, action, actor, notes, reserved_delta, moved_qty
              FROM movement_log
             WHERE merchant_id = ${merchantId} AND reference = ${reference} ${also}
             ORDER BY logged_at DESC
             LIMIT ${ORDER_ENTRIES_MAX}) AS latest
     WHERE reserved_delta <> 0 OR moved_qty IS NOT NULL
     UNION ALL
    SELECT inventory_id, confirmed, released, expired, moved
      FROM (SELECT inventory_id, confirmed, released, expired, moved
              FROM order_carried
             WHERE merchant_id = ${merchantId} AND reference = ${reference} ${also}
             LIMIT ${ORDER_ENTRIES_MAX}) AS carried`;
}
