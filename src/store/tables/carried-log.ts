import type { CarriedOrder, CarriedRecord } from '../../domain/carried-log.js';
import { numbers, numbersOrNulls, texts } from '../connection/array-literal.js';
import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { instantOfUs } from '../microseconds.js';

const CARRY_RECORDS: Statement = {
  name: 'carry_records',
  text: `
    INSERT INTO log_carried AS c
           (merchant_id, inventory_id, entries, on_hand_delta, reserved_delta, revision, untold_revision)
    SELECT s.merchant_id, n.inventory_id, n.entries, n.on_hand_delta, n.reserved_delta, n.revision, n.untold_revision
      FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
           AS n (inventory_id, entries, on_hand_delta, reserved_delta, revision, untold_revision)
      JOIN stock_levels AS s ON s.id = n.inventory_id
     WHERE s.merchant_id = $1 AND s.id = ANY ($2::text[])
     ORDER BY n.inventory_id
        ON CONFLICT (merchant_id, inventory_id) DO UPDATE
       SET entries = c.entries + excluded.entries,
           on_hand_delta = c.on_hand_delta + excluded.on_hand_delta,
           reserved_delta = c.reserved_delta + excluded.reserved_delta,
           revision = greatest(c.revision, excluded.revision),
           untold_revision = greatest(c.untold_revision, excluded.untold_revision)`,
};

/** Adds to what is kept of records' pruned entries. Locks the rows in one order. */
export function carryRecords(tx: Transaction, merchantId: string, records: readonly CarriedRecord[]): void {
  tx.write(CARRY_RECORDS, [
    merchantId,
    texts(records.map((r) => r.inventoryId)),
    numbers(records.map((r) => r.entries)),
    numbers(records.map((r) => r.onHandDelta)),
    numbers(records.map((r) => r.reservedDelta)),
    numbers(records.map((r) => r.revision)),
    numbersOrNulls(records.map((r) => r.untoldRevision)),
  ]);
}

// Units of a hold that has ended meanwhile do not count: another revision opened the current one.
const CARRY_ORDERS: Statement = {
  name: 'carry_orders',
  text: `
    INSERT INTO order_carried AS c
           (merchant_id, reference, inventory_id, units, first_revision, confirmed, released, expired, moved,
            opened_revision, opened_units)
    SELECT s.merchant_id, n.reference, n.inventory_id, n.units, n.first_revision, n.confirmed, n.released, n.expired,
           n.moved, n.opened_revision, n.opened_units
      FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
                  $9::bigint[], $10::bigint[], $11::bigint[])
           AS n (reference, inventory_id, units, first_revision, confirmed, released, expired, moved,
                 opened_revision, opened_units)
      JOIN stock_levels AS s ON s.id = n.inventory_id
     WHERE s.merchant_id = $1 AND s.id = ANY ($3::text[])
     ORDER BY n.reference, n.inventory_id
        ON CONFLICT (merchant_id, reference, inventory_id) DO UPDATE
       SET units = c.units + excluded.units,
           first_revision = least(c.first_revision, excluded.first_revision),
           confirmed = c.confirmed + excluded.confirmed,
           released = c.released + excluded.released,
           expired = c.expired + excluded.expired,
           moved = c.moved + excluded.moved,
           opened_revision = coalesce(excluded.opened_revision, c.opened_revision),
           opened_units = CASE WHEN excluded.opened_revision IS NULL THEN c.opened_units
                               WHEN excluded.opened_revision = c.opened_revision
                               THEN c.opened_units + excluded.opened_units
                               ELSE excluded.opened_units END`,
};

/** Adds to what is kept of orders' pruned entries. Locks the rows in one order. */
export function carryOrders(tx: Transaction, merchantId: string, orders: readonly CarriedOrder[]): void {
  if (orders.length === 0) return;
  const openedUnits = orders.map((o) => (o.openedRevision === null ? null : o.openedUnits));
  tx.write(CARRY_ORDERS, [
    merchantId,
    texts(orders.map((o) => o.reference)),
    texts(orders.map((o) => o.inventoryId)),
    numbers(orders.map((o) => o.units)),
    numbers(orders.map((o) => o.firstRevision)),
    numbers(orders.map((o) => o.confirmed)),
    numbers(orders.map((o) => o.released)),
    numbers(orders.map((o) => o.expired)),
    numbers(orders.map((o) => o.moved)),
    numbersOrNulls(orders.map((o) => o.openedRevision)),
    numbersOrNulls(openedUnits),
  ]);
}

const NOTE: Statement = {
  name: 'note_prune',
  text: `
    INSERT INTO log_prunes (merchant_id, pruned_before)
    VALUES ($1, ${instantOfUs('$2')})
        ON CONFLICT (merchant_id) DO UPDATE
       SET pruned_before = greatest(log_prunes.pruned_before, excluded.pruned_before)`,
};

/** Notes that the merchant's log may lack entries from before this instant, in microseconds since the epoch. */
export function notePrune(tx: Transaction, merchantId: string, beforeUs: number): void {
  tx.write(NOTE, [merchantId, beforeUs]);
}
