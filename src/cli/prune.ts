import { type Command, Option } from 'commander';
import type { Environment } from '../config.js';
import { oneLine } from '../printable.js';
import { requireMerchant } from '../service/merchants.js';
import { type PruneCounts, plus, pruneLog } from '../service/retention/prune.js';
import { listMerchants } from '../store/tables/merchants.js';
import { readNowUs } from '../store/tables/prunable-log.js';
import { isJson, type Process } from './command.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';
import { parseDuration } from './duration.js';
import { PRUNE_HELP } from './help.js';
import { formatInstantUs, parseInstantUs } from './instant.js';

/** The log settles whether a COMMIT without an answer happened, and feeds watches that are behind. */
const AGE_MIN_SECONDS = 3600;
/** Larger steps are not cheaper, and keep row locks and a snapshot for longer. */
const STEP_ENTRIES = { default: '1000', min: 1, max: 10_000 };
const PROGRESS_INTERVAL_MS = 10_000;

export function definePrune(command: Command, { env, finish, stopSignal }: Process): void {
  command
    .addOption(
      new Option('--older-than <time>', 'entries of this age, such as 400d; at least 1h').conflicts('before'),
    )
    .option('--before <instant>', 'entries from before this instant, such as 2026-01-01T00:00:00Z')
    .option('--merchant <id>', 'only this merchant')
    .option('--step <entries>', 'entries of one transaction', STEP_ENTRIES.default)
    .option('--no-pauses', 'do not pause after each step for as long as it took')
    .addHelpText('after', PRUNE_HELP)
    .action((options: PruneFlags) => {
      const given = { ...options, json: isJson(command), signal: stopSignal() };
      return finish(command, pruneCommand(env, given));
    });
}

interface PruneFlags {
  readonly olderThan?: string;
  readonly before?: string;
  readonly merchant?: string;
  readonly step: string;
  readonly pauses: boolean;
}

export interface PruneCommandOptions extends PruneFlags {
  /** Scripts get only the result. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** `holdfast prune`: removes old entries from the log; exits with 1 if it was stopped before it was done. */
export function pruneCommand(env: Environment, options: PruneCommandOptions): Promise<CommandResult> {
  const stepEntriesMax = Number(options.step);
  if (
    !/^\d{1,5}$/.test(options.step) ||
    stepEntriesMax < STEP_ENTRIES.min ||
    stepEntriesMax > STEP_ENTRIES.max
  ) {
    throw new UsageError(`--step takes a number from ${STEP_ENTRIES.min} to ${STEP_ENTRIES.max}`);
  }
  const beforeOf = instantOf(options);
  return withDatabase(env, async ({ dataSource }) => {
    const { merchant, pauses, signal, json } = options;
    const beforeUs = beforeOf(await readNowUs(dataSource));
    if (merchant !== undefined) await requireMerchant(dataSource, merchant);
    const merchants =
      merchant === undefined ? (await listMerchants(dataSource)).map((m) => m.merchantId) : [merchant];
    let counts: PruneCounts = { pruned: 0, kept: 0 };
    for (const merchantId of merchants) {
      const before = counts;
      const onProgress = json ? () => {} : progressOn(process.stderr, merchantId);
      const limits = { beforeUs, stepEntriesMax, pauses, signal, onProgress };
      counts = plus(before, await pruneLog(dataSource, merchantId, limits));
      if (signal.aborted) break;
    }
    return result(counts, merchants.length, beforeUs, signal.aborted);
  });
}

/** The instant before which entries are pruned, from the database's time. Throws UsageError. */
function instantOf({ olderThan, before }: PruneFlags): (nowUs: number) => number {
  if ((olderThan === undefined) === (before === undefined)) {
    throw new UsageError('--older-than is required, or --before');
  }
  if (olderThan !== undefined) {
    const seconds = parseDuration(olderThan);
    if (seconds === undefined || seconds < AGE_MIN_SECONDS) {
      throw new UsageError('--older-than takes a number with s, m, h or d, such as 400d, and at least 1h');
    }
    return (nowUs) => nowUs - seconds * 1_000_000;
  }
  const beforeUs = parseInstantUs(before!);
  if (beforeUs === undefined) throw new UsageError('--before takes an instant such as 2026-01-01T00:00:00Z');
  return (nowUs) => {
    if (beforeUs <= nowUs - AGE_MIN_SECONDS * 1_000_000) return beforeUs;
    throw new UsageError('--before takes an instant that is at least 1h ago');
  };
}

function progressOn(stream: NodeJS.WritableStream, merchantId: string): (counts: PruneCounts) => void {
  let toldAtMs = performance.now();
  return ({ pruned }) => {
    if (performance.now() - toldAtMs < PROGRESS_INTERVAL_MS) return;
    toldAtMs = performance.now();
    stream.write(`${oneLine(`${merchantId}: ${pruned.toLocaleString('en')} entries pruned so far`)}\n`);
  };
}

function result(counts: PruneCounts, merchants: number, beforeUs: number, stopped: boolean): CommandResult {
  const { pruned, kept } = counts;
  const before = formatInstantUs(beforeUs);
  const said = [
    `${pruned.toLocaleString('en')} entries from before ${before} pruned; ${kept.toLocaleString('en')} as old left,`,
    'since something reads them, or another run pruned them.',
  ];
  if (stopped) said.push('Stopped before it was done; run it again.');
  return {
    data: { pruned, kept, before, merchants, stopped },
    text: said.join('\n'),
    exitCode: stopped ? 1 : 0,
  };
}
