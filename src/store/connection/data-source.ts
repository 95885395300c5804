import pg from 'pg';
import { DataSource } from 'typeorm';
import { ApiKeyEntity } from '../entities/api-key.js';
import { HoldEntity } from '../entities/hold.js';
import { InventoryRecordEntity } from '../entities/inventory-record.js';
import { MerchantEntity } from '../entities/merchant.js';
import { StockLevelEntity } from '../entities/stock-level.js';
import { migrations } from '../migrations/index.js';
import { clientConfig } from './client-config.js';
import { PoolClient } from './pool-client.js';
import { PooledClient } from './pooled-client.js';
import type { Pooler } from './pooler.js';
import type { Servers } from './servers.js';
import { inTransactions, requireSettings } from './session-settings.js';
import { PoolWatch, WatchedPool } from './watched-pool.js';

export interface DatabaseLimits {
  readonly poolConnectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long a statement waits for a row that another transaction holds. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** What connections are for: reads that bypass the engine, or all else, in transactions of any merchants or of one. */
export type DataSourceRole = 'changes' | 'changes_of_merchant' | 'reads';

const sharedOptions = ['default_transaction_isolation=read\\ committed', 'timezone=UTC', 'jit=off'];

const changesOptions = [
  // A migration may change distributed tables and the replicated ones that they refer to. Without Citus, nobody reads
  // this.
  'citus.multi_shard_modify_mode=sequential',
  // Every statement names its rows by the first columns of an index. Prepared plans live long: a plan from when a table
  // was empty would scan the whole table for each row after it has grown.
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

const changesOfAnyOptions = [
  ...changesOptions,
  // A statement of a batch has the same plan for all values. Planning it each time would take half of its time.
  'plan_cache_mode=force_generic_plan',
];

const changesOfMerchantOptions = [
  ...changesOptions,
  // A generic plan may look up rows by the merchant alone: they may be few when it is made, and many later.
  'plan_cache_mode=force_custom_plan',
  // SET LOCAL must also apply on the nodes, where the rows and their locks are. Without Citus, nobody reads this.
  'citus.propagate_set_commands=local',
];

const readsOptions = [
  'default_transaction_read_only=on',
  // A plan for the first page does not suit the last page, and a plan for ten records does not suit a million. Each
  // read is planned for its own values, which takes about half a millisecond.
  'plan_cache_mode=force_custom_plan',
  // Pages are cached or on flash. The default is for spinning disks, and makes counts read whole tables.
  'random_page_cost=1.1',
  // Pages are read in the order of an index. A bitmap loses that order, so the whole list is sorted for its first page.
  // The planner takes that for cheap while its statistics say that the list is short.
  'enable_bitmapscan=off',
  // A long read takes one processor and leaves the others to the writers.
  'max_parallel_workers_per_gather=0',
];

const optionsByRole: Readonly<Record<DataSourceRole, readonly string[]>> = {
  changes: [...sharedOptions, ...changesOfAnyOptions],
  changes_of_merchant: [...sharedOptions, ...changesOfMerchantOptions],
  reads: [...sharedOptions, ...readsOptions],
};

const serversOf = new WeakMap<DataSource, Servers>();
const watchOf = new WeakMap<DataSource, PoolWatch>();
const ofMerchants = new WeakSet<DataSource>();

/** Ends all connections of a pool, so that new ones look for the wanted server again. */
export function renewConnections(dataSource: DataSource, why: string): void {
  serversOf.get(dataSource)?.cutAll(why);
}

/** Who has a connection of the pool, and who waits for one. */
export function poolWatchOf(dataSource: DataSource): PoolWatch | undefined {
  return watchOf.get(dataSource);
}

/** Each transaction that changes stock through this pool is one merchant's, for tables that are distributed by merchant. */
export function isOfMerchants(dataSource: DataSource): boolean {
  return ofMerchants.has(dataSource);
}

/**
 * Creates a pool of connections. The server enforces the limits of each connection from its start; behind a pooler,
 * those of each transaction.
 */
export function createDataSource(
  url: string,
  limits: DatabaseLimits,
  onError: (e: Error) => void,
  role: DataSourceRole = 'changes',
  pooler?: Pooler,
): DataSource {
  const options = optionsByRole[role];
  const enforced = {
    statement_timeout: limits.statementTimeoutMs,
    lock_timeout: limits.lockTimeoutMs,
    // A client that vanished inside a transaction must not keep its locks.
    idle_in_transaction_session_timeout: limits.statementTimeoutMs,
  };
  const connection = clientConfig(url, {
    connectTimeoutMs: limits.connectTimeoutMs,
    readOnly: role === 'reads',
    options: pooler === undefined ? options : [],
  });
  const watch = new PoolWatch();
  const dataSource = new DataSource({
    type: 'postgres',
    driver: { ...pg, Pool: WatchedPool },
    applicationName: role === 'reads' ? 'holdfast-reads' : 'holdfast',
    entities: [ApiKeyEntity, HoldEntity, InventoryRecordEntity, MerchantEntity, StockLevelEntity],
    migrations,
    migrationsTableName: 'schema_migrations',
    synchronize: false,
    logging: false,
    poolSize: limits.poolConnectionsMax,
    connectTimeoutMS: limits.connectTimeoutMs,
    poolErrorHandler: onError,
    extra: {
      ...connection,
      ...(pooler === undefined
        ? { ...enforced, Client: PoolClient }
        : { ...pooler, sessionSettings: inTransactions(options, enforced), Client: PooledClient }),
      watch,
      // Statements that do not depend on each other travel together.
      pipeline: true,
      keepAlive: true,
      // Only a connection that no longer answers at all reaches this limit.
      query_timeout: limits.statementTimeoutMs + 2000,
    },
  });
  serversOf.set(dataSource, connection.servers);
  watchOf.set(dataSource, watch);
  if (role === 'changes_of_merchant') ofMerchants.add(dataSource);
  return dataSource;
}

/** Opens a pool. Throws if its sessions do not have their settings, as when something in between drops them. */
export async function openPool(dataSource: DataSource, limits: DatabaseLimits): Promise<DataSource> {
  await dataSource.initialize();
  await requireSettings(dataSource, limits);
  return dataSource;
}
