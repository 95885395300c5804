import type { Movement } from '../../domain/movement.js';
import type { Stock } from '../../domain/stock.js';
import { rowInsert } from '../connection/row-insert.js';
import type { Statement, Write } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { instantOfUs } from '../microseconds.js';

export interface MovementRow {
  readonly merchantId: string;
  readonly movement: Movement;
  /** The record's quantities after it; null where nobody can tell whose units were moved. */
  readonly after: Pick<Stock, 'onHandQty' | 'reservedQty'> | null;
}

const orNull = (text: string): string => `nullif(${text}, '')`;

const append = rowInsert<MovementRow>({
  name: 'append_movements',
  into: 'movement_log',
  columns: [
    { name: 'inventory_id', type: 'text', of: (r) => r.movement.inventoryId },
    { name: 'revision', type: 'bigint', of: (r) => r.movement.revision },
    { name: 'action', type: 'text', of: (r) => r.movement.action },
    { name: 'on_hand_delta', type: 'int', of: (r) => r.movement.onHandDelta },
    { name: 'reserved_delta', type: 'int', of: (r) => r.movement.reservedDelta },
    { name: 'reference', type: 'text', of: (r) => r.movement.reference, stored: orNull },
    { name: 'notes', type: 'text', of: (r) => r.movement.notes, stored: orNull },
    { name: 'actor', type: 'text', of: (r) => r.movement.actor },
    { name: 'on_hand_qty', type: 'int', of: (r) => r.after?.onHandQty ?? null },
    { name: 'reserved_qty', type: 'int', of: (r) => r.after?.reservedQty ?? null },
    { name: 'to_reference', type: 'text', of: (r) => r.movement.moved?.toReference ?? '', stored: orNull },
    { name: 'moved_qty', type: 'int', of: (r) => r.movement.moved?.qty ?? null },
  ],
  shared: [
    { names: ['batch_id'], stored: (id) => `${id}::uuid` },
    {
      names: ['logged_at'],
      stored: (us) => `coalesce(${instantOfUs(us)}, clock_timestamp())`,
    },
  ],
});

/**
 * Appends log entries; `batchId` names the attempt of the transaction that wrote them. `atUs`: their time in
 * microseconds since the epoch, where a caller is told it; the database's clock when null.
 */
export function appendMovements(
  batchId: string,
  rows: readonly MovementRow[],
  atUs: number | null = null,
): Write {
  return append(rows, batchId, atUs);
}

// The range and its order leave the primary key as the only index that fits. With a plain equality, a plan made for a
// young table may go by time, and read all of a merchant's log.
const FIND: Statement = {
  name: 'find_movement',
  text: `
    SELECT
      FROM (SELECT batch_id FROM movement_log
             WHERE merchant_id = $1 AND inventory_id = $2 AND revision BETWEEN $3 AND $3
             ORDER BY revision
             LIMIT 1) AS l
     WHERE batch_id = $4`,
};

/** Returns whether this batch wrote this entry to the log. */
export async function hasMovement(tx: Transaction, batchId: string, row: MovementRow): Promise<boolean> {
  const { inventoryId, revision } = row.movement;
  return (await tx.read(FIND, [row.merchantId, inventoryId, revision, batchId])).length > 0;
}
