import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { readDatabaseTarget } from './database-target.js';
import { DatabaseUnusable } from './database-unusable.js';
import type { EmbeddedDatabase } from './embedded-postgres/embedded.js';
import { ChangeChannel } from './store/connection/change-channel.js';
import { createDataSource, openPool, renewConnections } from './store/connection/data-source.js';
import { findPooler, type Pooler } from './store/connection/pooler.js';
import { SilentNodes } from './store/connection/silent-nodes.js';
import { StallQuestions } from './store/connection/stall-questions.js';
import { WriteProbe } from './store/connection/write-probe.js';
import { readSpread } from './store/distribution/spread.js';
import { migrate } from './store/schema/migrate.js';
import { readSchema, requireFit, requireNotNewer } from './store/schema/schema-fit.js';
import { inTime } from './timing/in-time.js';

export interface Database {
  readonly dataSource: DataSource;
  /** How many nodes of the cluster do not answer, as far as is known; undefined: it is no cluster. */
  readonly silentNodes: { readonly count: number } | undefined;
  /** Migrations applied by this process, by name. */
  readonly migrations: readonly string[];
  /**
   * Opens separate, read-only connections for reads, until `close`. Throws DatabaseUnusable, with everything closed.
   */
  openReads(): Promise<ReadSources>;
  /** A connection of its own, until `close`. */
  openWriteProbe(timeoutMs: number): WriteProbe;
  /** Who waits for whom, until `close`. */
  openStallQuestions(timeoutMs: number): StallQuestions;
  /** Listens for changes from other processes, until `close`. */
  openChanges(onChange: (merchantId: string | undefined) => void): ChangeChannel;
  close(): Promise<void>;
}

export interface ReadSources {
  /** May be behind, where DATABASE_READ_URL leads to a standby. */
  readonly reads: DataSource;
  /** Sees every change that has been acknowledged. */
  readonly fresh: DataSource;
}

/**
 * How long connections may take to close, and busy ones to return to the pool; anything still in progress then is
 * rolled back.
 */
const END_TIMEOUT_MS = 2000;

/** Watches check for themselves in the meantime. */
const CHANGES_RECONNECT_INTERVAL_MS = 1000;

/**
 * Connects to DATABASE_URL, or to the embedded PostgreSQL of DATA_DIR. Refuses a schema that does not fit this version; with
 * `migrates`, it brings the schema up to date before.
 */
export async function openDatabase(
  config: Config,
  log: DatabaseLog,
  { migrates = false }: { readonly migrates?: boolean } = {},
): Promise<Database> {
  for (const [name, url] of Object.entries({
    DATABASE_URL: config.databaseUrl,
    DATABASE_READ_URL: config.databaseReadUrl,
    MIGRATIONS_DATABASE_URL: config.migrationsDatabaseUrl,
    LISTEN_DATABASE_URL: config.listenDatabaseUrl,
  })) {
    const tls = url === undefined ? undefined : readDatabaseTarget(url).tls;
    if (tls && tls.rejectUnauthorized === false) {
      log.warn(`${name}: the server's certificate is not checked; sslmode=verify-full checks it`);
    }
  }
  try {
    return await open(config, log, migrates);
  } catch (error) {
    throw new DatabaseUnusable(error);
  }
}

interface DatabaseLog {
  info(message: string): void;
  warn(message: string): void;
}

async function open(config: Config, log: DatabaseLog, migrates: boolean): Promise<Database> {
  const embedded = config.databaseUrl === undefined ? await openEmbedded(config, log) : undefined;
  const url = config.databaseUrl ?? embedded!.url;
  let closing = false;
  const onLoss = (error: Error): void => {
    // A pool has ended before the server has read the last message of each connection, and the server may stop first.
    if (!closing) log.warn(`a database connection was lost: ${error.message}`);
  };
  const role = config.batchScope === 'merchant' ? 'changes_of_merchant' : 'changes';
  const pooler = embedded === undefined ? await findPooler(url, config.limits.connectTimeoutMs) : undefined;
  if (pooler !== undefined) tellPooler(pooler, log);
  const poolerAt = async (address: string): Promise<Pooler | undefined> =>
    address === url ? pooler : findPooler(address, config.limits.connectTimeoutMs);
  const dataSource = createDataSource(url, config.limits, onLoss, role, pooler);
  const opened = [dataSource];
  const closables: Closable[] = [];
  const silentNodes =
    role === 'changes' ? undefined : kept(closables, watchNodes(url, config.limits.connectTimeoutMs, log));
  silentNodes?.guard(dataSource);
  const openReads = async (): Promise<ReadSources> => {
    const limits = { ...config.limits, poolConnectionsMax: config.limits.readPoolConnectionsMax };
    const source = async (from: string): Promise<DataSource> => {
      const between = await poolerAt(from);
      const reads = kept(opened, createDataSource(from, limits, onLoss, 'reads', between));
      // A standby of the coordinator may read from standbys of the nodes.
      if (from === url) silentNodes?.guard(reads);
      return openPool(reads, limits);
    };
    return openReadSources(url, config.databaseReadUrl, source).catch(async (error) => {
      await close();
      throw new DatabaseUnusable(error);
    });
  };
  const onMoved = (): void => renewAll(opened, closables);
  const openWriteProbe: Database['openWriteProbe'] = (timeoutMs) =>
    kept(
      closables,
      new WriteProbe({ url, timeoutMs, askForCalls: (statement) => dataSource.query(statement), onMoved }),
    );
  const openStallQuestions = (ms: number) => kept(closables, new StallQuestions(url, ms));
  const openChanges: Database['openChanges'] = (onChange) =>
    kept(closables, openChannel(config, url, log, { onChange, onError: onLoss }));
  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all(closables.map((one) => ended(one.close())));
    await Promise.all(opened.filter((pool) => pool.isInitialized).map((pool) => ended(pool.destroy())));
    await embedded?.close();
  };
  try {
    await openPool(dataSource, config.limits);
    const ran = migrates
      ? await bringUpToDate(dataSource, config.migrationsDatabaseUrl ?? url, config, onLoss, poolerAt)
      : [];
    requireFit(await readSchema(dataSource));
    return {
      dataSource,
      silentNodes,
      migrations: ran,
      openReads,
      openWriteProbe,
      openStallQuestions,
      openChanges,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const NO_STATEMENTS =
  'DATABASE_URL leads to a pooler that does not keep prepared statements, so each is planned again; PgBouncer 1.21 or newer does, with max_prepared_statements';
const NO_LISTEN =
  'a pooler does not pass on what LISTEN hears: watches see what other processes change after WATCH_LOOK_MS, unless LISTEN_DATABASE_URL leads to the server itself';

function openChannel(
  { listenDatabaseUrl, limits }: Config,
  url: string,
  log: DatabaseLog,
  on: Pick<ConstructorParameters<typeof ChangeChannel>[0], 'onChange' | 'onError'>,
): ChangeChannel {
  const channel = new ChangeChannel({
    url: listenDatabaseUrl ?? url,
    connectTimeoutMs: limits.connectTimeoutMs,
    reconnectIntervalMs: CHANGES_RECONNECT_INTERVAL_MS,
    onPooler: () => log.warn(NO_LISTEN),
    ...on,
  });
  channel.open();
  return channel;
}

function watchNodes(url: string, connectTimeoutMs: number, log: DatabaseLog): SilentNodes {
  const onChange = (node: string, isSilent: boolean): void => {
    if (isSilent)
      log.warn(
        `the cluster's node ${node} does not answer: calls of its merchants are refused until it does`,
      );
    else log.info(`the cluster's node ${node} answers again`);
  };
  return new SilentNodes({ url, connectTimeoutMs, onChange });
}

function tellPooler({ keepsStatements }: Pooler, log: DatabaseLog): void {
  if (keepsStatements) log.info('DATABASE_URL leads to a pooler that keeps prepared statements');
  else log.warn(NO_STATEMENTS);
}

/** Loaded only if it is needed: it is a large part of what a short command would load. */
async function openEmbedded({ dataDir }: Config, log: DatabaseLog): Promise<EmbeddedDatabase> {
  const { openEmbeddedDatabase } = await import('./embedded-postgres/embedded.js');
  return openEmbeddedDatabase({ dataDir, log: (message) => log.info(message) });
}

interface Closable {
  close(): Promise<void>;
  renew?(why: string): void;
}

function renewAll(pools: readonly DataSource[], others: readonly Closable[]): void {
  const why = 'the primary is another server';
  for (const pool of pools) renewConnections(pool, why);
  for (const one of others) one.renew?.(why);
}

function kept<T extends L, L>(list: L[], one: T): T {
  list.push(one);
  return one;
}

async function openReadSources(
  url: string,
  readUrl: string | undefined,
  open: (url: string) => Promise<DataSource>,
): Promise<ReadSources> {
  const fresh = await open(url);
  if (readUrl === undefined) return { reads: fresh, fresh };
  const reads = await open(readUrl).catch((cause) => {
    throw new Error(`DATABASE_READ_URL: ${(cause as Error).message}`, { cause });
  });
  return { reads, fresh };
}

/**
 * For the service, and all commands but those that make and distribute the tables. Throws DatabaseUnusable where
 * transactions of this scope cannot run, or where only some tables are distributed.
 */
export async function requireScope(
  { dataSource }: Database,
  { batchScope }: Pick<Config, 'batchScope'>,
): Promise<void> {
  const tables = await readSpread(dataSource);
  if (tables.every(({ spread }) => spread === 'local')) return;
  const unusable = (fault: string): Error => new DatabaseUnusable(new Error(fault));
  if (tables.some(({ spread, wanted }) => spread !== wanted)) {
    throw unusable('some of its tables are not distributed: stop all services and run holdfast distribute');
  }
  if (batchScope === 'any') throw unusable('its tables are distributed: set BATCH_SCOPE=merchant');
}

/** Migrating a lot of data takes time. */
const MIGRATION_TIMEOUT_MS = 24 * 3600 * 1000;
/** While a migration waits for a table, everybody else waits behind it. */
const MIGRATION_TABLE_WAIT_MS = 500;

/** Uses separate connections: the service's are cut off after some seconds. */
async function bringUpToDate(
  dataSource: DataSource,
  url: string,
  { limits }: Pick<Config, 'limits'>,
  onLoss: (error: Error) => void,
  poolerAt: (address: string) => Promise<Pooler | undefined>,
): Promise<readonly string[]> {
  const state = await readSchema(dataSource);
  requireNotNewer(state);
  if (state.missing.length === 0) return [];
  if ((await poolerAt(url)) !== undefined) {
    throw new Error(
      'its schema cannot be changed through a pooler: set MIGRATIONS_DATABASE_URL to the server itself',
    );
  }
  const timeouts = { lockTimeoutMs: MIGRATION_TABLE_WAIT_MS, statementTimeoutMs: MIGRATION_TIMEOUT_MS };
  // One connection holds the lock, the other migrates.
  const migrator = createDataSource(url, { ...limits, ...timeouts, poolConnectionsMax: 2 }, onLoss);
  try {
    await migrator.initialize();
    return await migrate(migrator, limits.migrationLockTimeoutMs);
  } finally {
    if (migrator.isInitialized) await ended(migrator.destroy());
  }
}

function ended(ending: Promise<void>): Promise<void> {
  return inTime(END_TIMEOUT_MS, ending, () => {});
}
