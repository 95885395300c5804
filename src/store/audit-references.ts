import type { DataSource } from 'typeorm';
import type { Statement } from './connection/statement.js';
import type { Transaction } from './connection/transaction.js';
import { holdsToAudit } from './tables/holds.js';

/** What a reference holds of one record, and what the log adds up to for it; '' for unreferenced units. */
export interface ReferenceSums {
  readonly inventoryId: string;
  readonly reference: string;
  readonly heldQty: number;
  readonly loggedQty: number;
}

/*
 * Before entries had figures, a draw without a reference wrote one entry without a reference, whosever units it took
 * first. So, of a record with such an entry, only what came after the last one (`untold`) can be checked: references
 * that first appear later, and holds that were opened later, from their opening on. A process of the version before
 * that runs next to this one writes such entries, too, and they count alike.
 *
 * Pruned entries count by what is kept of them. Of a reference whose entries added up to nothing, nothing is needed: it held
 * nothing. But draws of nobody's units count as unreferenced ones, and of a hold that is open the first entry stays.
 *
 * Of all of the merchant's records ($1), or of one ($3); $2 is the most rows.
 */
function sums(of: 'all' | 'one'): string {
  const ofRecord = of === 'one' ? 'AND inventory_id = $3' : '';
  return `
  SELECT m.inventory_id, m.reference, m.held AS held_qty, c.logged AS logged_qty
    FROM (SELECT coalesce(l.inventory_id, h.inventory_id) AS inventory_id, coalesce(l.reference, h.reference) AS reference,
                 coalesce(h.qty, 0) AS held, coalesce(l.units, 0) AS logged, l.first, h.opened_revision
            FROM (SELECT inventory_id, reference, sum(units) AS units, min(revision) AS first
                    FROM (SELECT inventory_id, coalesce(reference, '') AS reference, revision,
                                 reserved_delta - coalesce(moved_qty, 0) AS units
                            FROM movement_log
                           WHERE merchant_id = $1 ${ofRecord} AND reserved_delta <> coalesce(moved_qty, 0)
                           UNION ALL
                          SELECT inventory_id, to_reference, revision, moved_qty
                            FROM movement_log
                           WHERE merchant_id = $1 ${ofRecord} AND moved_qty IS NOT NULL
                           UNION ALL
                          SELECT inventory_id, reference, first_revision, units
                            FROM order_carried
                           WHERE merchant_id = $1 ${ofRecord} AND (units <> 0 OR reference = '' OR opened_revision IS NOT NULL)) AS e
                   GROUP BY inventory_id, reference) AS l
            FULL JOIN (${holdsToAudit(of === 'one' ? '$3' : undefined)}) AS h
                   ON h.inventory_id = l.inventory_id AND h.reference = l.reference) AS m
    LEFT JOIN (SELECT inventory_id, max(untold) AS untold
                 FROM (SELECT inventory_id, revision AS untold
                         FROM movement_log
                        WHERE merchant_id = $1 ${ofRecord}
                          AND on_hand_qty IS NULL AND reference IS NULL AND action <> 'RESERVED' AND reserved_delta <> 0
                        UNION ALL
                       SELECT inventory_id, untold_revision
                         FROM log_carried
                        WHERE merchant_id = $1 ${ofRecord} AND untold_revision IS NOT NULL) AS draws
                GROUP BY inventory_id) AS u ON u.inventory_id = m.inventory_id
   CROSS JOIN LATERAL (
         SELECT CASE WHEN u.untold IS NULL OR m.first IS NULL OR m.first > u.untold THEN m.logged
                     WHEN m.opened_revision > u.untold
                     THEN (SELECT coalesce(sum(CASE WHEN coalesce(reference, '') = m.reference
                                                    THEN reserved_delta - coalesce(moved_qty, 0) ELSE 0 END
                                             + CASE WHEN to_reference = m.reference THEN moved_qty ELSE 0 END), 0)
                             FROM movement_log
                            WHERE merchant_id = $1 AND inventory_id = m.inventory_id AND revision >= m.opened_revision)
                        + (SELECT coalesce(sum(opened_units), 0)
                             FROM order_carried
                            WHERE merchant_id = $1 AND reference = m.reference AND inventory_id = m.inventory_id
                              AND opened_revision = m.opened_revision)
                     ELSE m.held END AS logged) AS c
   WHERE m.held <> c.logged
   ORDER BY m.inventory_id, m.reference
   LIMIT $2`;
}

const SUM_ALL = sums('all');
const SUM_RECORD: Statement = { name: 'sum_references', text: sums('one') };

interface RawSums {
  inventory_id: string;
  reference: string;
  held_qty: number;
  logged_qty: string;
}

/** Finds references whose log entries do not add up to what they hold. One statement, so one snapshot. */
export async function findReferenceDrift(
  dataSource: DataSource,
  merchantId: string,
  limit: number,
): Promise<ReferenceSums[]> {
  const rows: RawSums[] = await dataSource.query(SUM_ALL, [merchantId, limit]);
  return rows.map(sumsOf);
}

/** The same for one record, behind its lock. */
export async function readReferenceDrift(
  tx: Transaction,
  merchantId: string,
  inventoryId: string,
  limit: number,
): Promise<ReferenceSums[]> {
  return (await tx.read<RawSums>(SUM_RECORD, [merchantId, limit, inventoryId])).map(sumsOf);
}

function sumsOf(row: RawSums): ReferenceSums {
  return {
    inventoryId: row.inventory_id,
    reference: row.reference,
    heldQty: row.held_qty,
    loggedQty: Number(row.logged_qty),
  };
}
