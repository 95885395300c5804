import { type Config, type Environment, loadConfig } from '../config.js';
import { type Database, type DatabaseCheck, openDatabase } from '../database.js';

/** A command's result: data for scripts, text for people. */
export interface CommandResult {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode?: number;
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

/** Runs a command on the database of the environment, whether or not a service runs on it. */
export async function withDatabase<T>(
  env: Environment,
  work: (database: Database, config: Config) => Promise<T>,
  config = patient(commandConfig(env)),
  check?: DatabaseCheck,
): Promise<T> {
  const database = await openDatabase(config, { info: () => {}, warn: () => {} }, check);
  try {
    return await work(database, config);
  } finally {
    await database.close();
  }
}
