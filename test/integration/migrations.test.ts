import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { distributeCommand } from '../../src/cli/distribute.js';
import { loadConfig } from '../../src/config.js';
import { openDatabase } from '../../src/database.js';
import { findDrift } from '../../src/store/audit.js';
import { readSpread } from '../../src/store/distribution/spread.js';
import { migrations } from '../../src/store/migrations/index.js';
import { migrate as migrateWithin } from '../../src/store/schema/migrate.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { onDatabase } from '../support/process.js';
import { dumpSchema } from '../support/schema-dump.js';

const golden = fileURLToPath(new URL('../golden/schema.sql', import.meta.url));
const names = migrations.map((migration) => new migration().name);

let database: TestDatabase;
let opened: DataSource[];
beforeEach(async () => {
  database = await createTestDatabase();
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((dataSource) => dataSource.destroy()));
  await database?.drop();
});

const migrate = (dataSource: DataSource) => migrateWithin(dataSource, 30_000);

async function open(): Promise<DataSource> {
  const dataSource = await openDataSource(database.url, { lockTimeoutMs: 100, statementTimeoutMs: 5000 });
  opened.push(dataSource);
  return dataSource;
}

async function empty(): Promise<void> {
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
}

const ran = async (): Promise<string[]> =>
  (await database.query<{ name: string }>('SELECT name FROM schema_migrations ORDER BY id')).map(
    (r) => r.name,
  );

test('the dump in the repository is the schema: UPDATE_GOLDEN=1 npx vitest run migrations rewrites it', async () => {
  const schema = await dumpSchema(database);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, schema);
  expect(schema).toBe(readFileSync(golden, 'utf8'));
});

test('from empty to head', async () => {
  await empty();
  expect(await dumpSchema(database)).toBe('');
  expect(await migrate(await open())).toEqual(names);
  expect(await ran()).toEqual(names);
  expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
});

test('from head to head: nothing to do, and what is stored stays', async () => {
  const dataSource = await open();
  await database.query("INSERT INTO merchants (merchant_id, name) VALUES ('mer_1', 'Kept')");
  expect(await migrate(dataSource)).toEqual([]);
  expect(await migrate(dataSource)).toEqual([]);
  expect(await database.query('SELECT name FROM merchants')).toEqual([{ name: 'Kept' }]);
  expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
});

test('back to empty, step by step, and to head again', async () => {
  const dataSource = await open();
  for (const _ of names) await dataSource.undoLastMigration({ transaction: 'each' });
  expect(await database.query("SELECT relname FROM pg_class WHERE relname = 'stock_levels'")).toEqual([]);
  expect(await migrate(dataSource)).toEqual(names);
  expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
});

describe('several at the same time', () => {
  test.each(['an empty database', 'one at head'])('on %s: each migration runs once', async (state) => {
    if (state === 'an empty database') await empty();
    const sources = await Promise.all(Array.from({ length: 6 }, open));
    const applied = await Promise.all(sources.map(migrate));
    expect(applied.flat()).toEqual(state === 'an empty database' ? names : []);
    expect(await ran()).toEqual(names);
    expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
  });
});

test('one that fails leaves nothing behind, and nobody locked out', async () => {
  await empty();
  await database.query('CREATE TABLE holds (in_the_way int)');
  const dataSource = await open();
  await expect(migrate(dataSource)).rejects.toThrow('already exists');
  const tables = "SELECT relname FROM pg_class WHERE relname IN ('merchants', 'stock_levels', 'holds')";
  expect(await database.query(tables)).toEqual([{ relname: 'holds' }]);
  await database.query('DROP TABLE holds');
  expect(await migrate(await open())).toEqual(names);
});

test('the limits of the connection that migrated are back to what they were', async () => {
  const dataSource = await openDataSource(database.url, { poolConnectionsMax: 2, lockTimeoutMs: 123 });
  opened.push(dataSource);
  await migrate(dataSource);
  const seen = await Promise.all(
    // Two queries at once, so that both connections of the pool are asked.
    [0, 1].map(() => dataSource.query("SELECT current_setting('lock_timeout') AS ms, pg_sleep(0.02)")),
  );
  expect(seen.flat().map((row: { ms: string }) => row.ms)).toEqual(['123ms', '123ms']);
});

test('from the first version to head with rows in every table, however short the service’s own limits', async () => {
  const dataSource = await open();
  for (const _ of names.slice(1)) await dataSource.undoLastMigration();
  expect(await ran()).toEqual(names.slice(0, 1));
  const runner = dataSource.createQueryRunner();
  await runner.query("INSERT INTO merchants (merchant_id, name) VALUES ('mer_1', 'Kept')");
  await runner.query(`
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    SELECT 'mer_1', 'inv_' || n, 10, 4, 2 FROM generate_series(1, 20000) AS n`);
  await runner.query(`
    INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
    SELECT 'mer_1', 'inv_' || n, 'A', 4, 2 FROM generate_series(1, 20000) AS n`);
  await runner.query(`
    INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                              reference, actor, batch_id, logged_at)
    SELECT 'mer_1', 'inv_' || n, r, CASE r WHEN 1 THEN 'RECEIVED' ELSE 'RESERVED' END,
           CASE r WHEN 1 THEN 10 ELSE 0 END, CASE r WHEN 1 THEN 0 ELSE 4 END,
           CASE r WHEN 2 THEN 'A' END, 'ann', gen_random_uuid(), '2026-01-02T03:04:05Z'
      FROM generate_series(1, 20000) AS n, generate_series(1, 2) AS r`);
  await runner.release();

  const limits = { STATEMENT_TIMEOUT_MS: '100', LOCK_TIMEOUT_MS: '50' };
  const config = loadConfig({ DATABASE_URL: database.url, JWT_SECRET: 'x'.repeat(32), ...limits });
  const opened = await openDatabase(config, { info: () => {}, warn: () => {} }, { migrates: true });
  try {
    expect(opened.migrations).toEqual(names.slice(1));
  } finally {
    await opened.close();
  }
  expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
  expect(await findDrift(dataSource, 'mer_1')).toEqual([]);
  const described = await database.query(
    'SELECT count(*)::int AS records, min(created_at) AS first FROM inventory_records WHERE product_id = id',
  );
  expect(described).toEqual([{ records: 20_000, first: new Date('2026-01-02T03:04:05Z') }]);
});

const nextKey = 'CREATE UNIQUE INDEX holds_pkey_next ON holds (merchant_id, reference, inventory_id)';

describe('holds get another key, also where somebody interrupted that', () => {
  test.each([
    ['before its index was built', []],
    [
      'while its index was built',
      [nextKey, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'holds_pkey_next'::regclass"],
    ],
    ['before the key took its index', [nextKey]],
    [
      'before the index that it stands in for was dropped',
      [
        nextKey,
        'ALTER TABLE holds DROP CONSTRAINT holds_pkey, ADD CONSTRAINT holds_pkey PRIMARY KEY USING INDEX holds_pkey_next',
      ],
    ],
  ])('%s', async (_, before) => {
    const dataSource = await open();
    await dataSource.undoLastMigration();
    await database.query(`
      INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
      SELECT 'mer_1', 'inv_' || n, 'A', 4, 2 FROM generate_series(1, 1000) AS n`);
    for (const statement of before) await database.query(statement);
    expect(await migrate(dataSource)).toEqual(names.slice(-1));
    expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
    expect(await database.query('SELECT count(*)::int AS holds FROM holds')).toEqual([{ holds: 1000 }]);
  });
});

describe('tables of a cluster, on one PostgreSQL', () => {
  test('are all local, in the order in which they would be distributed', async () => {
    const spread = await readSpread(await open());
    expect(spread.map(({ table, spread, wanted }) => `${table}: ${spread}, ${wanted}`)).toEqual([
      'merchants: local, replicated',
      'api_keys: local, replicated',
      'stock_levels: local, by merchant',
      'holds: local, by merchant',
      'idempotency_keys: local, by merchant',
      'import_lines: local, by merchant',
      'imports: local, by merchant',
      'inventory_records: local, by merchant',
      'log_carried: local, by merchant',
      'log_prunes: local, by merchant',
      'movement_log: local, by merchant',
      'order_carried: local, by merchant',
    ]);
  });

  test('distribute refuses, and changes nothing', async () => {
    const distributing = () => distributeCommand(onDatabase(database.url), { shards: '32' });
    await expect(distributing()).rejects.toThrow(
      'the database cannot be used: it does not have the extension citus; on one PostgreSQL, there is nothing to distribute',
    );
    expect(await dumpSchema(database)).toBe(readFileSync(golden, 'utf8'));
  });
});
