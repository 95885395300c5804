import { type Command, Option } from 'commander';
import type { KeyMode } from '../auth/api-key-secret.js';
import type { Environment } from '../config.js';
import type { CommandResult } from './context.js';

/** What the process provides to its commands. */
export interface Process {
  readonly env: Environment;
  /** Prints the command's result and keeps its exit code. */
  finish(command: Command, result: Promise<CommandResult>): Promise<void>;
  /** Aborted when the process is told to stop. */
  stopSignal(): AbortSignal;
}

export function addCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--json', 'print JSON, for scripts');
}

export function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** For commands that act on one merchant. */
export const merchantOption = [
  '--merchant <id>',
  'the merchant, as merchant list shows it (required)',
] as const;

/** For commands that create a key. */
export const modeOption = new Option(
  '--mode <mode>',
  'prefix of the key, pk_live_ or pk_test_; both work the same',
)
  .choices(['live', 'test'] satisfies KeyMode[])
  .default('live');
