import type { DataSource } from 'typeorm';
import type { MovementAction } from '../../domain/movement.js';
import { instantOfUs, usOf } from '../microseconds.js';
import type { LogPlace } from '../tables/logged-movement.js';

/** An entry with all that is stored of it. */
export interface ExportedEntry extends LogPlace {
  readonly merchantId: string;
  readonly action: MovementAction;
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  /** Null in entries from before this was recorded. */
  readonly onHandQty: number | null;
  readonly reservedQty: number | null;
  readonly reference: string | null;
  readonly notes: string | null;
  readonly actor: string;
  readonly toReference: string | null;
  readonly movedQty: number | null;
  readonly batchId: string;
}

export interface ExportRange {
  readonly fromUs: number;
  readonly toUs: number;
  readonly after: LogPlace;
  readonly limit: number;
}

/** Reads the merchant's entries from an instant on and before another one, behind `after`, the oldest first. */
export async function readEntries(
  dataSource: DataSource,
  merchantId: string,
  { fromUs, toUs, after, limit }: ExportRange,
): Promise<ExportedEntry[]> {
  const rows: (Omit<ExportedEntry, 'revision'> & { revision: string })[] = await dataSource.query(
    `SELECT merchant_id AS "merchantId", ${usOf('logged_at')} AS "loggedAtUs",
            inventory_id AS "inventoryId", revision, action, on_hand_delta AS "onHandDelta",
            reserved_delta AS "reservedDelta", on_hand_qty AS "onHandQty", reserved_qty AS "reservedQty", reference,
            notes, actor, to_reference AS "toReference", moved_qty AS "movedQty", batch_id AS "batchId"
       FROM movement_log
      WHERE merchant_id = $1 AND logged_at >= ${instantOfUs('$2')} AND logged_at < ${instantOfUs('$3')}
        AND (logged_at, inventory_id, revision) > (${instantOfUs('$4')}, $5::text, $6::bigint)
      ORDER BY logged_at, inventory_id, revision
      LIMIT $7`,
    [merchantId, fromUs, toUs, after.loggedAtUs, after.inventoryId, after.revision, limit],
  );
  return rows.map((row) => ({ ...row, revision: Number(row.revision) }));
}
