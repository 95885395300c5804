import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SOLD_OUT_ID } from './load/plan.js';

/** Opens $2 holds of one unit on each record of merchant $1. References are spread over their index, as those of callers are. */
const HOLDS = `
  INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
  SELECT s.merchant_id, s.id, ${reference('k')}, 1, s.revision + k
    FROM stock_levels AS s, generate_series(1, $2::int) AS k
   WHERE s.merchant_id = $1 AND s.id <> '${SOLD_OUT_ID}'`;

/** An entry for each of them; for each fourth one, two more, of a unit that was reserved and has been released. */
const MOVEMENT_LOG = `
  INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                            reference, actor, on_hand_qty, reserved_qty, batch_id)
  SELECT s.merchant_id, s.id, s.revision + k, CASE WHEN released THEN 'RELEASED' ELSE 'RESERVED' END, 0,
         CASE WHEN released THEN -1 ELSE 1 END,
         ${reference('CASE WHEN released THEN k - 1 ELSE k END')}, 'system', s.on_hand_qty,
         s.reserved_qty + least(k, $2::int) + CASE WHEN k > $2::int AND NOT released THEN 1 ELSE 0 END, $3::uuid
    FROM stock_levels AS s, generate_series(1, $2::int + 2 * ($2::int / 4)) AS k,
         LATERAL (SELECT k > $2::int AND (k - $2::int) % 2 = 0 AS released) AS r
   WHERE s.merchant_id = $1 AND s.id <> '${SOLD_OUT_ID}'`;

const STOCK_LEVELS = `
  UPDATE stock_levels
     SET reserved_qty = reserved_qty + $2::int, revision = revision + $2::int + 2 * ($2::int / 4)
   WHERE merchant_id = $1 AND id <> '${SOLD_OUT_ID}'`;

function reference(number: string): string {
  return `'ORD-' || substr(md5(s.id || ':' || (s.revision + ${number})), 1, 16)`;
}

/**
 * Gives each record of the merchant more holds, and the log entries that opened them and others, made inside the database.
 * Counters, holds and log agree afterwards, as the audit of the next turn shows.
 */
export async function addHistory(
  dataSource: DataSource,
  merchantId: string,
  holdsOfRecord: number,
): Promise<void> {
  const restore = await dropIndexes(dataSource, ['holds', 'movement_log']);
  await dataSource.query(HOLDS, [merchantId, holdsOfRecord]);
  await dataSource.query(MOVEMENT_LOG, [merchantId, holdsOfRecord, randomUUID()]);
  await dataSource.query(STOCK_LEVELS, [merchantId, holdsOfRecord]);
  await restore();
}

/** Row by row, indexes that do not fit into memory would take hours to grow. Returns what makes them again. */
async function dropIndexes(dataSource: DataSource, tables: readonly string[]): Promise<() => Promise<void>> {
  const indexes: { name: string; of: string; definition: string; key: string | null }[] =
    await dataSource.query(
      `SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS of,
            pg_get_indexdef(i.indexrelid) AS definition, pg_get_constraintdef(c.oid) AS key
       FROM pg_index AS i
       LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype = 'p'
      WHERE i.indrelid = ANY ($1::text[]::regclass[])`,
      [tables],
    );
  for (const { name, of, key } of indexes) {
    await dataSource.query(key === null ? `DROP INDEX ${name}` : `ALTER TABLE ${of} DROP CONSTRAINT ${name}`);
  }
  return () =>
    dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL maintenance_work_mem = '1GB'`);
      for (const { name, of, definition, key } of indexes) {
        await manager.query(key === null ? definition : `ALTER TABLE ${of} ADD CONSTRAINT ${name} ${key}`);
      }
    });
}
