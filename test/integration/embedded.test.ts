import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, inject, test } from 'vitest';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/embedded-postgres/embedded.js';
import { isRunning } from '../support/running.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const asRoot = process.getuid?.() === 0;
const nobody = { uid: idOf('-u'), gid: idOf('-g') };
const nobodyCanEnter =
  spawnSync(process.execPath, ['--version'], { cwd: root, ...nobody }).status === 0 &&
  spawnSync('/bin/ls', ['node_modules/pg/package.json', 'dist/embedded-postgres'], { cwd: root, ...nobody })
    .status === 0;

const folders: string[] = [];
const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) {
    const pid = await postmasterPid(join(folder, 'data'));
    if (pid !== undefined && isRunning(pid)) {
      process.kill(pid, 'SIGQUIT');
      await until(() => !isRunning(pid));
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
});

afterAll(async () => {
  if (template !== undefined) await rm(await template, { recursive: true, force: true });
});

describe('one process', { timeout: 30_000 }, () => {
  test('the second start finds what the first one stored', async () => {
    const dataDir = await freshDataDir();
    const first = await open(dataDir);
    await query(first.url, "CREATE TABLE kept AS SELECT 'before' AS word");
    await first.close();
    expect(await reachable(first.url)).toBe(false);

    const second = await open(dataDir);
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'before' }]);
    await second.close();
  });

  test('only the cluster belongs to the server; secrets are for their owner', async () => {
    const dataDir = await freshDataDir();
    const database = await open(dataDir);
    const mode = async (name: string) => (await stat(join(dataDir, name))).mode & 0o777;
    expect(await mode('.')).toBe(asRoot ? 0o711 : 0o700);
    expect(await mode('postgres')).toBe(0o700);
    expect(await mode('postgres-run')).toBe(0o700);
    expect(await mode('postgres/holdfast.password')).toBe(0o600);
    expect(await mode('postgres-run/server.log')).toBe(0o600);
    for (const name of ['.', 'postgres-run', 'postgres-run/server.log']) {
      expect((await stat(join(dataDir, name))).uid).toBe(process.getuid?.());
    }
    await database.close();
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres-run']);
  });

  test('the server is set up as documented and asks for the password', async () => {
    const database = await open(await usedDataDir());
    const settings = await query(
      database.adminUrl,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'jit', 'listen_addresses',
         'unix_socket_directories', 'max_connections', 'data_checksums', 'server_encoding') ORDER BY name`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      data_checksums: 'on',
      fsync: 'on',
      jit: 'off',
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      server_encoding: 'UTF8',
      unix_socket_directories: '',
    });
    const wrong = new URL(database.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await database.close();
  });

  test('the service has its own role, and gets what the superuser made before', async () => {
    const dataDir = await usedDataDir();
    const first = await open(dataDir);
    expect(await query(first.url, rightsOfRole)).toEqual([
      { user: 'holdfast_service', rolsuper: false, rolcreatedb: false, rolcreaterole: false, owner: true },
    ]);
    await expect(query(first.url, 'CREATE DATABASE mine')).rejects.toMatchObject({ code: '42501' });
    // Before, there was no such role, and everything belonged to the superuser.
    await query(
      first.adminUrl,
      `CREATE TABLE old (id serial PRIMARY KEY); INSERT INTO old DEFAULT VALUES; CREATE TYPE mood AS ENUM ('good');
       CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE alone;
       ALTER DATABASE holdfast OWNER TO holdfast; DROP ROLE holdfast_service`,
    );
    await first.close();

    const second = await open(dataDir);
    expect(await query(second.url, rightsOfRole)).toMatchObject([{ rolsuper: false, owner: true }]);
    const changes =
      "INSERT INTO old DEFAULT VALUES; ALTER TABLE old ADD word text; ALTER TYPE mood ADD VALUE 'bad'";
    await query(second.url, `${changes}; ALTER FUNCTION one() STABLE; ALTER SEQUENCE alone RESTART`);
    expect(await query(second.url, 'SELECT id FROM old')).toEqual([{ id: 1 }, { id: 2 }]);
    await second.close();
  });

  test('the environment of the caller does not reach the server', async () => {
    const dataDir = await usedDataDir();
    const environment = { PGPORT: '1', PGDATA: '/', PGSSLMODE: 'require', LC_ALL: 'xx_YY', LANG: 'de_DE' };
    const holder = await spawnHolder(dataDir, { env: { ...process.env, ...environment } });
    expect(await query(holder.url, 'SHOW lc_messages')).toEqual([{ lc_messages: 'C' }]);
    await holder.leave();
  });

  test('two data folders do not disturb each other', async () => {
    const [one, other] = [await open(await usedDataDir()), await open(await usedDataDir())];
    await query(one.url, 'CREATE TABLE mine ()');
    await one.close();
    expect(await query(other.url, "SELECT to_regclass('mine') AS found")).toEqual([{ found: null }]);
    await other.close();
  });
});

describe('several processes', { timeout: 30_000 }, () => {
  test('the first to leave may be the one that started it; the last one stops it', async () => {
    const dataDir = await usedDataDir();
    const starter = await spawnHolder(dataDir);
    const joiner = await open(dataDir);
    expect(joiner.url).toBe(starter.url);

    await starter.leave();
    expect(await query(joiner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await joiner.close();
    expect(await reachable(joiner.url)).toBe(false);
    expect(await postmasterPid(dataDir)).toBeUndefined();
  });

  test('all at the same time on an empty folder: one cluster, one server, none left behind', async () => {
    const dataDir = await freshDataDir();
    const opened = await Promise.all([spawnHolder(dataDir), ...[1, 2, 3].map(() => open(dataDir))]);
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1);
    await Promise.all(opened.map((each) => ('leave' in each ? each.leave() : each.close())));
    expect(await postmasterPid(dataDir)).toBeUndefined();
    expect(await readdir(join(dataDir, 'postgres-run/holders'))).toEqual([]);
    expect(await readdir(join(dataDir, 'postgres-run/lock'))).toEqual([]);
  });
});

describe('after a crash', { timeout: 30_000 }, () => {
  test('kill -9 of the only process and its group: the server stays and is adopted', async () => {
    const dataDir = await usedDataDir();
    const holder = await spawnHolder(dataDir);
    const before = await postmasterPid(dataDir);
    await holder.killGroup();

    const adopted = await open(dataDir);
    expect(adopted.url).toBe(holder.url);
    expect(await postmasterPid(dataDir)).toBe(before);
    await adopted.close();
    expect(await postmasterPid(dataDir)).toBeUndefined();
  });

  test('kill -9 in the middle of initdb does not block the next start', async () => {
    const dataDir = await freshDataDir();
    const holder = startHolder(dataDir);
    await until(async () => {
      const names = await readdir(dataDir).catch(() => []);
      const half = names.find((name) => name.startsWith('postgres.init-'));
      return half !== undefined && (await readdir(join(dataDir, half, 'cluster')).catch(() => [])).length > 5;
    });
    await holder.killGroup();
    expect(await readdir(dataDir)).not.toContain('postgres');

    const database = await open(dataDir);
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
  });

  test('kill -9 of PostgreSQL while open: it comes back on the same URL with what was committed', async () => {
    const dataDir = await usedDataDir();
    const messages: string[] = [];
    const database = await open(dataDir, messages);
    const witness = await spawnHolder(dataDir);
    await query(database.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    process.kill((await postmasterPid(dataDir))!, 'SIGKILL');

    await until(() => reachable(database.url));
    expect(await query(witness.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
    await until(() => messages.some((message) => message.includes('is running again')));
    await witness.leave();
    await database.close();
    expect(await reachable(database.url)).toBe(false);
  });

  test('a process without a free file descriptor does not take living processes for dead', async () => {
    const holder = await spawnHolder(await usedDataDir(), { env: { ...process.env, HOLDER_LOGS: '1' } });
    const limit = (files: string) => {
      const prlimit = ['--pid', `${holder.child.pid}`, `--nofile=${files}:`];
      expect(spawnSync('prlimit', prlimit).status).toBe(0);
    };
    limit('5');
    const [line] = await once(holder.child.stdout, 'data');
    limit('1000');
    expect(String(line)).toMatch(/^cannot find out whether the embedded PostgreSQL is running: EMFILE/);
    await holder.leave();
  });

  test('a backend that outlives PostgreSQL is waited for', async () => {
    const dataDir = await usedDataDir();
    const database = await open(dataDir);
    const busy = query(
      database.url,
      'DO $$ DECLARE until timestamptz := clock_timestamp() + interval $i$2 s$i$; BEGIN WHILE clock_timestamp() < until LOOP END LOOP; END $$',
    ).catch(() => undefined);
    await sleep(300);
    process.kill((await postmasterPid(dataDir))!, 'SIGKILL');
    await busy;
    await until(() => reachable(database.url));
    expect(await readFile(join(dataDir, 'postgres-run/server.log'), 'utf8')).toContain('still in use');
    await database.close();
  });

  test.each([
    ['names a stranger that lives', ({ stranger, cluster }: Pids) => pidFile(stranger, cluster)],
    ['names a zombie', ({ zombie, cluster }: Pids) => pidFile(zombie, cluster)],
    ['names a process that is gone', ({ cluster }: Pids) => pidFile(2 ** 22 + 1, cluster)],
    ['is empty', () => ''],
  ])('postmaster.pid %s', async (_, text) => {
    const dataDir = await usedDataDir();
    const cluster = join(dataDir, 'postgres');
    const { uid, gid } = await stat(cluster);
    // With the same account: PostgreSQL itself only recognises processes of other accounts as strangers.
    const child = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      ...(asRoot ? { uid, gid } : {}),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const stranger = child.pid!;
    const zombie = Number(String((await once(child.stdout, 'data'))[0]));
    const path = join(dataDir, 'postgres/postmaster.pid');
    await writeFile(path, text({ stranger, zombie, cluster }), { mode: 0o600 });
    if (asRoot) await chown(path, uid, gid);

    const database = await open(dataDir);
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.close();
    expect(isRunning(stranger)).toBe(true);
  });

  test('tickets and registrations of dead processes, their pids given to others, block nobody', async () => {
    const dataDir = await usedDataDir();
    const holder = await spawnHolder(dataDir);
    await holder.killGroup();
    await symlink(`${process.pid} long-ago`, join(dataDir, 'postgres-run/lock/7'));
    await symlink(`${process.pid} long-ago 1`, join(dataDir, 'postgres-run/holders/other'));

    const database = await open(dataDir);
    await database.close();
    expect(await postmasterPid(dataDir)).toBeUndefined();
    expect(await readdir(join(dataDir, 'postgres-run/holders'))).toEqual([]);
  });
});

describe('accounts', { timeout: 30_000 }, () => {
  test.skipIf(!asRoot)('root, below a folder that only root may enter', async () => {
    const dataDir = await freshDataDir();
    await chmod(join(dataDir, '..'), 0o700);
    for (const round of [1, 2]) {
      const database = await open(dataDir);
      expect(await query(database.url, 'SELECT $1::int AS round', [round])).toEqual([{ round }]);
      await database.close();
    }
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0);
  });

  test.skipIf(!asRoot)('root, with a cluster that was restored as root', async () => {
    const dataDir = await usedDataDir();
    await (await open(dataDir)).close();
    spawnSync('chown', ['-R', '0:0', join(dataDir, 'postgres')]);
    const database = await open(dataDir);
    expect(await reachable(database.url)).toBe(true);
    await database.close();
  });

  test.skipIf(!asRoot || !nobodyCanEnter)('an ordinary user, and root as a guest at that user', async () => {
    const dataDir = await freshDataDir();
    await chown(join(dataDir, '..'), nobody.uid, nobody.gid);
    const user = await spawnHolder(dataDir, nobody);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(nobody.uid);
    const guest = await open(dataDir);
    expect(guest.url).toBe(user.url);
    await user.leave();
    await guest.close();

    await (await open(dataDir)).close();
    await (await spawnHolder(dataDir, nobody)).leave();
    expect(await postmasterPid(dataDir)).toBeUndefined();
  });
});

const rightsOfRole = `
  SELECT current_user AS user, rolsuper, rolcreatedb, rolcreaterole, d.datdba = r.oid AS owner
    FROM pg_roles r, pg_database d
   WHERE rolname = current_user AND datname = current_database()`;

let template: Promise<string> | undefined;

/** A folder with a database in it. Creating one takes long, and most tests are not about that. */
async function usedDataDir(): Promise<string> {
  template ??= (async () => {
    const folder = await mkdtemp(join(inject('runFolder'), 'holdfast-embedded-'));
    await (await open(join(folder, 'data'))).close();
    return folder;
  })();
  const dataDir = await freshDataDir();
  expect(spawnSync('cp', ['-a', join(await template, 'data'), dataDir]).status).toBe(0);
  return dataDir;
}

async function freshDataDir(): Promise<string> {
  const folder = await mkdtemp(join(inject('runFolder'), 'holdfast-embedded-'));
  folders.push(folder);
  await chmod(folder, 0o755);
  return join(folder, 'data');
}

function open(dataDir: string, messages: string[] = []): Promise<EmbeddedDatabase> {
  return openEmbeddedDatabase({ dataDir, log: (message) => messages.push(message) });
}

const holderProgram = `
  const log = process.env.HOLDER_LOGS ? console.log : () => {};
  const { openEmbeddedDatabase } = await import(process.argv[1]);
  const database = await openEmbeddedDatabase({ dataDir: process.argv[2], log });
  process.stdin.resume().once('end', () => database.close());
  console.log(database.url);
`;

interface HolderOptions {
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process of its own that opens the database and leaves when told to. */
function startHolder(dataDir: string, options: HolderOptions = {}) {
  const child = spawn(
    process.execPath,
    [
      ...['--input-type=module', '-e', holderProgram],
      // The compiled file: compiling it here would take far longer than all that the process does.
      ...[new URL('../../dist/embedded-postgres/embedded.js', import.meta.url).href, dataDir],
    ],
    { cwd: root, detached: true, stdio: ['pipe', 'pipe', 'inherit'], ...options },
  );
  children.push(child);
  const exited = once(child, 'exit');
  return {
    child,
    async leave(): Promise<void> {
      child.stdin.end();
      expect(await exited).toEqual([0, null]);
    },
    async killGroup(): Promise<void> {
      process.kill(-child.pid!, 'SIGKILL');
      await exited;
    },
  };
}

async function spawnHolder(dataDir: string, options: HolderOptions = {}) {
  const holder = startHolder(dataDir, options);
  const [line] = await once(holder.child.stdout, 'data');
  return { ...holder, url: String(line).trim() };
}

async function query(url: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function reachable(url: string): Promise<boolean> {
  return query(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

async function postmasterPid(dataDir: string): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Number(text.split('\n')[0]);
}

interface Pids {
  readonly stranger: number;
  readonly zombie: number;
  readonly cluster: string;
}

function pidFile(pid: number, cluster: string): string {
  return [pid, cluster, 1_700_000_000, 5432, '', '127.0.0.1', '  99999   99999', 'ready   ', ''].join('\n');
}

function idOf(flag: string): number {
  return Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await condition()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error('waited in vain');
  }
}
