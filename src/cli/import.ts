import type { Environment } from '../config.js';
import { failureMessage } from '../domain/failure-message.js';
import { checkRows } from '../service/import/check-rows.js';
import { assertReadableTwice, type FileReading, readRows } from '../service/import/import-file.js';
import { type ImportCounts, type ImportReport, importRows } from '../service/import/import-rows.js';
import { UnusableFile } from '../service/import/line.js';
import { allLines } from '../service/import/line-counts.js';
import { noteStock, withLookalikesTold } from '../service/import/lookalike-rows.js';
import { type Survey, survey } from '../service/import/survey.js';
import { requireMerchant } from '../service/merchants.js';
import { listMerchants } from '../store/merchants.js';
import { type CommandResult, commandConfig, UsageError, withDatabase } from './context.js';
import { withEngine } from './engine.js';
import type { ImportFlags } from './import-options.js';
import { ImportOutput } from './import-output.js';
import { readingOf } from './import-reading.js';
import { counted, toldWarnings } from './import-summary.js';

export interface ImportCommandOptions extends ImportFlags {
  readonly file: string;
  /** Bad lines are part of the data that the command gives back, and not told beside it. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** So that a lane that comes back finds a full batch. */
const BATCHES_WAITING = 1;
/** Half a minute of a database that is away, beside the tries that the engine makes by itself. */
const RETRY = { attemptsMax: 7, backoffMinMs: 500, backoffMaxMs: 8000 };

/** `holdfast import`: creates or restocks a merchant's records from a file; exits with 1 where lines were left. */
export async function importCommand(env: Environment, options: ImportCommandOptions): Promise<CommandResult> {
  const { file, importId, actor } = options;
  if (importId !== undefined && !/^[\x21-\x7e]{1,200}$/.test(importId)) {
    throw new UsageError('--import-id must have 1 to 200 printable ASCII characters, without spaces');
  }
  if (actor === '' || actor.length > 255) throw new UsageError('--actor must have 1 to 255 characters');
  try {
    const reading = readingOf(file, options);
    await assertReadableTwice(file);
    const surveyed = await survey(file, reading);
    return options.dryRun
      ? await check(reading, surveyed, options)
      : await importFile(env, reading, surveyed, options);
  } catch (error) {
    if (error instanceof UnusableFile) throw new UsageError(error.message);
    throw error;
  }
}

async function check(
  reading: FileReading,
  surveyed: Survey,
  { file, json, signal }: ImportCommandOptions,
): Promise<CommandResult> {
  const output = new ImportOutput(file, json);
  try {
    const counts = await checkRows(rowsOf(file, reading, surveyed, output), { signal, observer: output });
    const { data, text } = counted(counts.lines, surveyed.lines, 'good');
    const { badLines, warnings, warned } = output;
    return {
      data: { dryRun: true, ...data, rows: counts.rows, badLines, warned, warnings },
      text: [`${text}. Checked, and nothing was imported.`, ...toldWarnings(warned)].join('\n'),
      exitCode: counts.bad > 0 || signal.aborted ? 1 : 0,
    };
  } finally {
    output.close();
  }
}

function rowsOf(
  file: string,
  reading: FileReading,
  { lookalikes }: Survey,
  output: ImportOutput,
): ReturnType<typeof withLookalikesTold> {
  return withLookalikesTold(readRows(file, reading), lookalikes, (at, warning) => output.warn(at, warning));
}

function importFile(
  env: Environment,
  reading: FileReading,
  surveyed: Survey,
  { file, merchant, importId = surveyed.contentId, actor, json, signal }: ImportCommandOptions,
): Promise<CommandResult> {
  return withDatabase(
    env,
    async (database, config) => {
      const merchantId = await onlyMerchant(database.dataSource, merchant);
      await noteStock(database.dataSource, merchantId, surveyed.lookalikes);
      const output = new ImportOutput(file, json);
      let failure: unknown;
      try {
        const report = await withEngine(
          database,
          config,
          (error) => {
            failure = error;
          },
          (engine) =>
            importRows(engine, rowsOf(file, reading, surveyed, output), {
              merchantId,
              actor,
              importId,
              inFlightMax: Math.min(
                config.limits.batchCommandsMax * (config.limits.engineLanes + BATCHES_WAITING),
                config.limits.queueCommandsMax,
              ),
              retry: RETRY,
              signal,
              observer: output,
            }),
        );
        return result(report, { merchantId, importId, surveyed, output, failure });
      } finally {
        output.close();
      }
    },
    commandConfig(env),
  );
}

async function onlyMerchant(
  dataSource: Parameters<typeof listMerchants>[0],
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) {
    await requireMerchant(dataSource, named);
    return named;
  }
  const merchants = await listMerchants(dataSource);
  if (merchants.length === 1) return merchants[0]!.merchantId;
  throw new UsageError(
    merchants.length === 0
      ? 'there is no merchant yet; see holdfast merchant create'
      : `there are ${merchants.length} merchants: say which with --merchant`,
  );
}

function result(
  { counts, stopped }: ImportReport,
  about: { merchantId: string; importId: string; surveyed: Survey; output: ImportOutput; failure: unknown },
): CommandResult {
  const { merchantId, importId, surveyed, failure } = about;
  const { badLines, warnings, warned } = about.output;
  const read = allLines(counts.lines);
  const fileChanged = stopped === undefined && read !== surveyed.lines;
  const { lines, rows, bad, ...outcomes } = counts;
  const { data, text: linesText } = counted(lines, fileChanged ? read : surveyed.lines);
  const text = [
    `Import ${importId} of ${merchantId}: ${linesText}.`,
    `${described(outcomes)}.`,
    ...toldWarnings(warned),
  ];
  if (fileChanged) {
    text.push(`The file was changed meanwhile: when the import began, it had ${surveyed.lines} lines.`);
  }
  if (stopped !== undefined) {
    text.push(
      stopped === 'interrupted' ? 'Stopped before the end of the file.' : `Stopped: ${why(stopped, failure)}`,
      `To resume, run it again within 24 hours, with the same file and --import-id ${importId}: what is done is not done twice.`,
    );
  } else if (counts.bad > 0) {
    text.push(
      'The bad lines were not imported. Correct them where they are, without adding or taking away lines, and run it',
      `again within 24 hours with --import-id ${importId}: the other lines are not done twice. Or import them from a file`,
      'of their own, as lines must that the stock refused.',
    );
  }
  return {
    data: {
      importId,
      merchantId,
      ...data,
      rows,
      ...outcomes,
      badLines,
      warned,
      warnings,
      fileChanged,
      stopped: stopped ?? null,
    },
    text: text.join('\n'),
    exitCode: counts.bad > 0 || stopped !== undefined || fileChanged ? 1 : 0,
  };
}

function why(reason: Exclude<ImportReport['stopped'], 'interrupted' | undefined>, failure: unknown): string {
  const cause = failure instanceof Error && failure.message !== '' ? ` (${failure.message})` : '';
  return `${failureMessage({ reason })}${cause}`;
}

type Outcomes = Pick<ImportCounts, 'created' | 'restocked' | 'unchanged' | 'alreadyDone'>;

function described({ created, restocked, unchanged, alreadyDone }: Outcomes): string {
  const parts = [`${created} created`, `${restocked} restocked`];
  if (unchanged > 0) parts.push(`${unchanged} unchanged`);
  const rows = created + restocked + unchanged + alreadyDone;
  return `${rows} row${rows === 1 ? '' : 's'}: ${[...parts, `${alreadyDone} already done`].join(', ')}`;
}
