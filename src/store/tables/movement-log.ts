import type { Movement } from '../../domain/movement.js';
import type { Stock } from '../../domain/stock.js';
import { numbers, numbersOrNulls, texts } from '../connection/array-literal.js';
import { batchStatement, type Statement, type Write } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { ofRecords } from './of-records.js';

export interface MovementRow {
  readonly merchantId: string;
  readonly movement: Movement;
  /** The record's quantities after it; null where nobody can tell whose units were moved. */
  readonly after: Pick<Stock, 'onHandQty' | 'reservedQty'> | null;
}

// Citus evaluates the time of the statement, which is behind the lock as well, and copies the rows if it finds the clock.
const APPEND = batchStatement({
  name: 'append_movements',
  text: (scope) => `
    INSERT INTO movement_log
           (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
            reference, notes, actor, on_hand_qty, reserved_qty, to_reference, moved_qty, batch_id, logged_at)
    SELECT ${scope.either('n', 's')}.merchant_id, n.inventory_id, n.revision, n.action, n.on_hand_delta, n.reserved_delta,
           nullif(n.reference, ''), nullif(n.notes, ''), n.actor, n.on_hand_qty, n.reserved_qty,
           nullif(n.to_reference, ''), nullif(n.moved_qty, 0), $14::uuid,
           coalesce(to_timestamp($15::float8 / 1000000), ${scope.either('clock', 'statement')}_timestamp())
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::int[],
                  $7::text[], $8::text[], $9::text[], $10::int[], $11::int[], $12::text[], $13::int[])
           AS n (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                 reference, notes, actor, on_hand_qty, reserved_qty, to_reference, moved_qty)
    ${ofRecords(scope, 'n.inventory_id')}`,
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
  const values = [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.movement.inventoryId)),
    numbers(rows.map((r) => r.movement.revision)),
    texts(rows.map((r) => r.movement.action)),
    numbers(rows.map((r) => r.movement.onHandDelta)),
    numbers(rows.map((r) => r.movement.reservedDelta)),
    texts(rows.map((r) => r.movement.reference)),
    texts(rows.map((r) => r.movement.notes)),
    texts(rows.map((r) => r.movement.actor)),
    numbersOrNulls(rows.map((r) => r.after?.onHandQty ?? null)),
    numbersOrNulls(rows.map((r) => r.after?.reservedQty ?? null)),
    texts(rows.map((r) => r.movement.moved?.toReference ?? '')),
    numbers(rows.map((r) => r.movement.moved?.qty ?? 0)),
    batchId,
    atUs,
  ];
  return { statement: APPEND, values };
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
