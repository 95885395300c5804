import type { CarriedOrder, CarriedRecord } from '../../domain/carried-log.js';
import { rowInsert } from '../connection/row-insert.js';
import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { instantOfUs } from '../microseconds.js';

const addRecords = rowInsert<OfMerchant<CarriedRecord>>({
  name: 'carry_records',
  into: 'log_carried AS c',
  columns: [
    { name: 'inventory_id', type: 'text', of: (r) => r.inventoryId },
    { name: 'entries', type: 'bigint', of: (r) => r.entries },
    { name: 'on_hand_delta', type: 'bigint', of: (r) => r.onHandDelta },
    { name: 'reserved_delta', type: 'bigint', of: (r) => r.reservedDelta },
    { name: 'revision', type: 'bigint', of: (r) => r.revision },
    { name: 'untold_revision', type: 'bigint', of: (r) => r.untoldRevision },
  ],
  order: ['inventory_id'],
  onConflict: `
        ON CONFLICT (merchant_id, inventory_id) DO UPDATE
       SET entries = c.entries + excluded.entries,
           on_hand_delta = c.on_hand_delta + excluded.on_hand_delta,
           reserved_delta = c.reserved_delta + excluded.reserved_delta,
           revision = greatest(c.revision, excluded.revision),
           untold_revision = greatest(c.untold_revision, excluded.untold_revision)`,
});

type OfMerchant<Carried> = Carried & { readonly merchantId: string };

/** Adds to what is kept of records' pruned entries. Locks the rows in one order. */
export function carryRecords(tx: Transaction, merchantId: string, records: readonly CarriedRecord[]): void {
  tx.writeTogether(addRecords(records.map((record) => ({ merchantId, ...record }))));
}

// Units of a hold that has ended meanwhile do not count: another revision opened the current one.
const addOrders = rowInsert<OfMerchant<CarriedOrder>>({
  name: 'carry_orders',
  into: 'order_carried AS c',
  columns: [
    { name: 'reference', type: 'text', of: (o) => o.reference },
    { name: 'inventory_id', type: 'text', of: (o) => o.inventoryId },
    { name: 'units', type: 'bigint', of: (o) => o.units },
    { name: 'first_revision', type: 'bigint', of: (o) => o.firstRevision },
    { name: 'confirmed', type: 'bigint', of: (o) => o.confirmed },
    { name: 'released', type: 'bigint', of: (o) => o.released },
    { name: 'expired', type: 'bigint', of: (o) => o.expired },
    { name: 'moved', type: 'bigint', of: (o) => o.moved },
    { name: 'opened_revision', type: 'bigint', of: (o) => o.openedRevision },
    {
      name: 'opened_units',
      type: 'bigint',
      of: (o) => (o.openedRevision === null ? null : o.openedUnits),
    },
  ],
  order: ['reference', 'inventory_id'],
  onConflict: `
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
});

/** Adds to what is kept of orders' pruned entries. Locks the rows in one order. */
export function carryOrders(tx: Transaction, merchantId: string, orders: readonly CarriedOrder[]): void {
  if (orders.length > 0) tx.writeTogether(addOrders(orders.map((order) => ({ merchantId, ...order }))));
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
