import type { InventoryRecord } from '../../domain/inventory-record.js';
import { detailsOf, type RawDetails } from '../record-details.js';

/**
 * Selects whole records. `ids` is a query for their ids. Every table is then looked up by key, so the cost depends on
 * the records shown, not on how many the merchant has. $1 is the merchant.
 *
 * An expired hold's units do not count as reserved, swept or not. `next_expiry_at` tells whether there can be any, so a
 * record without expiry costs no look at its holds. statement_timestamp() is one instant for the whole answer and can
 * be used to search an index; clock_timestamp() cannot.
 */
export function recordsOf(ids: string): string {
  return `
    SELECT r.id, r.product_id, r.sku_id, r.warehouse_id, r.warehouse_name, r.location,
           r.reorder_level, r.reorder_qty, r.variant_attributes,
           s.on_hand_qty, s.reserved_qty - (${expiredQty('s')}) AS reserved_qty,
           ${ms('r.created_at')} AS created_ms,
           ${ms('greatest(r.updated_at, c.logged_at)')} AS updated_ms,
           ${ms('coalesce(a.logged_at, r.created_at)')} AS last_adjusted_ms,
           coalesce(a.actor, '') AS last_adjusted_by
      FROM (${ids}) AS k
     CROSS JOIN LATERAL (
           SELECT * FROM inventory_records WHERE merchant_id = $1 AND id = k.id LIMIT 1) AS r
     CROSS JOIN LATERAL (
           SELECT * FROM stock_levels WHERE merchant_id = $1 AND id = k.id LIMIT 1) AS s
      LEFT JOIN LATERAL (
           SELECT logged_at
             FROM movement_log
            WHERE merchant_id = $1 AND inventory_id = k.id
            ORDER BY revision DESC
            LIMIT 1) AS c ON true
      LEFT JOIN LATERAL (
           SELECT logged_at, actor
             FROM movement_log
            WHERE merchant_id = $1 AND inventory_id = k.id AND action NOT IN ('RESERVED', 'RELEASED', 'MOVED')
            ORDER BY revision DESC
            LIMIT 1) AS a ON true`;
}

/**
 * SQL for the units of a record's expired holds; `stock` is the alias of its row in stock_levels. $1 is the merchant.
 */
export function expiredQty(stock: string): string {
  return `
    CASE WHEN ${stock}.next_expiry_at <= statement_timestamp()
         THEN (SELECT coalesce(sum(qty), 0)
                 FROM holds
                WHERE merchant_id = $1 AND inventory_id = ${stock}.id AND expires_at <= statement_timestamp())
         ELSE 0 END::int`;
}

/** SQL for an instant as milliseconds since the epoch. */
export function ms(instant: string): string {
  return `floor(extract(epoch FROM ${instant}) * 1000)::float8`;
}

export interface RawRecord extends RawDetails {
  id: string;
  on_hand_qty: number;
  reserved_qty: number;
  created_ms: number;
  updated_ms: number;
  last_adjusted_ms: number;
  last_adjusted_by: string;
}

export function recordOf(row: RawRecord): InventoryRecord {
  return {
    id: row.id,
    ...detailsOf(row),
    onHandQty: row.on_hand_qty,
    reservedQty: row.reserved_qty,
    createdAtMs: row.created_ms,
    updatedAtMs: row.updated_ms,
    lastAdjustedAtMs: row.last_adjusted_ms,
    lastAdjustedBy: row.last_adjusted_by,
  };
}
