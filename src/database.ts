import type { DataSource } from 'typeorm';
import type { Config } from './config.js';
import { openEmbeddedDatabase } from './embedded-postgres/embedded.js';
import { ChangeChannel } from './store/connection/change-channel.js';
import { createDataSource, type DatabaseLimits } from './store/connection/data-source.js';
import { migrate } from './store/connection/migrate.js';
import { readSpread } from './store/distribution/spread.js';
import { inTime } from './timing/in-time.js';

export interface Database {
  readonly dataSource: DataSource;
  /** Migrations applied by this process, by name. */
  readonly migrations: readonly string[];
  /**
   * Opens separate, read-only connections for reads, until `close`. Throws DatabaseUnusable, with everything closed.
   */
  openReads(): Promise<DataSource>;
  /** Listens for changes from other processes, until `close`. */
  openChanges(onChange: (merchantId: string | undefined) => void): ChangeChannel;
  close(): Promise<void>;
}

/** The database cannot be reached, started or migrated. For the operator; `cause` says why. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
  constructor(cause: unknown) {
    super(`the database cannot be used: ${(cause as Error).message || String(cause)}`, { cause });
  }
}

/**
 * How long connections may take to close, and busy ones to return to the pool; anything still in progress then is
 * rolled back.
 */
const END_TIMEOUT_MS = 2000;

/** Watches check for themselves in the meantime. */
const CHANGES_RECONNECT_INTERVAL_MS = 1000;

/** Looks at a database whose schema may be old or missing; throws when it is not the right one. */
export type DatabaseCheck = (dataSource: DataSource) => Promise<void>;

/**
 * Connects to DATABASE_URL, or to the embedded PostgreSQL of DATA_DIR, and brings the schema up to date, unless `check`
 * throws before.
 */
export async function openDatabase(
  config: Config,
  log: DatabaseLog,
  check: DatabaseCheck = async () => {},
): Promise<Database> {
  try {
    return await open(config, log, check);
  } catch (error) {
    throw new DatabaseUnusable(error);
  }
}

interface DatabaseLog {
  info(message: string): void;
  warn(message: string): void;
}

async function open(config: Config, log: DatabaseLog, check: DatabaseCheck): Promise<Database> {
  const embedded =
    config.databaseUrl === undefined
      ? await openEmbeddedDatabase({ dataDir: config.dataDir, log: (message) => log.info(message) })
      : undefined;
  const url = config.databaseUrl ?? embedded!.url;
  let closing = false;
  const onLoss = (error: Error): void => {
    // The pools are told "ended" before the server has read each connection's goodbye, and it may stop first.
    if (!closing) log.warn(`a database connection was lost: ${error.message}`);
  };
  const role = config.batchScope === 'merchant' ? 'changes_of_merchant' : 'changes';
  const dataSource = createDataSource(url, config.limits, onLoss, role);
  const opened = [dataSource];
  const openReads = async (): Promise<DataSource> => {
    const limits = { ...config.limits, poolConnectionsMax: config.limits.readPoolConnectionsMax };
    const reads = createDataSource(url, limits, onLoss, 'reads');
    opened.push(reads);
    try {
      return await reads.initialize();
    } catch (error) {
      await close();
      throw new DatabaseUnusable(error);
    }
  };
  const channels: ChangeChannel[] = [];
  const openChanges: Database['openChanges'] = (onChange) => {
    const { connectTimeoutMs } = config.limits;
    const channel = new ChangeChannel({
      url,
      connectTimeoutMs,
      reconnectIntervalMs: CHANGES_RECONNECT_INTERVAL_MS,
      onChange,
      onError: onLoss,
    });
    channels.push(channel);
    channel.open();
    return channel;
  };
  const close = async (): Promise<void> => {
    closing = true;
    await Promise.all(channels.map((channel) => ended(channel.close())));
    await Promise.all(opened.filter((pool) => pool.isInitialized).map((pool) => ended(pool.destroy())));
    await embedded?.close();
  };
  try {
    await dataSource.initialize();
    await check(dataSource);
    const migrations = await bringUpToDate(url, config.limits, onLoss);
    return { dataSource, migrations, openReads, openChanges, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** For what changes stock. Throws DatabaseUnusable where transactions of this scope cannot run. */
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

/** Migrating a lot of data takes time, and so does waiting for another process that migrates. */
const MIGRATION_TIMEOUT_MS = 24 * 3600 * 1000;

/** Uses separate connections: the service's are cut off after some seconds. */
async function bringUpToDate(
  url: string,
  limits: DatabaseLimits,
  onLoss: (error: Error) => void,
): Promise<string[]> {
  const timeouts = { lockTimeoutMs: MIGRATION_TIMEOUT_MS, statementTimeoutMs: MIGRATION_TIMEOUT_MS };
  // One connection holds the lock, the other migrates.
  const dataSource = createDataSource(url, { ...limits, ...timeouts, poolConnectionsMax: 2 }, onLoss);
  try {
    await dataSource.initialize();
    return await migrate(dataSource);
  } finally {
    if (dataSource.isInitialized) await ended(dataSource.destroy());
  }
}

function ended(ending: Promise<void>): Promise<void> {
  return inTime(END_TIMEOUT_MS, ending, () => {});
}
