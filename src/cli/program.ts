import type { Writable } from 'node:stream';
import { Command, CommanderError } from 'commander';
import { ConfigError, type Environment } from '../config.js';
import { DatabaseUnusable } from '../database-unusable.js';
import { oneLine, printable, printableJson } from '../printable.js';
import { UnknownMerchant } from '../service/unknown-merchant.js';
import { VERSION } from '../version.js';
import { isJson } from './command.js';
import { addCommands } from './commands.js';
import { CommandRefused, type CommandResult, UsageError } from './context.js';
import { ROOT_HELP, SERVE_HELP } from './help.js';

type ErrorClass = abstract new (...args: never[]) => Error;

/** What a command line runs in: a process, or a test. */
export interface Surroundings {
  readonly env: Environment;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted when the process is told to stop. */
  stopSignal(): AbortSignal;
  /** Resolves once the service serves. */
  serve(): Promise<void>;
  /** Failures to serve that are the operator's matter, and no bug. */
  readonly cannotServe: readonly ErrorClass[];
  /** Keeps the exit code of a command that has come to its end. */
  keepExitCode(code: number): void;
}

/**
 * Runs the command that the words call. Returns the exit code of one that failed, of which something may still be open.
 * 0: done; 1: failed or drift found; 2: wrong usage.
 */
export async function runCommandLine(
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number | undefined> {
  try {
    await (await program(words, surroundings)).parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    return report(error, surroundings);
  }
}

async function program(words: readonly string[], surroundings: Surroundings): Promise<Command> {
  const { env, stdout, stderr, stopSignal, serve } = surroundings;
  const root = new Command('holdfast')
    .description('Stock reservations that cannot oversell.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(printable(text.replace(/^error: /, 'holdfast: '))),
    })
    .version(VERSION, '-V, --version', 'print the version')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', ROOT_HELP);
  root
    .command('serve', { isDefault: true })
    .description('serve gRPC and HTTP until told to stop')
    .addHelpText('after', SERVE_HELP)
    // Words that are not a command go to the default command.
    .allowExcessArguments()
    .action(async (_, command: Command) => {
      if (command.args.length > 0) throw new UsageError(`unknown command '${command.args[0]}'; see --help`);
      await serve();
    });
  const finish = (command: Command, result: Promise<CommandResult>): Promise<void> =>
    finishIn(surroundings, command, result);
  await addCommands(root, words, { env, finish, stopSignal });
  return root;
}

async function finishIn(
  { stdout, stderr, keepExitCode }: Surroundings,
  command: Command,
  result: Promise<CommandResult>,
): Promise<void> {
  const { data, text, exitCode, aside } = await result;
  const said = isJson(command) ? printableJson(data) : text;
  print(said, aside === true ? stderr : stdout);
  keepExitCode(exitCode ?? 0);
}

export function print(text: string, stdout: Writable): void {
  stdout.write(`${printable(text)}\n`);
}

export function complain(text: string, stderr: Writable): void {
  stderr.write(`holdfast: ${printable(text)}\n`);
}

const operatorsMatters: readonly ErrorClass[] = [ConfigError, DatabaseUnusable, CommandRefused];

/** Reports what went wrong, in one line unless it is a bug. Returns the exit code. */
export function report(
  error: unknown,
  { stderr, cannotServe }: Pick<Surroundings, 'stderr' | 'cannotServe'>,
): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof UnknownMerchant) {
    complain(oneLine(error.message), stderr);
    return 2;
  }
  const isOperatorsMatter = [...operatorsMatters, ...cannotServe].some((type) => error instanceof type);
  const { message, stack, code } = error as NodeJS.ErrnoException;
  // Operating system errors explain themselves, too; anything else needs its stack.
  const isClear = isOperatorsMatter || typeof code === 'string';
  complain(isClear ? message : (stack ?? String(error)), stderr);
  return 1;
}
