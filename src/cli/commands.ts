import type { Command } from 'commander';
import { addCommand, type Process } from './command.js';

/** Gives a command its options and what it does, or a group its commands. */
type Define = (command: Command, given: Process) => void;

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly isGroup?: true;
  readonly argument?: readonly [name: string, description: string];
  load(): Promise<Define>;
}

/** All but `serve`, as `--help` lists them. */
const listed: readonly Listed[] = [
  {
    name: 'migrate',
    description: 'bring the database schema up to date',
    load: async () => (await import('./migrate.js')).defineMigrate,
  },
  {
    name: 'health',
    description: 'ask the service on this machine whether it is ready',
    load: async () => (await import('./health.js')).defineHealth,
  },
  {
    name: 'distribute',
    description: 'distribute the tables by merchant over the nodes of a Citus cluster',
    load: async () => (await import('./distribute.js')).defineDistribute,
  },
  {
    name: 'merchant',
    description: 'merchants',
    isGroup: true,
    load: async () => (await import('./merchant.js')).defineMerchant,
  },
  {
    name: 'record',
    description: 'inventory records',
    isGroup: true,
    load: async () => (await import('./record.js')).defineRecord,
  },
  {
    name: 'key',
    description: 'API keys',
    isGroup: true,
    load: async () => (await import('./key.js')).defineKey,
  },
  {
    name: 'token',
    description: "sign a token with the service's secret",
    load: async () => (await import('./token.js')).defineToken,
  },
  {
    name: 'import',
    description:
      'create or restock records from a file, or set them to counts; exits with 1 if lines were left',
    argument: ['<file>', 'CSV with a line of column names, or JSON Lines'],
    load: async () => (await import('./import/import.js')).defineImport,
  },
  {
    name: 'audit',
    description: 'check that counters, holds and log agree; exits with 1 if they do not',
    load: async () => (await import('./audit.js')).defineAudit,
  },
  {
    name: 'export',
    description: 'write what is stored to a file',
    isGroup: true,
    load: async () => (await import('./export/export.js')).defineExport,
  },
  {
    name: 'prune',
    description: 'remove old entries from the log, and keep what they add up to',
    load: async () => (await import('./prune.js')).definePrune,
  },
];

/**
 * Adds all commands. Only the one that `words` call, or ask help for, is loaded: most of a short command's time goes into
 * loading code. Of the others, this process only shows the names.
 */
export async function addCommands(root: Command, words: readonly string[], given: Process): Promise<void> {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const called = first === 'help' ? second : first;
  for (const { name, description, isGroup, argument, load } of listed) {
    const command = isGroup
      ? root.command(name).description(description)
      : addCommand(root, name, description);
    if (argument !== undefined) command.argument(...argument);
    if (name === called) (await load())(command, given);
  }
}
