import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { until } from './process.js';

/** A PgBouncer in transaction mode, in front of a test's server. */
export interface PgBouncer {
  /** The same database, through it. */
  readonly url: string;
  /** Kills it, with all connections through it, and starts it again after `awayMs`. */
  restart(awayMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Debian installs it in a folder that is not in everybody's path. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };

/** `1.18`; undefined where none is installed. */
export function pgBouncerVersion(): string | undefined {
  try {
    return /PgBouncer (\d+\.\d+)/.exec(
      execFileSync('pgbouncer', ['--version'], { env, encoding: 'utf8' }),
    )?.[1];
  } catch {
    return undefined;
  }
}

export async function startPgBouncer(
  databaseUrl: string,
  settings: readonly string[] = [],
): Promise<PgBouncer> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const own = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pgbouncer-'));
  const file = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    // Fewer than there are clients, so that clients get connections that others have used.
    'default_pool_size = 3',
    ...settings,
  ];
  writeFileSync(file, lines.join('\n'));
  chmodSync(folder, 0o755);
  // It does not run as root.
  const args = process.getuid?.() === 0 ? ['-u', 'nobody', file] : [file];
  const url = `postgres://${username}@127.0.0.1:${own}${pathname}`;
  const start = (): ChildProcess => spawn('pgbouncer', ['-q', ...args], { env, stdio: 'ignore' });
  let child = start();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  await until('PgBouncer', () => answers(url));
  return {
    url,
    restart: async (awayMs) => {
      await kill();
      await setTimeout(awayMs);
      child = start();
      await until('PgBouncer', () => answers(url));
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
