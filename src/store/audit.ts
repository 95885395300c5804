import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SYSTEM_ACTOR } from '../domain/movement.js';
import { appendMovements } from './movement-log.js';
import { lockStatement, lockStockLevels, updateStockLevels } from './stock-levels.js';
import { inTransaction } from './transaction.js';

/** What the tables say of one record; the record is consistent when they all agree. */
export interface RecordSums {
  readonly inventoryId: string;
  /** Null when holds or log entries have no record. */
  readonly onHandQty: number | null;
  readonly reservedQty: number | null;
  readonly revision: number | null;
  readonly heldQty: number;
  /** Of the record's holds; 1 where it has none. */
  readonly smallestHoldQty: number;
  readonly loggedOnHandQty: number;
  readonly loggedReservedQty: number;
  readonly loggedRevision: number;
}

interface RawSums {
  inventory_id: string;
  on_hand_qty: number | null;
  reserved_qty: number | null;
  revision: string | null;
  held_qty: string;
  smallest_hold_qty: number;
  logged_on_hand_qty: string;
  logged_reserved_qty: string;
  logged_revision: string;
}

/** $1 merchant, $2 one record or null for all. */
const SUMS = `
  SELECT coalesce(s.id, h.inventory_id, l.inventory_id) AS inventory_id,
         s.on_hand_qty, s.reserved_qty, s.revision,
         coalesce(h.qty, 0) AS held_qty,
         coalesce(h.smallest, 1) AS smallest_hold_qty,
         coalesce(l.on_hand, 0) AS logged_on_hand_qty,
         coalesce(l.reserved, 0) AS logged_reserved_qty,
         coalesce(l.revision, 0) AS logged_revision
    FROM (SELECT * FROM stock_levels WHERE merchant_id = $1 AND ($2::text IS NULL OR id = $2)) AS s
    FULL JOIN (SELECT inventory_id, sum(qty) AS qty, min(qty) AS smallest
                 FROM holds
                WHERE merchant_id = $1 AND ($2::text IS NULL OR inventory_id = $2)
                GROUP BY inventory_id) AS h ON h.inventory_id = s.id
    FULL JOIN (SELECT inventory_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved,
                      max(revision) AS revision
                 FROM movement_log
                WHERE merchant_id = $1 AND ($2::text IS NULL OR inventory_id = $2)
                GROUP BY inventory_id) AS l ON l.inventory_id = coalesce(s.id, h.inventory_id)`;

/** How many records a merchant has. */
export async function countRecords(dataSource: DataSource, merchantId: string): Promise<number> {
  const [row]: { count: string }[] = await dataSource.query(
    'SELECT count(*) FROM stock_levels WHERE merchant_id = $1',
    [merchantId],
  );
  return Number(row!.count);
}

/** The merchant's records that do not add up. One statement, so one snapshot: exact under load. */
export async function findDrift(dataSource: DataSource, merchantId: string): Promise<RecordSums[]> {
  const rows: RawSums[] = await dataSource.query(
    `SELECT * FROM (${SUMS}) AS sums
      WHERE on_hand_qty IS NULL
         OR reserved_qty < 0 OR reserved_qty > on_hand_qty
         OR reserved_qty <> held_qty OR smallest_hold_qty < 1
         OR on_hand_qty <> logged_on_hand_qty OR reserved_qty <> logged_reserved_qty
         OR revision < logged_revision
      ORDER BY inventory_id`,
    [merchantId, null],
  );
  return rows.map(recordSums);
}

/**
 * Rewrites one record's reserved counter from its holds, and closes the log with an entry by `system` that makes
 * it add up again. The units on hand stay: nothing but the shelf could say better. Returns what it found under
 * the lock, and whether it could mend it: a hold without a record or without units, or more units held
 * than are on hand, needs a person.
 */
export async function repairRecord(
  dataSource: DataSource,
  merchantId: string,
  inventoryId: string,
): Promise<{ found: RecordSums | undefined; repaired: boolean }> {
  return inTransaction(dataSource, async (tx) => {
    const locked = lockStockLevels(tx, lockStatement(dataSource), [{ merchantId, id: inventoryId }]);
    const [rows] = await Promise.all([
      tx.read<RawSums>({ name: 'sum_record', text: SUMS }, [merchantId, inventoryId]),
      locked,
    ]);
    const found = rows[0] === undefined ? undefined : recordSums(rows[0]);
    if (found === undefined) return { found, repaired: false };
    const { onHandQty, reservedQty, heldQty } = found;
    if (onHandQty === null || heldQty > onHandQty || found.smallestHoldQty < 1) {
      return { found, repaired: false };
    }
    // Another repair was quicker.
    if (addsUp(found)) return { found, repaired: true };
    const revision = Math.max(found.revision ?? 0, found.loggedRevision) + 1;
    updateStockLevels(tx, [
      {
        merchantId,
        stock: { id: inventoryId, onHandQty, reservedQty: heldQty, revision, nextExpiryAtMs: null },
      },
    ]);
    appendMovements(tx, randomUUID(), [
      {
        merchantId,
        movement: {
          inventoryId,
          revision,
          action: 'ADJUSTED',
          onHandDelta: onHandQty - found.loggedOnHandQty,
          reservedDelta: heldQty - found.loggedReservedQty,
          reference: '',
          notes: `audit repair: reserved counter ${reservedQty} set to ${heldQty}, the sum of holds`,
          actor: SYSTEM_ACTOR,
        },
      },
    ]);
    return { found, repaired: true };
  });
}

function addsUp(sums: RecordSums): boolean {
  const { onHandQty, reservedQty, revision } = sums;
  return (
    reservedQty === sums.heldQty &&
    reservedQty === sums.loggedReservedQty &&
    onHandQty === sums.loggedOnHandQty &&
    (revision ?? 0) >= sums.loggedRevision
  );
}

function recordSums(row: RawSums): RecordSums {
  return {
    inventoryId: row.inventory_id,
    onHandQty: row.on_hand_qty,
    reservedQty: row.reserved_qty,
    revision: row.revision === null ? null : Number(row.revision),
    heldQty: Number(row.held_qty),
    smallestHoldQty: row.smallest_hold_qty,
    loggedOnHandQty: Number(row.logged_on_hand_qty),
    loggedReservedQty: Number(row.logged_reserved_qty),
    loggedRevision: Number(row.logged_revision),
  };
}
