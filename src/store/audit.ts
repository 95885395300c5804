import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { UNREFERENCED } from '../domain/hold.js';
import { SYSTEM_ACTOR } from '../domain/movement.js';
import { findReferenceDrift, type ReferenceSums, readReferenceDrift } from './audit-references.js';
import type { Statement } from './connection/statement.js';
import type { Transaction } from './connection/transaction.js';
import { holdsToAudit } from './tables/holds.js';
import { inPlace } from './tables/kept-place.js';
import { appendMovements, type MovementRow } from './tables/movement-log.js';
import { lockStockLevels, updateNextExpiries, updateStockLevels } from './tables/stock-levels.js';

/** What the tables say about one record. The record is consistent when they all agree. */
export interface RecordSums {
  readonly inventoryId: string;
  /** Null when the record has no stock level. */
  readonly onHandQty: number | null;
  readonly reservedQty: number | null;
  readonly revision: number | null;
  readonly heldQty: number;
  /** The smallest of the record's holds; 1 when it has none. */
  readonly smallestHoldQty: number;
  readonly loggedOnHandQty: number;
  readonly loggedReservedQty: number;
  readonly loggedRevision: number;
  /** Whether it has a product and a warehouse. */
  readonly described: boolean;
  /** No hold of the record may end before this instant, milliseconds since the epoch. */
  readonly nextExpiryAtMs: number | null;
  /** When the first of its holds ends. */
  readonly earliestExpiryAtMs: number | null;
  /**
   * The copy next to the quantities, which decides what is low. Null without a stock level, and the described level
   * without a description.
   */
  readonly reorderLevel: number | null;
  readonly describedReorderLevel: number | null;
}

/** A record that does not add up. */
export interface RecordDrift extends RecordSums {
  /** References for which the log adds up to something else than they hold, the first of them. */
  readonly references: readonly ReferenceSums[];
}

/** References that one audit names, in all. */
const NAMED_REFERENCES_MAX = 10_000;
/** References for which a repair writes an entry each; the others share one. */
const REPAIRED_REFERENCES_MAX = 1000;

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
  described: boolean;
  next_expiry_ms: number | null;
  earliest_expiry_ms: number | null;
  reorder_level: number | null;
  described_reorder_level: number | null;
}

/** Of all of the merchant's records ($1), or of one ($2). What pruned entries added up to is kept in log_carried. */
function sums(of: 'all' | 'one'): string {
  const and = (column: string): string => (of === 'one' ? `AND ${column} = $2` : '');
  return `
  SELECT coalesce(s.id, h.inventory_id, l.inventory_id, d.id) AS inventory_id,
         s.on_hand_qty, s.reserved_qty, s.revision,
         coalesce(h.qty, 0) AS held_qty,
         coalesce(h.smallest, 1) AS smallest_hold_qty,
         coalesce(l.on_hand, 0) AS logged_on_hand_qty,
         coalesce(l.reserved, 0) AS logged_reserved_qty,
         coalesce(l.revision, 0) AS logged_revision,
         d.id IS NOT NULL AS described,
         (extract(epoch FROM s.next_expiry_at) * 1000)::float8 AS next_expiry_ms,
         (extract(epoch FROM h.earliest_expiry) * 1000)::float8 AS earliest_expiry_ms,
         s.reorder_level, d.reorder_level AS described_reorder_level
    FROM (SELECT * FROM stock_levels WHERE merchant_id = $1 ${and('id')}) AS s
    FULL JOIN (SELECT inventory_id, sum(qty) AS qty, min(qty) AS smallest, min(expires_at) AS earliest_expiry
                 FROM (${holdsToAudit(of === 'one' ? '$2' : undefined)}) AS held
                GROUP BY inventory_id) AS h ON h.inventory_id = s.id
    FULL JOIN (SELECT inventory_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved, max(revision) AS revision
                 FROM (SELECT inventory_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved,
                              max(revision) AS revision
                         FROM movement_log
                        WHERE merchant_id = $1 ${and('inventory_id')}
                        GROUP BY inventory_id
                        UNION ALL
                       SELECT inventory_id, on_hand_delta, reserved_delta, revision
                         FROM log_carried
                        WHERE merchant_id = $1 ${and('inventory_id')}) AS told
                GROUP BY inventory_id) AS l ON l.inventory_id = coalesce(s.id, h.inventory_id)
    FULL JOIN (SELECT id, reorder_level FROM inventory_records
                WHERE merchant_id = $1 ${and('id')}) AS d
           ON d.id = coalesce(s.id, h.inventory_id, l.inventory_id)`;
}

const SUM_RECORD: Statement = { name: 'sum_record', text: sums('one') };

const COPY_REORDER_LEVEL: Statement = {
  name: 'copy_reorder_level',
  text: `
    UPDATE stock_levels AS s
       SET reorder_level = r.reorder_level
      FROM inventory_records AS r
     WHERE s.merchant_id = $1 AND s.id = $2 AND r.merchant_id = $1 AND r.id = $2`,
};

interface Repair {
  readonly found: RecordSums | undefined;
  readonly repaired: boolean;
}

/** Counts a merchant's records. */
export async function countRecords(dataSource: DataSource, merchantId: string): Promise<number> {
  const [row]: { count: string }[] = await dataSource.query(
    'SELECT count(*) FROM stock_levels WHERE merchant_id = $1',
    [merchantId],
  );
  return Number(row!.count);
}

/**
 * Finds the merchant's records that do not add up, in all or for a reference. Each of the two is one statement, so one
 * snapshot: exact under load.
 */
export async function findDrift(dataSource: DataSource, merchantId: string): Promise<RecordDrift[]> {
  const references = new Map<string, ReferenceSums[]>();
  for (const sums of await findReferenceDrift(dataSource, merchantId, NAMED_REFERENCES_MAX)) {
    const others = references.get(sums.inventoryId);
    if (others === undefined) references.set(sums.inventoryId, [sums]);
    else others.push(sums);
  }
  const rows: RawSums[] = await dataSource.query(
    `SELECT * FROM (${sums('all')}) AS sums
      WHERE inventory_id = ANY ($2)
         OR on_hand_qty IS NULL
         OR reserved_qty < 0 OR reserved_qty > on_hand_qty
         OR reserved_qty <> held_qty OR smallest_hold_qty < 1
         OR on_hand_qty <> logged_on_hand_qty OR reserved_qty <> logged_reserved_qty
         OR revision < logged_revision
         OR NOT described OR reorder_level <> described_reorder_level
         OR earliest_expiry_ms < coalesce(next_expiry_ms, 'Infinity')
      ORDER BY inventory_id`,
    [merchantId, [...references.keys()]],
  );
  return rows.map((row) => ({ ...recordSums(row), references: references.get(row.inventory_id) ?? [] }));
}

/**
 * Rewrites one record's reserved counter from its holds, and appends log entries by `system` so that the log adds up
 * again, one for each reference for which it did not. The units on hand stay: only a look at the shelf can correct them.
 * A next expiry that is later than the holds' earliest is set to it, and the copied reorder level to that of the
 * description. Returns what it found under the lock, and whether it could repair it. A record without a stock level or a
 * description, a hold without units, or more units held than on hand needs a person.
 */
export async function repairRecord(
  dataSource: DataSource,
  merchantId: string,
  inventoryId: string,
): Promise<Repair> {
  const repair = async (tx: Transaction): Promise<Repair> => {
    const locked = lockStockLevels(tx, [{ merchantId, id: inventoryId }]);
    const [rows, references] = await Promise.all([
      tx.read<RawSums>(SUM_RECORD, [merchantId, inventoryId]),
      readReferenceDrift(tx, merchantId, inventoryId, REPAIRED_REFERENCES_MAX),
      locked,
    ]);
    const found = rows[0] === undefined ? undefined : recordSums(rows[0]);
    if (found === undefined) return { found, repaired: false };
    const { onHandQty, reservedQty, heldQty } = found;
    if (onHandQty === null || !found.described || heldQty > onHandQty || found.smallestHoldQty < 1) {
      return { found, repaired: false };
    }
    if (expiresLate(found)) {
      const stock = { id: inventoryId, onHandQty, reservedQty: heldQty, revision: 0 };
      updateNextExpiries(tx, [{ merchantId, stock: { ...stock, nextExpiryAtMs: found.earliestExpiryAtMs } }]);
    }
    if (found.reorderLevel !== found.describedReorderLevel) {
      tx.write(COPY_REORDER_LEVEL, [merchantId, inventoryId]);
    }
    // No quantity was wrong, or another repair came first.
    if (addsUp(found) && references.length === 0) return { found, repaired: true };
    const first = Math.max(found.revision ?? 0, found.loggedRevision) + 1;
    const corrections = correctionsOf(found, references);
    const after = { onHandQty, reservedQty: heldQty };
    const revision = first + corrections.length - 1;
    const stock = { id: inventoryId, ...after, revision, nextExpiryAtMs: null };
    const notes =
      reservedQty === heldQty
        ? 'audit repair: the log set to what is held'
        : `audit repair: reserved counter ${reservedQty} set to ${heldQty}, the sum of holds`;
    const entries = corrections.map(({ told, ...deltas }, index): MovementRow => {
      const entry = { inventoryId, revision: first + index, action: 'ADJUSTED' } as const;
      const movement = { ...entry, ...deltas, notes, actor: SYSTEM_ACTOR };
      return { merchantId, movement, after: told ? after : null };
    });
    tx.writeTogether(updateStockLevels([{ merchantId, stock }]), appendMovements(randomUUID(), entries));
    return { found, repaired: true };
  };
  return inPlace(dataSource, repair, merchantId, 'other', 'patiently');
}

interface Correction {
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  readonly reference: string;
  /** Whether it says whose units they are. */
  readonly told: boolean;
}

/** What is missing in the log: at least one entry, since a counter that is set is worth one. */
function correctionsOf(found: RecordSums, references: readonly ReferenceSums[]): Correction[] {
  const corrections: Correction[] = [];
  let onHandDelta = found.onHandQty! - found.loggedOnHandQty;
  let rest = found.heldQty - found.loggedReservedQty;
  for (const { reference, heldQty, loggedQty } of references) {
    const reservedDelta = heldQty - loggedQty;
    corrections.push({ onHandDelta, reservedDelta, reference, told: true });
    onHandDelta = 0;
    rest -= reservedDelta;
  }
  if (rest !== 0 || corrections.length === 0) {
    corrections.push({ onHandDelta, reservedDelta: rest, reference: UNREFERENCED, told: rest === 0 });
  }
  return corrections;
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

/** Returns whether a hold ends before the record's next expiry: nobody would look for it until then. */
export function expiresLate({ nextExpiryAtMs, earliestExpiryAtMs }: RecordSums): boolean {
  return earliestExpiryAtMs !== null && earliestExpiryAtMs < (nextExpiryAtMs ?? Number.POSITIVE_INFINITY);
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
    described: row.described,
    nextExpiryAtMs: row.next_expiry_ms,
    earliestExpiryAtMs: row.earliest_expiry_ms,
    reorderLevel: row.reorder_level,
    describedReorderLevel: row.described_reorder_level,
  };
}
