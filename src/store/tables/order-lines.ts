import type { LeftUnits } from '../../domain/order-state.js';
import { texts } from '../connection/array-literal.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { IS_EXPIRY, ORDER_ENTRIES_MAX } from './ending-movement.js';
import type { OrderKey } from './orders.js';

export interface LeftUnitsRow extends OrderKey {
  readonly left: LeftUnits;
}

// Of the log alone: what a batch finds expired, it logs itself. The read of an order says the same (`reads/order.ts`).
const READ = batchStatement({
  name: 'read_left_units',
  text: ({ only }) => `
    SELECT o.merchant_id, o.reference, e.*
      FROM unnest($1::text[], $2::text[]) AS o (merchant_id, reference)
     CROSS JOIN LATERAL (
           SELECT inventory_id AS id,
                  coalesce(sum(-reserved_delta) FILTER (WHERE action = 'SOLD'), 0)::float8 AS confirmed,
                  coalesce(sum(-reserved_delta) FILTER (WHERE action = 'RELEASED' AND NOT ${IS_EXPIRY}), 0)::float8 AS released,
                  coalesce(sum(-reserved_delta) FILTER (WHERE action = 'RELEASED' AND ${IS_EXPIRY}), 0)::float8 AS expired,
                  coalesce(sum(moved_qty), 0)::float8 AS moved
             FROM (SELECT inventory_id, action, actor, notes, reserved_delta, moved_qty
                     FROM movement_log
                    WHERE merchant_id = o.merchant_id AND reference = o.reference ${only('merchant_id')}
                    ORDER BY logged_at DESC
                    LIMIT ${ORDER_ENTRIES_MAX}) AS entries
            WHERE reserved_delta <> 0 OR moved_qty IS NOT NULL
            GROUP BY inventory_id) AS e`,
});

/** Reads how many units of each record have left orders, and in which way. */
export async function readLeftUnits(tx: Transaction, orders: readonly OrderKey[]): Promise<LeftUnitsRow[]> {
  const rows = await tx.read<LeftUnits & { merchant_id: string; reference: string }>(READ, [
    texts(orders.map((o) => o.merchantId)),
    texts(orders.map((o) => o.reference)),
  ]);
  return rows.map(({ merchant_id: merchantId, reference, ...left }) => ({ merchantId, reference, left }));
}
