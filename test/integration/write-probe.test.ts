import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { WriteProbe } from '../../src/store/connection/write-probe.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let database: TestDatabase;
let maintenance: DataSource;
let proxy: TcpProxy;
let calls: DataSource;
let probe: WriteProbe;
beforeAll(async () => {
  database = await createTestDatabase();
  const other = new URL(database.url);
  other.pathname = '/postgres';
  maintenance = await openDataSource(other.toString());
  const started = await TcpProxy.start(database.url);
  proxy = started.proxy;
  calls = await openDataSource(database.url, { poolConnectionsMax: 1 });
  probe = new WriteProbe({
    url: started.url,
    timeoutMs: 500,
    askForCalls: (statement) => calls.query(statement),
    onMoved: () => {},
  });
});
afterAll(async () => {
  await probe?.close();
  await calls?.destroy();
  await proxy?.close();
  await maintenance?.destroy();
  await database?.drop();
});
beforeEach(() => expect(probe.ask()).resolves.toBeUndefined());

const alter = (what: string): Promise<unknown> =>
  maintenance.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} ${what}`);

/** Ends the probe's connection: its next one begins with the current settings. */
const loseOwn = (): Promise<unknown> =>
  maintenance.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'holdfast-readiness'
      AND datname = $1`,
    [new URL(database.url).pathname.slice(1)],
  );

async function untilAsked(expected: string | undefined): Promise<void> {
  await expect.poll(async () => (await probe.ask())?.why, { timeout: 20_000 }).toBe(expected);
}

test('a read-only server', async () => {
  await alter('SET default_transaction_read_only = on');
  await loseOwn();
  await untilAsked('read-only');
  await alter('RESET default_transaction_read_only');
  await untilAsked(undefined);
});

test('a read-only server, where a primary is wanted: connections of calls do not make it one', async () => {
  const particular = new WriteProbe({
    url: `${database.url.replace(/\?.*/, '')}?target_session_attrs=read-write`,
    timeoutMs: 500,
    askForCalls: (statement) => calls.query(statement),
    onMoved: () => {},
  });
  await calls.query('SELECT 1');
  expect(await particular.ask()).toBeUndefined();
  await alter('SET default_transaction_read_only = on');
  await loseOwn();
  await expect.poll(async () => (await particular.ask())?.why, { timeout: 20_000 }).toBe('no primary');
  expect((await particular.ask())?.why).toBe('no primary');
  await alter('RESET default_transaction_read_only');
  await expect.poll(() => particular.ask(), { timeout: 20_000 }).toBeUndefined();
  await particular.close();
});

test('no room on the disk: what is sorted there does not fit', async () => {
  // No setting fills a disk. This limit is the nearest, though its SQLSTATE is another.
  await alter(`SET temp_file_limit = '64kB'`);
  await loseOwn();
  await expect
    .poll(async () => String((await probe.ask())?.error), { timeout: 20_000 })
    .toMatch('temporary file size');
  await alter('RESET temp_file_limit');
  await loseOwn();
  await untilAsked(undefined);
});

test('a COMMIT that does not come to an end', async () => {
  void proxy.failNext('pg_logical_emit_message', 'swallow');
  await untilAsked('does not answer');
  await untilAsked(undefined);
});

test('no connection is left: the database counts as writable as long as calls have connections', async () => {
  await calls.query('SELECT 1');
  await alter('ALLOW_CONNECTIONS false');
  await loseOwn();
  expect([await probe.ask(), await probe.ask()].filter((found) => found?.why === 'unreachable')).toEqual([]);
  await maintenance.query(
    `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'holdfast'`,
    [new URL(database.url).pathname.slice(1)],
  );
  await untilAsked('unreachable');
  await alter('ALLOW_CONNECTIONS true');
  await untilAsked(undefined);
});
