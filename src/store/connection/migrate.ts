import type { DataSource } from 'typeorm';

/** An arbitrary number, the same in every Holdfast process. */
const SCHEMA_LOCK = 4_801_653_771;

/** Brings the schema to the newest version; safe when several processes start at once. Returns what it ran. */
export function migrate(dataSource: DataSource): Promise<string[]> {
  return withSchemaLock(dataSource, async () => {
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    return ran.map((migration) => migration.name);
  });
}

/** Runs what changes the schema, in one process at a time. */
export async function withSchemaLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const guard = dataSource.createQueryRunner();
  await guard.connect();
  try {
    // Another process's work may take longer than the usual limit of a statement.
    await guard.query('SET lock_timeout = 0');
    await guard.query('SET statement_timeout = 0');
    await guard.query('SELECT pg_advisory_lock($1)', [SCHEMA_LOCK]);
    try {
      return await work();
    } finally {
      await guard.query('SELECT pg_advisory_unlock($1)', [SCHEMA_LOCK]);
      await guard.query('RESET lock_timeout');
      await guard.query('RESET statement_timeout');
    }
  } finally {
    await guard.release();
  }
}
