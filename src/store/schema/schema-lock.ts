import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';

/** An arbitrary number, the same in every Holdfast process. Version 0.2.0 has another, which it holds for its session. */
const SCHEMA_LOCK = 4_801_653_772;

const LOOK_INTERVAL_MS = 250;

/** Others kept the schema, or one of its tables, for longer than somebody who changes it waits. */
export class SchemaBusy extends Error {
  override readonly name = 'SchemaBusy';
}

/**
 * Runs what changes the schema, in one process at a time. Throws SchemaBusy when another one has not ended after
 * `waitMs`.
 *
 * The lock is that of a transaction, which stays open meanwhile: it ends with the process, and no pooler can leave it
 * on a connection that others use. Those who wait ask again and again, each time in a transaction of its own: an index
 * that is built next to running services waits for all statements that were there before it, so also for one that would
 * wait here, for the builder.
 */
export async function withSchemaLock<T>(
  dataSource: DataSource,
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const guard = dataSource.createQueryRunner();
  await guard.connect();
  try {
    await lock(guard, waitMs);
    const result = await work();
    await guard.commitTransaction();
    return result;
  } finally {
    if (guard.isTransactionActive) await guard.rollbackTransaction().catch(() => {});
    await guard.release().catch(() => {});
  }
}

async function lock(guard: QueryRunner, waitMs: number): Promise<void> {
  const endsAt = performance.now() + waitMs;
  while (true) {
    await guard.startTransaction();
    // The work may take longer than a transaction usually may. Not every server has all of these limits.
    await guard.query(`
      SELECT set_config(name, '0', true)
        FROM pg_settings
       WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`);
    // Without parameters: after a statement with some, the server keeps its snapshot, and a builder of an index would wait
    // for that, too.
    const rows: { locked: boolean }[] = await guard.query(
      `SELECT pg_try_advisory_xact_lock(${SCHEMA_LOCK}) AS locked`,
    );
    if (rows[0]!.locked) return;
    await guard.rollbackTransaction();
    if (performance.now() >= endsAt) {
      throw new SchemaBusy(
        `another process has been changing its schema for ${Math.round(waitMs / 1000)} s (MIGRATION_LOCK_TIMEOUT_MS)`,
      );
    }
    await sleep(LOOK_INTERVAL_MS);
  }
}
