import { DataSource } from 'typeorm';
import { ApiKeyEntity } from '../entities/api-key.js';
import { HoldEntity } from '../entities/hold.js';
import { InventoryRecordEntity } from '../entities/inventory-record.js';
import { MerchantEntity } from '../entities/merchant.js';
import { StockLevelEntity } from '../entities/stock-level.js';
import { migrations } from '../migrations/index.js';
import { PoolClient } from './pool-client.js';

export interface DatabaseLimits {
  readonly poolConnectionsMax: number;
  readonly connectTimeoutMs: number;
  /** How long a statement waits for a row that another transaction holds. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** What connections are for: the changes and all else, or the reads that go past the engine. */
export type DataSourceRole = 'changes' | 'reads';

const sharedOptions = ['default_transaction_isolation=read\\ committed', 'timezone=UTC', 'jit=off'];

const changesOptions = [
  // Every statement names its rows by the first columns of an index. Prepared plans outlive the moment they were
  // made in, and one made while a table was empty would read all of it for each row once it has grown.
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
];

const readsOptions = [
  'default_transaction_read_only=on',
  // What suits the first page does not suit the last, nor a merchant of ten records one of a million: each read is
  // planned for its own values, for about half a millisecond.
  'plan_cache_mode=force_custom_plan',
  // Pages are cached or on flash; the default is for disks that turn, and counts by reading whole tables.
  'random_page_cost=1.1',
  // Pages are read in the order of an index. A bitmap loses that order, and then all of a list is sorted for its
  // first page; the planner takes that to be cheap for as long as statistics say that the list is short.
  'enable_bitmapscan=off',
  // A long read takes one processor and leaves the others to the writers.
  'max_parallel_workers_per_gather=0',
];

const optionsByRole: Readonly<Record<DataSourceRole, readonly string[]>> = {
  changes: [...sharedOptions, ...changesOptions],
  reads: [...sharedOptions, ...readsOptions],
};

/** A pool of connections, each with its limits set by the server from the start. */
export function createDataSource(
  url: string,
  limits: DatabaseLimits,
  onError: (e: Error) => void,
  role: DataSourceRole = 'changes',
): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: role === 'changes' ? 'holdfast' : 'holdfast-reads',
    entities: [ApiKeyEntity, HoldEntity, InventoryRecordEntity, MerchantEntity, StockLevelEntity],
    migrations,
    migrationsTableName: 'schema_migrations',
    synchronize: false,
    logging: false,
    poolSize: limits.poolConnectionsMax,
    connectTimeoutMS: limits.connectTimeoutMs,
    poolErrorHandler: onError,
    extra: {
      Client: PoolClient,
      // Statements that do not depend on each other travel together.
      pipeline: true,
      keepAlive: true,
      statement_timeout: limits.statementTimeoutMs,
      lock_timeout: limits.lockTimeoutMs,
      // Only a connection that no longer answers at all comes to this one.
      query_timeout: limits.statementTimeoutMs + 2000,
      // A client that vanished inside a transaction must not keep its locks.
      idle_in_transaction_session_timeout: limits.statementTimeoutMs,
      options: optionsByRole[role].map((option) => `-c ${option}`).join(' '),
    },
  });
}
