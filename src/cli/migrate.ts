import type { Command } from 'commander';
import type { Environment } from '../config.js';
import { addCommand, type Process } from './command.js';
import { type CommandResult, withDatabase } from './context.js';

export function addMigrateCommand(root: Command, { env, finish }: Process): void {
  addCommand(root, 'migrate', 'bring the database schema up to date').action((_, command) =>
    finish(command, migrateCommand(env)),
  );
}

/** `holdfast migrate`: brings the schema up to date. Safe at any time, even while services run or start. */
export function migrateCommand(env: Environment): Promise<CommandResult> {
  return withDatabase(env, async ({ migrations }) => ({
    data: { migrations },
    text: migrations.length === 0 ? 'The schema is up to date.' : `Applied: ${migrations.join(', ')}`,
  }));
}
