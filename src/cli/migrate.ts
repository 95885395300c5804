import type { Environment } from '../config.js';
import { type CommandResult, withDatabase } from './context.js';

/** `holdfast migrate`: brings the schema up to date. Safe at any time, also while services run or start. */
export function migrateCommand(env: Environment): Promise<CommandResult> {
  return withDatabase(env, async ({ migrations }) => ({
    data: { migrations },
    text: migrations.length === 0 ? 'The schema is up to date.' : `Applied: ${migrations.join(', ')}`,
  }));
}
