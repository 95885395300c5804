import type { Command } from 'commander';
import type { Environment } from '../config.js';
import type { Process } from './command.js';
import { type CommandResult, withMigratedDatabase } from './context.js';

export function defineMigrate(command: Command, { env, finish }: Process): void {
  command.action(() => finish(command, migrateCommand(env)));
}

/**
 * `holdfast migrate`: brings the schema up to date. Safe at any time, even while services run or start. Besides this, only a
 * service does it, on the embedded database or with MIGRATE_ON_START=on.
 */
export function migrateCommand(env: Environment): Promise<CommandResult> {
  return withMigratedDatabase(env, async ({ migrations }) => ({
    data: { migrations },
    text: migrations.length === 0 ? 'The schema is up to date.' : `Applied: ${migrations.join(', ')}`,
  }));
}
