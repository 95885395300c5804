import type { Config } from '../config.js';
import type { Database } from '../database.js';
import { DatabaseUnusable } from '../database-unusable.js';
import type { Command } from '../domain/command.js';
import { failureMessage } from '../domain/failure-message.js';
import type { Outcome } from '../domain/outcome.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { engineLimits } from '../engine/engine-limits.js';

/**
 * Runs work that changes stock on this process's own engine, alongside any services that run on the database.
 * `onFailure` receives the reasons why commands failed.
 */
export async function withEngine<T>(
  database: Database,
  config: Config,
  onFailure: (error: unknown) => void,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = createEngine(database.dataSource, {
    observer: {
      batch: () => {},
      taken: () => {},
      retry: () => {},
      split: () => {},
      settled: () => {},
      recordFree: () => {},
      failed: onFailure,
      changed: () => {},
      recordKept: () => {},
      done: () => {},
    },
    limits: engineLimits(config.limits),
  });
  try {
    return await work(engine);
  } finally {
    await engine.drain();
  }
}

/** Runs one command, without a deadline. Throws DatabaseUnusable on a fault. */
export async function runCommand(database: Database, config: Config, command: Command): Promise<Outcome> {
  let cause: unknown;
  const onFailure = (error: unknown): void => {
    cause = error;
  };
  return withEngine(database, config, onFailure, async (engine) => {
    const execution = await engine.submit({ command }, Number.MAX_SAFE_INTEGER);
    if ('outcome' in execution) return execution.outcome;
    // Only a command with a key of its own can end in anything else.
    const fault = 'reason' in execution ? execution : ({ reason: 'INTERNAL' } as const);
    throw new DatabaseUnusable(cause ?? new Error(failureMessage(fault)));
  });
}
