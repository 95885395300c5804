import { type Config, type Environment, loadConfig } from '../config.js';
import type { Database } from '../database.js';
import { databaseExists } from '../embedded-postgres/layout.js';

/** A command's result: data for scripts, text for people. */
export interface CommandResult {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: number;
  /** Standard output has what the command wrote; what is said of it goes to standard error. */
  readonly aside?: boolean;
}

/** A mistake in how a command was used, reported in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something that the rules do not allow, reported in one line. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}

/** The configuration as commands need it: they do not serve, so they need no way to verify tokens. */
export function commandConfig(env: Environment): Config {
  const unserved = env.DATABASE_URL && !env.JWT_SECRET && !env.JWT_JWKS_URL;
  return loadConfig(unserved ? { ...env, JWT_SECRET: 'unused'.repeat(6) } : env);
}

/** For commands that run one long statement: they may take their time, since nobody waits for their locks. */
export function patient(config: Config): Config {
  return { ...config, limits: { ...config.limits, statementTimeoutMs: 3_600_000, lockTimeoutMs: 60_000 } };
}

/**
 * Runs a command on the database of the environment, whether or not a service runs on it. Throws CommandRefused where
 * there is none: an answer about a database that was made for the question would mislead. Throws DatabaseUnusable where the
 * tables are distributed and the environment does not say so, or only some of them are.
 */
export function withDatabase<T>(
  env: Environment,
  work: Work<T>,
  config = patient(commandConfig(env)),
): Promise<T> {
  return withUncheckedDatabase(inScope(work), config);
}

/** The same, wherever the tables are. */
export async function withUncheckedDatabase<T>(work: Work<T>, config: Config): Promise<T> {
  if (!(await exists(config))) {
    throw new CommandRefused(
      `there is no database in ${config.dataDir}: set DATABASE_URL, or DATA_DIR to the folder of the service`,
    );
  }
  return withOpened(config, work, false);
}

/** The same for a command that may be the first: the embedded database is made if there is none, with its tables. */
export async function withNewDatabase<T>(env: Environment, work: Work<T>): Promise<T> {
  const config = patient(commandConfig(env));
  return withOpened(config, inScope(work), !(await exists(config)));
}

/** The same, with the schema brought up to date before. */
export function withMigratedDatabase<T>(env: Environment, work: Work<T>): Promise<T> {
  return withOpened(patient(commandConfig(env)), work, true);
}

type Work<T> = (database: Database, config: Config) => Promise<T>;

/** The same work, after it was made sure that it can be done on these tables. */
function inScope<T>(work: Work<T>): Work<T> {
  return async (database, config) => {
    const { requireScope } = await import('../database.js');
    await requireScope(database, config);
    return work(database, config);
  };
}

async function exists({ databaseUrl, dataDir }: Config): Promise<boolean> {
  return databaseUrl !== undefined || databaseExists(dataDir);
}

async function withOpened<T>(config: Config, work: Work<T>, migrates: boolean): Promise<T> {
  const { openDatabase } = await import('../database.js');
  const database = await openDatabase(config, { info: () => {}, warn: () => {} }, { migrates });
  try {
    return await work(database, config);
  } finally {
    await database.close();
  }
}
