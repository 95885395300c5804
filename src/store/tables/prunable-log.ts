import type { DataSource } from 'typeorm';
import type { PrunedEntry } from '../../domain/carried-log.js';
import { numbers, texts } from '../connection/array-literal.js';
import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { instantOfUs, usOf } from '../microseconds.js';
import { type LogPlace, movementOf, type RawMovement } from './logged-movement.js';

/** Comes before every entry. */
export const BEFORE_ALL_ENTRIES: LogPlace = { loggedAtUs: 0, inventoryId: '', revision: 0 };

/**
 * How many entries to look for after these, `usual` or more: each look sorts the entries of its instant again, so many
 * entries of one instant should take few looks.
 */
export function nextLimit(found: readonly LogPlace[], limit: number, usual: number, max: number): number {
  const isOneInstant = found.length === limit && found[0]!.loggedAtUs === found.at(-1)!.loggedAtUs;
  return isOneInstant ? Math.min(limit * 2, max) : usual;
}

/** Finds the merchant's oldest entries behind `after` and before an instant, at most `limit`. */
export async function findOldEntries(
  dataSource: DataSource,
  merchantId: string,
  { beforeUs, after, limit }: { readonly beforeUs: number; readonly after: LogPlace; readonly limit: number },
): Promise<LogPlace[]> {
  const rows: { inventory_id: string; revision: string; logged_us: number }[] = await dataSource.query(
    `SELECT inventory_id, revision, ${usOf('logged_at')} AS logged_us
       FROM movement_log
      WHERE merchant_id = $1 AND logged_at < ${instantOfUs('$2')}
        AND (logged_at, inventory_id, revision) > (${instantOfUs('$3')}, $4::text, $5::bigint)
      ORDER BY logged_at, inventory_id, revision
      LIMIT $6`,
    [merchantId, beforeUs, after.loggedAtUs, after.inventoryId, after.revision, limit],
  );
  return rows.map((row) => ({
    inventoryId: row.inventory_id,
    revision: Number(row.revision),
    loggedAtUs: row.logged_us,
  }));
}

/** The clock of the database, in microseconds since the epoch. */
export async function readNowUs(dataSource: DataSource): Promise<number> {
  const [row]: { now_us: number }[] = await dataSource.query(`SELECT ${usOf('clock_timestamp()')} AS now_us`);
  return Math.floor(row!.now_us);
}

/*
 * Entries that something still reads stay, however old: a record's last one (when it was changed), its last adjustment
 * (when, and by whom), and the one that opened a hold (since when the order waits). Whether there is a later one cannot
 * change back: entries are only added, and of those that are removed each has a later one. Nor can a hold be opened by a
 * revision a second time. So nothing needs a lock. And all entries of a record stay that has lost its row of stock, which
 * only damage does: they say what was in it.
 */
const REMOVE: Statement = {
  name: 'prune_entries',
  text: `
    DELETE FROM movement_log AS l
     USING unnest($2::text[], $3::bigint[]) AS k (inventory_id, revision)
     WHERE l.merchant_id = $1 AND l.inventory_id = k.inventory_id AND l.revision = k.revision
       AND EXISTS (SELECT FROM movement_log AS later
                    WHERE later.merchant_id = $1 AND later.inventory_id = k.inventory_id
                      AND later.revision > k.revision)
       AND (l.action IN ('RESERVED', 'RELEASED', 'MOVED')
            OR EXISTS (SELECT FROM movement_log AS later
                        WHERE later.merchant_id = $1 AND later.inventory_id = k.inventory_id
                          AND later.revision > k.revision AND later.action NOT IN ('RESERVED', 'RELEASED', 'MOVED')))
       AND NOT EXISTS (SELECT FROM holds AS h
                        WHERE h.merchant_id = $1 AND h.inventory_id = k.inventory_id
                          AND h.opened_revision = k.revision AND h.reference <> '')
       AND EXISTS (SELECT FROM stock_levels AS s WHERE s.merchant_id = $1 AND s.id = k.inventory_id)
    RETURNING l.inventory_id, l.revision, l.action, l.on_hand_delta, l.reserved_delta, l.reference, l.notes, l.actor,
              l.to_reference, l.moved_qty, l.on_hand_qty IS NOT NULL AS told,
              (SELECT h.opened_revision FROM holds AS h
                WHERE h.merchant_id = $1 AND h.inventory_id = l.inventory_id
                  AND h.reference = coalesce(l.reference, '')) AS opened_revision,
              (SELECT h.opened_revision FROM holds AS h
                WHERE h.merchant_id = $1 AND h.inventory_id = l.inventory_id
                  AND h.reference = l.to_reference) AS to_opened_revision`,
};

interface RawEntry extends RawMovement {
  told: boolean;
  opened_revision: string | null;
  to_opened_revision: string | null;
}

/** Removes those of the entries that nothing reads any more, and returns them. */
export async function removeEntries(
  tx: Transaction,
  merchantId: string,
  entries: readonly Pick<LogPlace, 'inventoryId' | 'revision'>[],
): Promise<PrunedEntry[]> {
  const rows = await tx.read<RawEntry>(REMOVE, [
    merchantId,
    texts(entries.map((e) => e.inventoryId)),
    numbers(entries.map((e) => e.revision)),
  ]);
  return rows.map(entryOf);
}

function entryOf(row: RawEntry): PrunedEntry {
  const revisionOf = (text: string | null): number | null => (text === null ? null : Number(text));
  return {
    ...movementOf(row),
    told: row.told,
    openedRevision: revisionOf(row.opened_revision),
    toOpenedRevision: revisionOf(row.to_opened_revision),
  };
}
