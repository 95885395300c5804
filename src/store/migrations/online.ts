import type { QueryRunner } from 'typeorm';

/*
 * Steps of a migration that runs next to services under load, for one with `transaction = false`. Each may run again after it
 * was interrupted, or after it waited in vain for a table.
 */

/** Builds an index while others write. Where somebody interrupted that, it is built again. */
export async function createIndexOnline(runner: QueryRunner, name: string, on: string): Promise<void> {
  const [index]: { valid: boolean }[] = await runner.query(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (index?.valid) return;
  // It waits for transactions that were there before it, and nobody waits behind it.
  await runner.query('SET lock_timeout = 0');
  try {
    if (index !== undefined) await runner.query(`DROP INDEX CONCURRENTLY ${name}`);
    await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
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
