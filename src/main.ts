import { Command, CommanderError } from 'commander';
import type { App } from './app.js';
import { addAuditCommand } from './cli/audit.js';
import { isJson, type Process } from './cli/command.js';
import { CommandRefused, type CommandResult, UsageError } from './cli/context.js';
import { addDistributeCommand } from './cli/distribute.js';
import { ROOT_HELP, SERVE_HELP } from './cli/help.js';
import { addImportCommand } from './cli/import/import.js';
import { addKeyCommands } from './cli/key.js';
import { addMerchantCommands } from './cli/merchant.js';
import { addMigrateCommand } from './cli/migrate.js';
import { watchNpx } from './cli/npx.js';
import { addRecordCommands } from './cli/record.js';
import { addTokenCommand } from './cli/token.js';
import { ConfigError } from './config.js';
import { DatabaseUnusable } from './database.js';
import { oneLine, printable, printableJson } from './printable.js';
import { UnknownMerchant } from './service/merchants.js';
import { CannotListen } from './transport/failures/cannot-listen.js';
import { VERSION } from './version.js';

/** The process: command line, signals, exit codes. 0: done; 1: failed or drift found; 2: wrong usage. */
async function main(): Promise<void> {
  outliveReaders();
  try {
    await program().parseAsync();
  } catch (error) {
    process.exit(report(error));
  }
}

const outputs = [process.stdout, process.stderr];

/**
 * Output may go unread: when a reader has gone, as `| head` does, the rest of the output is lost and the work
 * continues. Output that cannot be written for another reason, such as a full disk, is an error: a key is shown only
 * once.
 */
function outliveReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    complain(`standard output: ${message}`);
  });
}

/** A service must not wait for a terminal that nobody reads either; writes to pipes do not wait anyway. */
function waitForNoTerminal(): void {
  for (const stream of outputs) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
    handle?.setBlocking?.(false);
  }
}

function program(): Command {
  const root = new Command('holdfast')
    .description('Stock reservations that cannot oversell.')
    .exitOverride()
    .configureOutput({
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
      await serveUntilStopped();
    });
  const given: Process = { env: process.env, finish, stopSignal };
  addMigrateCommand(root, given);
  addDistributeCommand(root, given);
  addMerchantCommands(root, given);
  addRecordCommands(root, given);
  addKeyCommands(root, given);
  addTokenCommand(root, given);
  addImportCommand(root, given);
  addAuditCommand(root, given);
  return root;
}

async function finish(command: Command, result: Promise<CommandResult>): Promise<void> {
  const { data, text, exitCode } = await result;
  print(isJson(command) ? printableJson(data) : text);
  process.exitCode = exitCode ?? 0;
}

/** Under npm, one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const SAME_KEYSTROKE_MS = 1000;

/** Aborted when the process is told to stop; a second signal makes it exit without waiting. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppingSince: number | undefined;
  const stop = (): void => {
    if (stoppingSince !== undefined) {
      if (performance.now() - stoppingSince > SAME_KEYSTROKE_MS) process.exit(1);
      return;
    }
    stoppingSince = performance.now();
    controller.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // After Ctrl-C the shell is gone too, which is not a second signal.
  watchNpx(process.env, () => {
    if (stoppingSince === undefined) stop();
  });
  return controller.signal;
}

async function serveUntilStopped(): Promise<void> {
  waitForNoTerminal();
  const signal = stopSignal();
  // Other commands do not need the doors, which take longest to load.
  const { serve } = await import('./cli/serve.js');
  const app = await serve(process.env, print);
  // A signal during the start waits until the start is complete.
  if (signal.aborted) await closeAndExit(app);
  else signal.addEventListener('abort', () => void closeAndExit(app));
}

async function closeAndExit(app: App): Promise<void> {
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    process.exit(report(error));
  }
}

function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`);
}

function complain(text: string): void {
  process.stderr.write(`holdfast: ${printable(text)}\n`);
}

const operatorsMatters = [ConfigError, DatabaseUnusable, CannotListen, CommandRefused];

/** Reports what went wrong, in one line unless it is a bug. Returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof UsageError || error instanceof UnknownMerchant) {
    complain(oneLine(error.message));
    return 2;
  }
  if (operatorsMatters.some((type) => error instanceof type)) {
    complain((error as Error).message);
    return 1;
  }
  const { message, stack, code } = error as NodeJS.ErrnoException;
  // Operating system errors explain themselves; anything else needs its stack.
  complain(typeof code === 'string' ? message : (stack ?? String(error)));
  return 1;
}

await main();
