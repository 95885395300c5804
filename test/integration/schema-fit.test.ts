import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.js';
import { auditCommand } from '../../src/cli/audit.js';
import { migrateCommand } from '../../src/cli/migrate.js';
import { loadConfig } from '../../src/config.js';
import { migrations } from '../../src/store/migrations/index.js';
import { withSchemaLock } from '../../src/store/schema/schema-lock.js';
import { raiseMark } from '../../src/store/schema/schema-mark.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Session } from '../support/engine-stage.js';
import { onDatabase } from '../support/process.js';
import { dumpSchema } from '../support/schema-dump.js';

const names = migrations.map((migration) => new migration().name);
const newest = names.at(-1)!;

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const env = (settings = {}) => onDatabase(database.url, { LOG_LEVEL: 'silent', ...settings });
const command = () => auditCommand(env(), { repair: false });
const migrate = (settings = {}) => migrateCommand(env(settings)).then(({ data }) => data);
/** Starts a service, and ends it. */
const serve = async (settings = {}): Promise<string> => {
  const app = await createApp(loadConfig(env(settings)));
  await app.close();
  return 'served';
};

async function empty(): Promise<void> {
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
}
const forget = (name: string) => database.query('DELETE FROM schema_migrations WHERE name = $1', [name]);
const isFromLater = () =>
  database.query(
    `INSERT INTO schema_migrations ("timestamp", name) VALUES (9990000000000, 'Later9990000000000')`,
  );

describe('a schema that is too old', () => {
  test('no tables: the service and the commands say what to do, and create none', async () => {
    await empty();
    const said = 'the database cannot be used: it has no tables yet: run holdfast migrate';
    await expect(serve()).rejects.toThrow(said);
    await expect(command()).rejects.toThrow(said);
    expect(await dumpSchema(database)).toBe('');
  });

  test('a migration is missing: the same, by name', async () => {
    await forget(newest);
    const said = `its schema is older than this version, by ${newest}: run holdfast migrate`;
    await expect(serve()).rejects.toThrow(said);
    await expect(command()).rejects.toThrow(said);
  });

  test('holdfast migrate applies what is missing, once', async () => {
    await empty();
    expect(await migrate()).toEqual({ migrations: names });
    expect(await migrate()).toEqual({ migrations: [] });
    expect(await command()).toMatchObject({ exitCode: 0 });
  });

  test('so does a service with MIGRATE_ON_START=on', async () => {
    await empty();
    expect(await serve({ MIGRATE_ON_START: 'on' })).toBe('served');
    expect(await migrate()).toEqual({ migrations: [] });
  });

  test('it is migrated over MIGRATIONS_DATABASE_URL, if that is given', async () => {
    await empty();
    const nowhere = 'postgres://127.0.0.1:1/nowhere';
    await expect(migrate({ MIGRATIONS_DATABASE_URL: nowhere })).rejects.toThrow('ECONNREFUSED');
    expect(await migrate({ MIGRATIONS_DATABASE_URL: database.url })).toEqual({ migrations: names });
  });
});

describe('a schema that is newer', () => {
  test('lets versions run that its mark allows', async () => {
    await isFromLater();
    expect(await serve()).toBe('served');
    expect(await migrate()).toEqual({ migrations: [] });
  });

  test('refuses all other versions', async () => {
    await isFromLater();
    const dataSource = await openDataSource(database.url);
    await raiseMark(dataSource, { oldestMigration: 9_990_000_000_000, because: 'holds have no owner' });
    // A mark is never lowered.
    await raiseMark(dataSource, { oldestMigration: 1, because: 'it was made by version 0.2.0' });
    await dataSource.destroy();
    const said = 'this binary is older than the schema (holds have no owner): run a newer version';
    await expect(serve({ MIGRATE_ON_START: 'on' })).rejects.toThrow(said);
    await expect(migrate()).rejects.toThrow(said);
    await expect(command()).rejects.toThrow(said);
  });
});

describe('one at a time', () => {
  test('a second one waits, and gives up; the lock ends with its transaction', async () => {
    await forget(newest);
    await database.query('DROP TABLE schema_compatibility');
    const holder = await openDataSource(database.url);
    let release = (): void => {};
    let locked = (): void => {};
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const held = withSchemaLock(holder, 100, async () => {
      locked();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await isLocked;
    await expect(migrate({ MIGRATION_LOCK_TIMEOUT_MS: '100' })).rejects.toThrow(
      'another process has been changing its schema for 0 s (MIGRATION_LOCK_TIMEOUT_MS)',
    );
    release();
    await held;
    await holder.destroy();
    expect(await migrate()).toEqual({ migrations: [newest] });
    expect(await database.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")).toEqual([]);
  });

  test('a table that others keep locked: it lets them pass, and gives up', async () => {
    const [, , , , , , carried] = names;
    await forget(carried!);
    await database.query('DROP TABLE log_prunes, order_carried, log_carried');
    const session = await Session.open(database.url);
    await session.run('BEGIN');
    await session.run('LOCK TABLE movement_log');
    await expect(migrate({ MIGRATION_LOCK_TIMEOUT_MS: '100' })).rejects.toThrow(
      'others keep a table that a migration needs',
    );
    await session.run('COMMIT');
    await session.close();
    expect(await migrate()).toEqual({ migrations: [carried] });
  });
});
