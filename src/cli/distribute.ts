import type { Command } from 'commander';
import type { Environment } from '../config.js';
import type { Database } from '../database.js';
import { DatabaseUnusable } from '../database-unusable.js';
import { readCluster } from '../store/distribution/cluster.js';
import { distributeTables, SpreadOtherwise } from '../store/distribution/distribute.js';
import { readSpread, type TableSpread } from '../store/distribution/spread.js';
import { SchemaBusy } from '../store/schema/schema-lock.js';
import type { Process } from './command.js';
import {
  CommandRefused,
  type CommandResult,
  commandConfig,
  patient,
  UsageError,
  withUncheckedDatabase,
} from './context.js';
import { DISTRIBUTE_HELP } from './help.js';

const SHARDS_DEFAULT = '32';
/** More of them cost more connections and locks than they could ever be worth. */
const SHARDS_MAX = 1024;
/** The rows of a table are copied in one statement. */
const DISTRIBUTE_TIMEOUT_MS = 24 * 3600 * 1000;

export function defineDistribute(command: Command, { env, finish }: Process): void {
  command
    .option(
      '--shards <number>',
      'parts of each table, and so the most nodes it can ever be on',
      SHARDS_DEFAULT,
    )
    .addHelpText('after', DISTRIBUTE_HELP)
    .action((options: DistributeOptions) => finish(command, distributeCommand(env, options)));
}

interface DistributeOptions {
  readonly shards: string;
}

/** `holdfast distribute`: distributes what is still local; does nothing where nothing is. */
export function distributeCommand(env: Environment, options: DistributeOptions): Promise<CommandResult> {
  const shards = Number(options.shards);
  if (!/^\d{1,4}$/.test(options.shards) || shards < 1 || shards > SHARDS_MAX) {
    throw new UsageError(`--shards takes a number from 1 to ${SHARDS_MAX}`);
  }
  const config = patient(commandConfig(env));
  const limits = { ...config.limits, statementTimeoutMs: DISTRIBUTE_TIMEOUT_MS };
  const work = (database: Database) => distribute(database, shards, limits.migrationLockTimeoutMs);
  return withUncheckedDatabase(work, { ...config, limits });
}

async function distribute({ dataSource }: Database, shards: number, waitMs: number): Promise<CommandResult> {
  await requireCluster(dataSource);
  const changed = await distributeTables(dataSource, shards, waitMs).catch(refusedIfOtherwise);
  const tables = (await readSpread(dataSource)).map(({ table, spread, shards: parts }) => {
    return { table, spread, shards: parts, changed: changed.includes(table) };
  });
  return { data: { changed: changed.length > 0, tables }, text: describe(tables) };
}

async function requireCluster(dataSource: Database['dataSource']): Promise<void> {
  const unusable = (fault: string): Error => new DatabaseUnusable(new Error(fault));
  const cluster = await readCluster(dataSource);
  if (cluster === undefined) {
    throw unusable('it does not have the extension citus; on one PostgreSQL, there is nothing to distribute');
  }
  if (!cluster.isCoordinator)
    throw unusable('it is on a worker node: DATABASE_URL must name the coordinator');
  if (cluster.nodes === 0) {
    throw unusable("no node takes shards: add one, with SELECT citus_add_node('host', 5432)");
  }
  const tables = await readSpread(dataSource);
  const isDone = tables.length > 0 && tables.every(({ spread }) => spread !== 'local');
  if (cluster.services > 0 && !isDone) {
    const running = cluster.services === 1 ? '1 service runs' : `${cluster.services} services run`;
    throw unusable(`${running} on it: stop all services first`);
  }
}

function refusedIfOtherwise(error: unknown): never {
  const isOurs = error instanceof SpreadOtherwise || error instanceof SchemaBusy;
  throw isOurs ? new CommandRefused(error.message) : error;
}

type ShownTable = Omit<TableSpread, 'wanted'> & { readonly changed: boolean };

function describe(tables: readonly ShownTable[]): string {
  const width = Math.max(...tables.map(({ table }) => table.length));
  const lines = tables.map(({ table, spread, shards, changed }) => {
    const parts = spread === 'replicated' ? 'on each node' : `by merchant, in ${shards} shards`;
    return `${table.padEnd(width)}  ${parts}${changed ? '' : ' (as before)'}`;
  });
  return [...lines, 'Run all processes with BATCH_SCOPE=merchant.'].join('\n');
}
