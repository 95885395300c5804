import type { Command } from 'commander';
import type { Environment } from '../config.js';
import type { Database } from '../database.js';
import { readCluster } from '../store/distribution/cluster.js';
import { distributeTables, SpreadOtherwise } from '../store/distribution/distribute.js';
import { readSpread, type TableSpread } from '../store/distribution/spread.js';
import { addCommand, type Process } from './command.js';
import {
  CommandRefused,
  type CommandResult,
  commandConfig,
  patient,
  UsageError,
  withDatabase,
} from './context.js';
import { DISTRIBUTE_HELP } from './help.js';

const SHARDS_DEFAULT = '32';
/** More of them cost more connections and locks than they could ever be worth. */
const SHARDS_MAX = 1024;
/** The rows of a table are copied in one statement. */
const DISTRIBUTE_TIMEOUT_MS = 24 * 3600 * 1000;

export function addDistributeCommand(root: Command, { env, finish }: Process): void {
  addCommand(root, 'distribute', 'distribute the tables by merchant over the nodes of a Citus cluster')
    .option(
      '--shards <number>',
      'parts of each table, and so the most nodes it can ever be on',
      SHARDS_DEFAULT,
    )
    .addHelpText('after', DISTRIBUTE_HELP)
    .action((options: DistributeOptions, command) => finish(command, distributeCommand(env, options)));
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
  return withDatabase(env, (database) => distribute(database, shards), { ...config, limits }, requireCluster);
}

async function distribute({ dataSource }: Database, shards: number): Promise<CommandResult> {
  const changed = await distributeTables(dataSource, shards).catch(refusedIfOtherwise);
  const tables = (await readSpread(dataSource)).map(({ table, spread, shards: parts }) => {
    return { table, spread, shards: parts, changed: changed.includes(table) };
  });
  return { data: { changed: changed.length > 0, tables }, text: describe(tables) };
}

/** Looked at before the schema is brought up to date: what is refused is left as it was. */
async function requireCluster(dataSource: Database['dataSource']): Promise<void> {
  const cluster = await readCluster(dataSource);
  if (cluster === undefined) {
    throw new Error(
      'it does not have the extension citus; on one PostgreSQL, there is nothing to distribute',
    );
  }
  if (!cluster.isCoordinator)
    throw new Error('it is on a worker node: DATABASE_URL must name the coordinator');
  if (cluster.nodes === 0) {
    throw new Error("no node takes shards: add one, with SELECT citus_add_node('host', 5432)");
  }
  const tables = await readSpread(dataSource);
  const isDone = tables.length > 0 && tables.every(({ spread }) => spread !== 'local');
  if (cluster.services > 0 && !isDone) {
    const running = cluster.services === 1 ? '1 service runs' : `${cluster.services} services run`;
    throw new Error(`${running} on it: stop all services first`);
  }
}

function refusedIfOtherwise(error: unknown): never {
  throw error instanceof SpreadOtherwise ? new CommandRefused(error.message) : error;
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
