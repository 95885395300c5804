import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { signToken } from '../src/auth/tokens.js';
import { openEmbeddedDatabase } from '../src/embedded-postgres/embedded.js';
import { Child } from './child.js';
import { compiled } from './compile.js';
import { DatabaseCpu } from './database-cpu.js';
import {
  createPlainDatabase,
  createStockDatabase,
  type Merchant,
  type SideDatabase,
  type StockDatabase,
} from './databases.js';
import type { Addresses } from './sides/service.js';
import type { ServedSide } from './turns.js';

const TOKEN_TTL_SECONDS = 86_400;
/** More than the quiet merchant's callers make, less than a tenth of a flood. */
const RATE_LIMIT = 600;

/** A side that serves callers. */
export interface Served {
  readonly process: Child;
  readonly addresses: Addresses;
  /** Undefined: nothing is stored. */
  readonly database: SideDatabase | undefined;
  /** Credentials, as headers. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A process of the service. */
export type Service = Pick<Served, 'process' | 'addresses'>;

/** One PostgreSQL for the whole run, and on it each side: a database and a process of its own. */
export interface Arena {
  readonly served: Readonly<Record<ServedSide, Served>>;
  readonly holdfast: Holdfast;
  readonly sql: { readonly process: Child; readonly database: StockDatabase };
  readonly generator: Child;
  /** A second one, for callers that flood the service, so that their calls delay no other caller. */
  readonly floodGenerator: Child;
  readonly databaseCpu: DatabaseCpu;
  readonly postgresVersion: string;
}

/** Parts of the service that only some turns need. A process starts when it is first asked for, and stays. */
export interface Holdfast {
  readonly database: StockDatabase;
  /** Credentials of the database's second merchant, as headers. */
  readonly neighbourHeaders: Readonly<Record<string, string>>;
  /** This many processes on the one database; the first is the side's own. */
  processes(count: number): Promise<readonly Service[]>;
  /** One with this many workers. */
  workers(count: number): Promise<Service>;
  /** A process on it that keeps each merchant to RATE_LIMIT calls a second. */
  limited(): Promise<Service>;
}

/** What must be undone, the last first. It grows as things are created, so a failed start undoes what it did. */
export type Cleanup = (() => Promise<unknown>)[];

export async function openArena(cleanup: Cleanup, options: { profile: boolean }): Promise<Arena> {
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
  const server = await openEmbeddedDatabase({ dataDir, log: () => undefined });
  cleanup.push(() => server.close());

  const jwtSecret = randomBytes(32).toString('base64url');
  const keep = <D extends SideDatabase>(database: D): D => {
    cleanup.push(() => database.close());
    return database;
  };
  const stock = async (name: string) => keep(await createStockDatabase(server.adminUrl, name, jwtSecret));
  const child = (name: string, script: string): Child => {
    const started = new Child(name, compiled(script), options);
    cleanup.push(() => started.stop());
    return started;
  };
  const service = async (name: string, database: StockDatabase): Promise<Omit<Served, 'database'>> => {
    const process = child(name, `sides/${name}.js`);
    const addresses = await process.ask<Addresses>('start', { databaseUrl: database.url, jwtSecret });
    return { process, addresses, headers: await credentials(database, jwtSecret) };
  };

  const holdfastDatabase = await stock('bench_holdfast');
  const holdfast = await service('holdfast', holdfastDatabase);
  const startMore: StartMore = async (name, settings = {}) => {
    const process = child(name, 'sides/holdfast.js');
    const start = { databaseUrl: holdfastDatabase.url, jwtSecret, settings };
    return { process, addresses: await process.ask<Addresses>('start', start) };
  };
  const noop = await service('noop', await stock('bench_noop'));
  const plainDatabase = keep(await createPlainDatabase(server.adminUrl, 'bench_plain'));
  const plain = child('plain', 'sides/plain.js');
  const bare = child('bare', 'sides/bare.js');
  return {
    served: {
      holdfast: { ...holdfast, database: holdfastDatabase },
      noop: { ...noop, database: undefined },
      plain: {
        process: plain,
        addresses: await plain.ask<Addresses>('start', { databaseUrl: plainDatabase.url }),
        database: plainDatabase,
        headers: {},
      },
      bare: {
        process: bare,
        addresses: await bare.ask<Addresses>('start'),
        database: undefined,
        // Sent to the other sides, so that each reads a request of the same length.
        headers: noop.headers,
      },
    },
    holdfast: {
      database: holdfastDatabase,
      neighbourHeaders: await credentials(holdfastDatabase.neighbour, jwtSecret),
      ...moreServices(holdfast, startMore),
    },
    sql: { process: child('sql', 'sides/sql.js'), database: await stock('bench_sql') },
    generator: child('generator', 'load/main.js'),
    floodGenerator: child('flood-generator', 'load/main.js'),
    databaseCpu: await DatabaseCpu.of(server.adminUrl),
    postgresVersion: await versionOf(server.adminUrl),
  };
}

type StartMore = (name: string, settings?: Record<string, string>) => Promise<Service>;

/** Each starts when it is first asked for. */
function moreServices(
  first: Service,
  startMore: StartMore,
): Pick<Holdfast, 'processes' | 'workers' | 'limited'> {
  const processes: Service[] = [first];
  const crews = new Map<number, Service>();
  let limited: Service | undefined;
  return {
    processes: async (count) => {
      while (processes.length < count) processes.push(await startMore(`holdfast-${processes.length + 1}`));
      return processes.slice(0, count);
    },
    workers: async (count) => {
      const settings = { WORKERS: `${count}` };
      const crew = crews.get(count) ?? (await startMore(`holdfast-workers-${count}`, settings));
      crews.set(count, crew);
      return crew;
    },
    limited: async () => {
      limited ??= await startMore('holdfast-limited', { MERCHANT_CALLS_PER_SECOND_MAX: `${RATE_LIMIT}` });
      return limited;
    },
  };
}

async function credentials(
  { merchantId, apiKey }: Merchant,
  jwtSecret: string,
): Promise<Record<string, string>> {
  const token = await signToken(
    jwtSecret,
    {
      actor: 'bench',
      merchantId,
      permissions: ['can_update_inventory'],
      ttlSeconds: TOKEN_TTL_SECONDS,
    },
    { issuer: undefined, audience: undefined },
  );
  return { authorization: `Bearer ${token}`, 'x-merchantapikey': apiKey };
}

async function versionOf(serverUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  return rows[0]!.server_version;
}
