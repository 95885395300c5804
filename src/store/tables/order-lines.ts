import type { LeftUnits } from '../../domain/order-state.js';
import { texts } from '../connection/array-literal.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { leftUnits } from './left-units.js';
import type { OrderKey } from './orders.js';

export interface LeftUnitsRow extends OrderKey {
  readonly left: LeftUnits;
}

// Not of the holds: what a batch finds expired, it logs itself.
const READ = batchStatement({
  name: 'read_left_units',
  text: ({ only }) => `
    SELECT o.merchant_id, o.reference, e.*
      FROM unnest($1::text[], $2::text[]) AS o (merchant_id, reference)
     CROSS JOIN LATERAL (
           SELECT inventory_id AS id, sum(confirmed)::float8 AS confirmed, sum(released)::float8 AS released,
                  sum(expired)::float8 AS expired, sum(moved)::float8 AS moved
             FROM (${leftUnits('o.merchant_id', 'o.reference', only('merchant_id'))}) AS entries
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
