import type { QueryRunner } from 'typeorm';
import { readSpread } from '../distribution/spread.js';

/*
 * Steps of a migration that runs next to services under load, for one with `transaction = false`. Each may run again after it
 * was interrupted, or after it waited in vain for a table.
 */

/** Builds an index while others write. Where somebody interrupted that, it is built again. */
export async function createIndexOnline(
  runner: QueryRunner,
  name: string,
  on: string,
  kind: '' | 'UNIQUE' = '',
): Promise<void> {
  const [index]: { valid: boolean }[] = await runner.query(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (index?.valid) return;
  if (index !== undefined) await dropIndexOnline(runner, name);
  await waiting(runner, `CREATE ${kind} INDEX CONCURRENTLY ${name} ON ${on}`);
}

/** Drops an index while others write. */
export async function dropIndexOnline(runner: QueryRunner, name: string): Promise<void> {
  await waiting(runner, `DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
}

/** What runs concurrently waits for transactions that were there before it, and nobody waits behind it. */
async function waiting(runner: QueryRunner, statement: string): Promise<void> {
  await runner.query('SET lock_timeout = 0');
  try {
    await runner.query(statement);
  } finally {
    await runner.query('RESET lock_timeout');
  }
}

/** Adds a rule for rows: at first for those that come, then, while others write, for those that are there. */
export async function addCheckOnline(
  runner: QueryRunner,
  table: string,
  name: string,
  condition: string,
): Promise<void> {
  const there: unknown[] = await runner.query(
    'SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = $2::regclass',
    [name, table],
  );
  if (there.length === 0) {
    await runner.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition}) NOT VALID`);
  }
  await runner.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
}

/**
 * Gives the table a primary key of other columns, or of the same in another order. Its index is built while others write;
 * to take it, the table is locked for a moment. Tables that are distributed are locked while the index is built: Citus
 * takes no index for a key, and there services are stopped while they are upgraded.
 */
export async function replacePrimaryKeyOnline(
  runner: QueryRunner,
  table: string,
  columns: string,
): Promise<void> {
  const key = `${table}_pkey`;
  const [there]: { definition: string }[] = await runner.query(
    'SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE conname = $1 AND conrelid = $2::regclass',
    [key, table],
  );
  if (there?.definition === `PRIMARY KEY (${columns})`) return;
  const spread = await readSpread(runner.manager);
  if (spread.some((one) => one.table === table && one.spread !== 'local')) {
    await runner.startTransaction();
    try {
      await runner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${key}`);
      await runner.query(`ALTER TABLE ${table} ADD CONSTRAINT ${key} PRIMARY KEY (${columns})`);
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    }
    return;
  }
  const index = `${key}_next`;
  await createIndexOnline(runner, index, `${table} (${columns})`, 'UNIQUE');
  await runner.query(`
    ALTER TABLE ${table}
      DROP CONSTRAINT ${key},
      ADD CONSTRAINT ${key} PRIMARY KEY USING INDEX ${index}`);
}
