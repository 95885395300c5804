import { chmod, chown, copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DataSourceRole } from '../../src/store/connection/data-source.js';
import { databaseErrorKind } from '../../src/store/connection/sqlstate.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Pools whose URL lists servers. Two proxies to one database, which go down and come back, stand for two servers. */
let database: TestDatabase;
let first: TcpProxy;
let second: TcpProxy;
let both: string;
const sources: DataSource[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  const [a, b] = [await TcpProxy.start(database.url), await TcpProxy.start(database.url)];
  first = a.proxy;
  second = b.proxy;
  both = withoutQuery(a.url).replace(/@([^/]+)/, (_, host) => `@${host},${new URL(b.url).host}`);
});
afterEach(async () => {
  first.comeBack();
  second.comeBack();
  await setDatabase('RESET ALL');
  await Promise.all(sources.splice(0).map((source) => source.destroy()));
});
afterAll(async () => {
  await first?.close();
  await second?.close();
  await database?.drop();
});

function withoutQuery(url: string): string {
  return url.replace(/\?.*/, '');
}

/** Works also in a session that began while the database was read-only. */
async function change(what: string): Promise<void> {
  await database.query(`SET transaction_read_only = off; ${what}`);
}

/** For sessions that begin from now on. */
async function setDatabase(what: string): Promise<void> {
  await change(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} ${what}`);
}

async function open(parameters = '', role?: DataSourceRole, limits = {}): Promise<DataSource> {
  const source = await openDataSource(`${both}${parameters}`, limits, role);
  sources.push(source);
  return source;
}

async function faultOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: Error) => `${databaseErrorKind(error)}: ${error.message}`,
  );
}

/** Makes `pg_is_in_recovery` answer as on a standby. These tests need nothing else of one. */
async function becomeStandby(): Promise<void> {
  await change('CREATE SCHEMA IF NOT EXISTS standby');
  await change(
    `CREATE OR REPLACE FUNCTION standby.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true`,
  );
  await setDatabase('SET search_path = standby, pg_catalog, public');
}

describe('which server', () => {
  test('the first that can be reached, and another when that is gone', async () => {
    first.goDown();
    const source = await open();
    expect(await faultOf(source.query('SELECT 1'))).toBe('none');
    first.comeBack();
    second.goDown();
    // The connection is lost, and the next one goes to the other server.
    await faultOf(source.query('SELECT 1'));
    expect(await faultOf(source.query('SELECT 1'))).toBe('none');
  });

  test.each<[string, DataSourceRole, string, RegExp | 'none']>([
    ['is there', 'changes', 'any', 'none'],
    ['is there', 'changes', 'read-write', 'none'],
    ['is there', 'reads', 'read-write', 'none'],
    ['is there', 'changes', 'primary', 'none'],
    ['is there', 'reads', 'prefer-standby', 'none'],
    [
      'is there',
      'reads',
      'standby',
      /^unavailable: no server is standby: .*:\d+ is a primary; .*:\d+ is a primary$/,
    ],
    ['is read-only', 'changes', 'any', 'none'],
    ['is read-only', 'changes', 'primary', 'none'],
    ['is read-only', 'changes', 'read-only', 'none'],
    [
      'is read-only',
      'changes',
      'read-write',
      /^unavailable: no server is read-write: .* is read-only; .* is read-only$/,
    ],
    ['is a standby', 'reads', 'standby', 'none'],
    ['is a standby', 'reads', 'prefer-standby', 'none'],
    ['is a standby', 'reads', 'read-write', /^unavailable: no server is read-write: .* is a standby/],
    ['is a standby', 'changes', 'primary', /^unavailable: no server is primary: .* is a standby/],
  ])('one that %s, for %s that want %s: %s', async (state, role, wanted, expected) => {
    if (state === 'is read-only') await setDatabase('SET default_transaction_read_only = on');
    if (state === 'is a standby') await becomeStandby();
    const opened = faultOf(open(`?target_session_attrs=${wanted}`, role));
    if (expected === 'none') expect(await opened).toBe('none');
    else expect(await opened).toMatch(expected);
  });
});

describe('a server that changes', () => {
  const backends = (): Promise<{ pid: number }[]> =>
    database.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast'`,
    );

  test('read-only: the statement fails as unavailable, and no connection is used again', async () => {
    const source = await open('?target_session_attrs=read-write', 'changes', { poolConnectionsMax: 3 });
    await Promise.all([1, 2, 3].map(() => source.query('SELECT pg_sleep(0.05)')));
    const before = (await backends()).map(({ pid }) => pid);
    expect(before).toHaveLength(3);
    const write = source.query('BEGIN READ ONLY; CREATE TABLE never (); COMMIT');
    expect(await faultOf(write)).toMatch(/^unavailable: cannot execute CREATE TABLE in a read-only/);
    const [{ pid }] = await source.query('SELECT pg_backend_pid() AS pid');
    expect(before).not.toContain(pid);
  });

  test('silent: all connections to it are given up with the first', async () => {
    const limits = { poolConnectionsMax: 3, statementTimeoutMs: 100 };
    const source = await open('', 'changes', limits);
    await Promise.all([1, 2, 3].map(() => source.query('SELECT pg_sleep(0.02)')));
    const before = (await backends()).map(({ pid }) => pid);
    void first.failNext('SELECT 11', 'swallow');
    expect(await faultOf(source.query('SELECT 11'))).toMatch(/^unavailable/);
    const [{ pid }] = await source.query('SELECT pg_backend_pid() AS pid');
    expect(before).not.toContain(pid);
  });

  test('silent on one connection, while others have answers: this one is given up', async () => {
    const source = await open('', 'changes', { poolConnectionsMax: 2, statementTimeoutMs: 100 });
    void first.failNext('SELECT 12', 'swallow');
    const fault = faultOf(source.query('SELECT 12'));
    const [{ pid }] = await source.query('SELECT pg_backend_pid() AS pid');
    const silent = (await backends()).map((backend) => backend.pid).filter((one) => one !== pid);
    let ended = false;
    void fault.then(() => {
      ended = true;
    });
    while (!ended) {
      await source.query('SELECT 1');
      await sleep(50);
    }
    expect(await fault).toMatch(/^unavailable/);
    const used = await Promise.all(
      [1, 2].map(() => source.query('SELECT pg_backend_pid() AS pid, pg_sleep(0.05)')),
    );
    const pids = used.map(([row]) => row.pid);
    expect(pids).toContain(pid);
    expect(pids).not.toContain(silent[0]);
  });
});

test('options of the URL are added to those of the service, and replace none', async () => {
  const options = encodeURIComponent('-c default_transaction_read_only=off -c work_mem=5MB');
  const source = await open(`?options=${options}`, 'reads');
  expect(
    await source.query(
      `SELECT current_setting('default_transaction_read_only') AS read_only, current_setting('work_mem') AS work_mem`,
    ),
  ).toEqual([{ read_only: 'on', work_mem: '5MB' }]);
});

describe('TLS', () => {
  const tls = (file: string): string => fileURLToPath(new URL(`../support/tls/${file}`, import.meta.url));

  /** The server must own its key. */
  beforeAll(async () => {
    const [{ folder }] = (await database.query(`SELECT current_setting('data_directory') AS folder`)) as [
      { folder: string },
    ];
    const { uid, gid } = await stat(folder);
    for (const file of ['server.crt', 'server.key']) {
      await copyFile(tls(file), join(folder, file));
      await chown(join(folder, file), uid, gid);
      await chmod(join(folder, file), 0o600);
    }
    await database.query('ALTER SYSTEM SET ssl = on');
    await database.query('SELECT pg_reload_conf()');
  });
  afterAll(async () => {
    await database.query('ALTER SYSTEM RESET ssl');
    await database.query('SELECT pg_reload_conf()');
  });

  test.each<[string, string | RegExp]>([
    ['sslmode=disable', 'cleartext'],
    ['sslmode=require', 'TLS'],
    [`sslmode=require&sslrootcert=${tls('ca.crt')}`, 'TLS'],
    [`sslmode=require&sslrootcert=${tls('stranger.crt')}`, /unable to verify|self-signed/],
    [`sslmode=verify-ca&sslrootcert=${tls('ca.crt')}`, 'TLS'],
    [`sslmode=verify-full&sslrootcert=${tls('ca.crt')}`, 'TLS'],
    [`sslmode=verify-full&sslrootcert=${tls('stranger.crt')}`, /unable to verify|self-signed/],
    ['sslmode=verify-full', /unable to verify|self-signed/],
    // The certificate is for localhost and 127.0.0.1. This is another address of the same machine.
    [`host=127.0.0.2&sslmode=verify-ca&sslrootcert=${tls('ca.crt')}`, /ECONNREFUSED|TLS/],
  ])('%s: %s', async (parameters, expected) => {
    const url = `${withoutQuery(database.url)}?${parameters}`;
    const opened = await openDataSource(url, {}, 'changes').then(
      async (source) => {
        sources.push(source);
        const [{ ssl }] = await source.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
        return ssl === true ? 'TLS' : 'cleartext';
      },
      (error: Error) => error.message,
    );
    expect(opened).toMatch(expected);
  });
});
