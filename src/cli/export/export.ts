import { type Command, Option } from 'commander';
import type { Environment } from '../../config.js';
import { requireMerchant } from '../../service/merchants.js';
import { type ExportPlace, exportLog } from '../../service/retention/export-log.js';
import { listMerchants } from '../../store/tables/merchants.js';
import { readNowUs } from '../../store/tables/prunable-log.js';
import { addCommand, type Process } from '../command.js';
import { type CommandResult, UsageError, withDatabase } from '../context.js';
import { EXPORT_HELP } from '../help.js';
import { formatInstantUs, parseInstantUs } from '../instant.js';
import { CSV_HEADER, FORMATS, type Format, lineOf, parsePlace, placeOfLine, placeText } from './log-line.js';
import { openFileSink, type Sink, streamSink } from './sink.js';

/** Younger entries may be followed by older ones, whose transactions are still under way. */
const AGE_MIN_US = 60_000_000;

export function defineExport(group: Command, { env, finish, stopSignal }: Process): void {
  addCommand(group, 'logs', 'write the log, the oldest entries first')
    .option(
      '--from <instant>',
      'from this instant on, such as 2025-01-01T00:00:00Z; else from the first entry on',
    )
    .option('--to <instant>', 'before this instant; else up to a minute ago')
    .option('--merchant <id>', 'only of this merchant; else of all, one after the other')
    .addOption(new Option('--format <format>', 'one line for each entry').choices(FORMATS).default('ndjson'))
    .option('--output <file>', 'a new file; else standard output')
    .option('--resume', 'go on after the last whole line of the file', false)
    .addOption(
      new Option('--after <place>', 'go on after this entry, the first four values of a line').conflicts(
        'resume',
      ),
    )
    .addHelpText('after', EXPORT_HELP)
    .action((options: ExportFlags, command: Command) => {
      return finish(command, exportLogsCommand(env, { ...options, signal: stopSignal() }));
    });
}

interface ExportFlags {
  readonly from?: string;
  readonly to?: string;
  readonly merchant?: string;
  readonly format: Format;
  readonly output?: string;
  readonly resume: boolean;
  readonly after?: string;
}

export interface ExportLogsOptions extends ExportFlags {
  readonly signal: AbortSignal;
}

/** `holdfast export logs`: writes the log; exits with 1 if it was stopped before it was done. */
export async function exportLogsCommand(
  env: Environment,
  options: ExportLogsOptions,
): Promise<CommandResult> {
  const { merchant, output } = options;
  if (options.resume && output === undefined) throw new UsageError('--resume needs --output');
  // After its last entry come only later merchants, so newer entries of earlier merchants would be missing.
  if ((options.resume || options.after) && merchant === undefined && options.to === undefined) {
    throw new UsageError('to go on needs --to as it was before, or --merchant');
  }
  const given = options.after === undefined ? undefined : placeGiven(options.after);
  const [fromUs, toUs] = [instantGiven('--from', options.from), instantGiven('--to', options.to)];
  return withDatabase(env, async ({ dataSource }) => {
    if (merchant !== undefined) await requireMerchant(dataSource, merchant);
    const settledUs = (await readNowUs(dataSource)) - AGE_MIN_US;
    const range = { fromUs: fromUs ?? 0, toUs: Math.min(toUs ?? settledUs, settledUs) };
    const ids =
      merchant === undefined ? (await listMerchants(dataSource)).map((m) => m.merchantId) : [merchant];
    const { sink, after } = await openSink(options, given);
    try {
      const pages = exportLog(dataSource, ids, { ...range, after, signal: options.signal });
      return await write(pages, sink, { ...options, after, toUs: range.toUs });
    } finally {
      await sink.close();
    }
  });
}

/** Where to write, and after which entry. */
async function openSink(
  { format, output, resume }: ExportFlags,
  given: ExportPlace | undefined,
): Promise<{ sink: Sink; after: ExportPlace | undefined }> {
  const file = output === undefined ? undefined : await openFileSink(output, resume);
  const sink = file ?? streamSink(process.stdout);
  try {
    const isNew = file?.lastLine === undefined;
    if (isNew && given === undefined && format === 'csv') await sink.write(CSV_HEADER);
    if (isNew || `${file.lastLine}\n` === CSV_HEADER) return { sink, after: given };
    const after = placeOfLine(format, file.lastLine);
    if (after === undefined) throw new UsageError(`${output} does not end as an export in ${format} does`);
    return { sink, after };
  } catch (error) {
    await sink.close();
    throw error;
  }
}

interface Writing extends Pick<ExportLogsOptions, 'format' | 'output' | 'signal'> {
  readonly after: ExportPlace | undefined;
  readonly toUs: number;
}

async function write(
  pages: ReturnType<typeof exportLog>,
  sink: Sink,
  { format, output, signal, after, toUs }: Writing,
): Promise<CommandResult> {
  let entries = 0;
  let last = after;
  let isRead = true;
  for await (const page of pages) {
    isRead = await sink.write(page.map((entry) => lineOf(format, entry)).join(''));
    if (!isRead) break;
    entries += page.length;
    last = page.at(-1);
  }
  const stopped = signal.aborted || !isRead;
  const place = last === undefined ? null : placeText(last);
  const to = formatInstantUs(toUs);
  const said = [`${entries.toLocaleString('en')} entries from before ${to} written.`];
  if (stopped && place !== null) said.push(`Stopped before it was done; go on with --after ${place}`);
  return {
    data: { entries, to, last: place, stopped },
    text: said.join('\n'),
    exitCode: stopped ? 1 : 0,
    aside: output === undefined,
  };
}

function placeGiven(text: string): ExportPlace {
  const place = parsePlace(text);
  if (place === undefined) {
    throw new UsageError(
      '--after takes the first four values of a line: merchantId,loggedAt,inventoryId,revision',
    );
  }
  return place;
}

function instantGiven(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const us = parseInstantUs(text);
  if (us === undefined) throw new UsageError(`${option} takes an instant such as 2025-01-01T00:00:00Z`);
  return us;
}
