import { Command, CommanderError, Option } from 'commander';
import type { App } from './app.js';
import type { KeyMode } from './auth/api-key-secret.js';
import { OPERATOR_ACTOR } from './cli/actor.js';
import { auditCommand } from './cli/audit.js';
import { CommandRefused, type CommandResult, UsageError } from './cli/context.js';
import { ROOT_HELP, SERVE_HELP, TOKEN_HELP } from './cli/help.js';
import { importCommand } from './cli/import/import.js';
import { addImportOptions, type ImportFlags } from './cli/import/options.js';
import { keyAddCommand, keyListCommand, keyRevokeCommand } from './cli/key.js';
import { merchantCreateCommand, merchantListCommand, merchantSetCommand } from './cli/merchant.js';
import { migrateCommand } from './cli/migrate.js';
import { watchNpx } from './cli/npx.js';
import { type RecordCreateOptions, recordCreateCommand } from './cli/record.js';
import { tokenCommand } from './cli/token.js';
import { ConfigError } from './config.js';
import { DatabaseUnusable } from './database.js';
import { oneLine, printable, printableJson } from './printable.js';
import { UnknownMerchant } from './service/merchants.js';
import { CannotListen } from './transport/failures/cannot-listen.js';
import { VERSION } from './version.js';

/** The process: command line, signals, exit codes. 0: done; 1: failed or drift found; 2: used wrongly. */
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
 * Nobody has to read what is written: a reader who has gone, as `| head` does, takes what he does not read with him, and
 * the work goes on. What could not be written for another reason, such as a full disk, is missed: a key is shown once.
 */
function outliveReaders(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || process.exitCode === 1) return;
    process.exitCode = 1;
    complain(`standard output: ${message}`);
  });
}

/** A service does not wait for a terminal that nobody reads, either; pipes are written to without waiting anyway. */
function waitForNoTerminal(): void {
  for (const stream of outputs) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
    handle?.setBlocking?.(false);
  }
}

function program(): Command {
  const { env } = process;
  const root = new Command('holdfast')
    .description('Stock reservations that cannot oversell.')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(printable(text.replace(/^error: /, 'holdfast: '))),
    })
    .version(VERSION, '-V, --version', 'print the version')
    .option('--json', 'print JSON, for scripts')
    .addHelpText('after', ROOT_HELP);
  const run = async (command: Command, result: Promise<CommandResult>): Promise<void> => {
    const { data, text, exitCode } = await result;
    const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
    print(json ? printableJson(data) : text);
    process.exitCode = exitCode ?? 0;
  };
  const add = (parent: Command, name: string, description: string): Command =>
    parent.command(name).description(description).option('--json', 'print JSON, for scripts');
  const mode = new Option(
    '--mode <mode>',
    'what the key begins with, pk_live_ or pk_test_; both are valid alike',
  )
    .choices(['live', 'test'])
    .default('live');

  root
    .command('serve', { isDefault: true })
    .description('serve gRPC and HTTP until told to stop')
    .addHelpText('after', SERVE_HELP)
    // The default command is given whatever is no other's name.
    .allowExcessArguments()
    .action(async (_, command: Command) => {
      if (command.args.length > 0) throw new UsageError(`unknown command '${command.args[0]}'; see --help`);
      await serveUntilStopped();
    });
  add(root, 'migrate', 'bring the database schema up to date').action((_, command) =>
    run(command, migrateCommand(env)),
  );

  const merchant = root.command('merchant').description('merchants');
  add(merchant, 'create', 'create a merchant and its first API key')
    .requiredOption('--name <name>', 'what people call it (required)')
    .addOption(mode)
    .action((o: { name: string; mode: KeyMode }, command) => run(command, merchantCreateCommand(env, o)));
  add(merchant, 'set', 'change what holds for all calls of a merchant')
    .requiredOption('--merchant <id>', 'the merchant, as merchant list shows it (required)')
    .requiredOption(
      '--default-ttl <time>',
      'when holds with a reference end by themselves, such as 15m; 0: never (required)',
    )
    .action((o: { merchant: string; defaultTtl: string }, command) =>
      run(command, merchantSetCommand(env, o)),
    );
  add(merchant, 'list', 'list the merchants').action((_, command) => run(command, merchantListCommand(env)));

  const record = root.command('record').description('inventory records');
  add(record, 'create', 'create a record with units on hand')
    .requiredOption('--merchant <id>', 'the merchant, as merchant list shows it (required)')
    .requiredOption('--id <id>', 'what callers name it by: 1 to 64 of A-Z a-z 0-9 . _ - (required)')
    .requiredOption('--on-hand <units>', 'units physically in stock (required)')
    .option('--product <id>', "the product; the record's id unless given")
    .option('--sku <id>', 'the SKU; none unless given')
    .option('--warehouse <id>', 'the warehouse', 'main')
    .option('--warehouse-name <name>', 'what people call it')
    .option('--location <text>', 'where in the warehouse')
    .option('--reorder-level <units>', 'the record is low when no more than these are available')
    .option('--reorder-qty <units>', 'to order then')
    .option('--attributes <json>', 'what tells the variant apart, such as \'{"colour": "red"}\'')
    .option('--actor <name>', 'kept in the log', OPERATOR_ACTOR)
    .action((o: RecordCreateOptions, command) => run(command, recordCreateCommand(env, o)));

  const key = root.command('key').description('API keys');
  add(key, 'add', 'add a key, for example to rotate: both are valid until one is revoked')
    .requiredOption('--merchant <id>', 'the merchant, as merchant list shows it (required)')
    .addOption(mode)
    .action((o: { merchant: string; mode: KeyMode }, command) => run(command, keyAddCommand(env, o)));
  add(key, 'list', 'list the keys by prefix and last four')
    .requiredOption('--merchant <id>', 'the merchant, as merchant list shows it (required)')
    .action((o: { merchant: string }, command) => run(command, keyListCommand(env, o)));
  add(key, 'revoke', 'revoke a key, everywhere within 10 s')
    .requiredOption('--merchant <id>', 'the merchant, as merchant list shows it (required)')
    .requiredOption('--key <key>', 'the whole key, or its last four (required)')
    .action((o: { merchant: string; key: string }, command) => run(command, keyRevokeCommand(env, o)));

  add(root, 'token', "sign a token with the service's secret")
    .addHelpText('after', TOKEN_HELP)
    .requiredOption('--merchant <id>', 'the merchant that it is for (required)')
    .option('--permissions <list>', 'comma-separated; see below', 'can_update_inventory')
    .option('--ttl <time>', 'how long it is valid, such as 90s, 15m, 1h, 30d; 366d at most', '1h')
    .option('--actor <name>', 'its subject, kept in the log', OPERATOR_ACTOR)
    .action((o: { merchant: string; permissions: string; ttl: string; actor: string }, command) =>
      run(command, tokenCommand(env, o)),
    );
  const importing = add(
    root,
    'import',
    'create or restock records from a file, or set them to counts; exits with 1 where lines were left',
  );
  addImportOptions(importing).action((file: string, o: ImportFlags, command: Command) => {
    const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
    return run(command, importCommand(env, { ...o, file, json, signal: stopSignal() }));
  });
  add(root, 'audit', 'check that counters, holds and log agree; exits with 1 where they do not')
    .option('--merchant <id>', 'only this merchant')
    .option('--repair', 'rewrite counters from holds where they drifted, and log it', false)
    .action((o: { merchant?: string; repair: boolean }, command) => run(command, auditCommand(env, o)));
  return root;
}

/** One Ctrl-C under npm comes twice: from the terminal, and handed on by npm. */
const SAME_KEYSTROKE_MS = 1000;

/** Aborted when the process is told to stop; told again, it does not wait any more. */
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
  // After Ctrl-C the shell is gone, too, which is no second signal.
  watchNpx(process.env, () => {
    if (stoppingSince === undefined) stop();
  });
  return controller.signal;
}

async function serveUntilStopped(): Promise<void> {
  waitForNoTerminal();
  const signal = stopSignal();
  // The other commands have no use for the doors, which take longest to load.
  const { serve } = await import('./cli/serve.js');
  const app = await serve(process.env, print);
  // A signal during the start waits for it to end.
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

/** Tells what went wrong, in a line where it is not a fault of ours. Returns the exit code. */
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
  // Errors of the operating system name themselves; anything else needs its stack.
  complain(typeof code === 'string' ? message : (stack ?? String(error)));
  return 1;
}

await main();
