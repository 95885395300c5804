import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditCommand } from '../../src/cli/audit.js';
import { migrateCommand } from '../../src/cli/migrate.js';
import { findPooler } from '../../src/store/connection/pooler.js';
import { type Credentials, startAppOn, type TestApp } from '../support/app.js';
import { openCaller } from '../support/callers.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type PgBouncer, pgBouncerVersion, startPgBouncer } from '../support/pgbouncer.js';
import { onDatabase, until } from '../support/process.js';

const version = pgBouncerVersion();

test('without PgBouncer, an address is the server’s own', async () => {
  const database = await createTestDatabase();
  expect(await findPooler(database.url, 5000)).toBeUndefined();
  await database.drop();
});

/** Skipped where PgBouncer is not installed (Debian: `pgbouncer`); the name of the tests then says so. */
describe.skipIf(version === undefined)(
  `through PgBouncer ${version ?? '(not installed)'}, by transactions`,
  () => {
    let database: TestDatabase;
    let pooler: PgBouncer;
    let service: TestApp;
    let merchant: Credentials;
    beforeAll(async () => {
      database = await createTestDatabase();
      pooler = await startPgBouncer(database.url);
      service = await startAppOn(database, { DATABASE_URL: pooler.url, POOL_CONNECTIONS_MAX: '10' });
      merchant = await service.createMerchant();
      await service.seed(merchant.merchantId, { id: 'inv_1', onHandQty: 1000, reservedQty: 0 });
    });
    afterAll(async () => {
      await service?.close();
      await pooler?.close();
      await database?.drop();
    });

    test('it is recognised, and whether it keeps prepared statements', async () => {
      expect(await findPooler(pooler.url, 5000)).toEqual({ keepsStatements: false });
      if (Number(version!.split('.')[1]) < 21) return;
      const keeping = await startPgBouncer(database.url, ['max_prepared_statements = 100']);
      expect(await findPooler(keeping.url, 5000)).toEqual({ keepsStatements: true });
      await keeping.close();
    });

    test('calls, reads and the audit succeed', async () => {
      const caller = openCaller('gRPC', service, merchant);
      const calls = Array.from({ length: 100 }, (_, i) => i);
      const answers = await Promise.all(
        calls.map((i) =>
          i % 4 === 3
            ? caller.ask('GetInventory', { id: 'inv_1' })
            : caller.ask('Reserve', { id: 'inv_1', qty: 1, reference: `order-${i % 7}` }),
        ),
      );
      caller.close();
      expect(answers.filter(({ kind }) => kind !== 'ok')).toEqual([]);
      expect(await auditCommand(onDatabase(pooler.url), { repair: false })).toMatchObject({ exitCode: 0 });
    });

    test('each transaction has its settings, and leaves nothing behind', async () => {
      const shown = await service.app.dataSource.query(
        "SELECT current_setting('statement_timeout') AS s, current_setting('lock_timeout') AS l, current_setting('enable_seqscan') AS p",
      );
      expect(shown).toEqual([{ s: '10s', l: '2s', p: 'off' }]);
      const client = new pg.Client({ connectionString: pooler.url });
      await client.connect();
      const { rows } = await client.query(
        `SELECT current_setting('statement_timeout') AS s, current_setting('enable_seqscan') AS p,
              (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
              (SELECT count(*)::int FROM pg_listening_channels()) AS listening,
              (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`,
      );
      await client.end();
      expect(rows).toEqual([{ s: '0', p: 'on', prepared: 0, listening: 0, locks: 0 }]);
    });

    test('LISTEN_DATABASE_URL leads past it; without it, nobody listens', async () => {
      const listening = (): Promise<unknown[]> =>
        database.query(
          `SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast-changes' AND query LIKE '%LISTEN%'`,
        );
      expect(await listening()).toEqual([]);
      const other = await startAppOn(database, {
        DATABASE_URL: pooler.url,
        LISTEN_DATABASE_URL: database.url,
      });
      await until('LISTEN', async () => (await listening()).length === 1);
      await other.close();
    });

    test('killed and started again under load: nothing acknowledged is lost, and calls go on', async () => {
      await service.seed(merchant.merchantId, { id: 'inv_2', onHandQty: 1_000_000, reservedQty: 0 });
      const acknowledged: string[] = [];
      let isOver = false;
      const calling = Array.from({ length: 6 }, async (_, n) => {
        const caller = openCaller('gRPC', service, merchant);
        for (let i = 0; !isOver; i++) {
          const reference = `load-${n}-${i}`;
          const request = { id: 'inv_2', qty: 1, reference };
          while ((await caller.ask('Reserve', request, reference)).kind !== 'ok');
          acknowledged.push(reference);
        }
        caller.close();
      });
      await until('calls', () => Promise.resolve(acknowledged.length > 50));
      await pooler.restart(300);
      const before = acknowledged.length;
      await until('calls again', () => Promise.resolve(acknowledged.length > before + 50));
      isOver = true;
      await Promise.all(calling);
      const logged = await database.query<{ reference: string }>(
        "SELECT reference FROM movement_log WHERE inventory_id = 'inv_2' AND reference IS NOT NULL",
      );
      expect(logged.map(({ reference }) => reference).sort()).toEqual(acknowledged.sort());
    });

    test('the schema is not changed through it', async () => {
      const [newest] = await database.query<{ name: string }>(
        'DELETE FROM schema_migrations WHERE id = (SELECT max(id) FROM schema_migrations) RETURNING name',
      );
      await database.query('DROP TABLE schema_compatibility');
      const env = onDatabase(pooler.url);
      await expect(migrateCommand(env)).rejects.toThrow('set MIGRATIONS_DATABASE_URL to the server itself');
      const direct = migrateCommand({ ...env, MIGRATIONS_DATABASE_URL: database.url });
      expect((await direct).data).toEqual({ migrations: [newest!.name] });
    });

    test('options of the URL, which it would refuse or drop, are refused with what to do', async () => {
      const url = `${pooler.url}?options=-c%20work_mem%3D8MB`;
      await expect(auditCommand(onDatabase(url), { repair: false })).rejects.toThrow(/options/);
    });
  },
);
