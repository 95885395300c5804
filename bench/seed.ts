import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ON_HAND_QTY, RECORD_ID_PREFIX, SOLD_OUT_ID } from './load/plan.js';

/** $1 records. In the order of their keys, so that indexes grow at one end. */
const IDS = `
  SELECT id, on_hand_qty
    FROM (SELECT '${RECORD_ID_PREFIX}' || n, ${ON_HAND_QTY} FROM generate_series(0, $1::int - 1) AS n
           UNION ALL
          VALUES ('${SOLD_OUT_ID}', 0)) AS ids (id, on_hand_qty)
   ORDER BY id`;

const STOCK_LEVELS = `
  INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
  SELECT $2, id, on_hand_qty, 0, 1 FROM (${IDS}) AS seeded`;

const INVENTORY_RECORDS = `
  INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id)
  SELECT $2, id, id, 'main' FROM (${IDS}) AS seeded`;

const MOVEMENT_LOG = `
  INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                            notes, actor, batch_id)
  SELECT $2, id, 1, 'RECEIVED', on_hand_qty, 0, 'initial stock', 'system', $3::uuid FROM (${IDS}) AS seeded`;

/**
 * Fills emptied tables with what the service's own seed would write, made inside the database, each table on a
 * connection of its own: a million records within seconds. The audit after each turn says whether it is still right.
 */
export async function seedTables(dataSource: DataSource, merchantId: string, records: number): Promise<void> {
  const fill = (statement: string, ...more: string[]) =>
    dataSource.transaction(async (manager) => {
      // Otherwise each row looks up its merchant, since foreign keys are triggers.
      await manager.query('SET LOCAL session_replication_role = replica');
      await manager.query(statement, [records, merchantId, ...more]);
    });
  await Promise.all([fill(STOCK_LEVELS), fill(INVENTORY_RECORDS), fill(MOVEMENT_LOG, randomUUID())]);
}

/**
 * Reads every record by its key, as callers will. What is larger than the database's own cache is left as a crowd
 * of callers would leave it, and not as the seed did, with its last rows in the cache and its first ones not.
 */
export async function warmCache(dataSource: DataSource, merchantId: string): Promise<void> {
  await dataSource.transaction(async (manager) => {
    // A scan of the whole table bypasses the cache.
    await manager.query('SET LOCAL enable_seqscan = off');
    await manager.query('SET LOCAL enable_bitmapscan = off');
    await manager.query('SELECT sum(revision) FROM stock_levels WHERE merchant_id = $1', [merchantId]);
  });
}
