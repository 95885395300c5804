import type { Command } from 'commander';
import type { Config, Environment } from '../../config.js';
import type { Database } from '../../database.js';
import { DatabaseUnusable } from '../../database-unusable.js';
import { checkRows } from '../../service/import/check-rows.js';
import { isAllThere, likeImport } from '../../service/import/import-memory.js';
import { type ImportReport, importRows } from '../../service/import/import-rows.js';
import { noteStock, withLookalikesTold } from '../../service/import/lookalike-rows.js';
import { assertReadableTwice, type FileReading, readRows } from '../../service/import/reading/import-file.js';
import { type Row, UnusableFile } from '../../service/import/reading/line.js';
import { type LineMode, receiveLines, setLines } from '../../service/import/submit-line.js';
import { type Survey, survey } from '../../service/import/survey.js';
import { requireMerchant } from '../../service/merchants.js';
import type { MemoryKey } from '../../store/tables/import-lines.js';
import { closeImport, openImport } from '../../store/tables/imports.js';
import { listMerchants } from '../../store/tables/merchants.js';
import { readActor } from '../actor.js';
import { isJson, type Process } from '../command.js';
import { type CommandResult, commandConfig, UsageError, withDatabase } from '../context.js';
import { withEngine } from '../engine.js';
import { addImportOptions, type ImportFlags } from './options.js';
import { ImportOutput } from './output.js';
import { readingOf } from './reading.js';
import { type ImportRun, importResult } from './result.js';
import { counted, toldWarnings } from './summary.js';

export function defineImport(command: Command, { env, finish, stopSignal }: Process): void {
  addImportOptions(command).action((file: string, flags: ImportFlags) => {
    const options = { ...flags, file, json: isJson(command), signal: stopSignal() };
    return finish(command, importCommand(env, options));
  });
}

export interface ImportCommandOptions extends ImportFlags {
  readonly file: string;
  /** Bad lines are then part of the command's data, and not reported separately. */
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Ensures that a lane that comes back finds a full batch. */
const BATCHES_WAITING = 1;
/** About half a minute of database downtime, on top of the engine's own retries. */
const RETRY = { attemptsMax: 7, backoffMinMs: 500, backoffMaxMs: 8000 };

/**
 * `holdfast import`: creates or restocks a merchant's records from a file, or sets them to counts; exits with 1 if
 * lines were left.
 */
export async function importCommand(env: Environment, options: ImportCommandOptions): Promise<CommandResult> {
  const { file, importId, set } = options;
  if (importId !== undefined && !/^[\x21-\x7e]{1,200}$/.test(importId)) {
    throw new UsageError('--import-id must have 1 to 200 printable ASCII characters, without spaces');
  }
  if (set && importId !== undefined) {
    throw new UsageError('--set needs no --import-id: running it again gives the same result');
  }
  const actor = readActor(options.actor);
  try {
    await assertReadableTwice(file);
    const reading = readingOf(file, options);
    const surveyed = await survey(file, reading);
    return options.dryRun
      ? await check(env, reading, surveyed, options)
      : await importFile(env, reading, surveyed, actor, options);
  } catch (error) {
    if (error instanceof UnusableFile) throw new UsageError(error.message);
    throw error;
  }
}

async function check(
  env: Environment,
  reading: FileReading,
  surveyed: Survey,
  { file, json, signal }: ImportCommandOptions,
): Promise<CommandResult> {
  const output = new ImportOutput(file, json, env);
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
  actor: string,
  { file, merchant, importId, set, json, signal }: ImportCommandOptions,
): Promise<CommandResult> {
  return withDatabase(
    env,
    async (database, config) => {
      const merchantId = await onlyMerchant(database.dataSource, merchant);
      const importer = { merchantId, actor };
      const memory = set ? undefined : await openMemory(database, merchantId, surveyed, importId);
      const allThere = (key: MemoryKey) => () =>
        isAllThere(database.dataSource, key, readRows(file, reading));
      const mode =
        memory === undefined
          ? setLines(importer)
          : receiveLines(
              importer,
              memory.id,
              memory.mayDiffer ? allThere({ merchantId, memoryId: memory.id }) : undefined,
            );
      await noteStock(database.dataSource, merchantId, surveyed.lookalikes);
      const output = new ImportOutput(file, json, env);
      try {
        const rows = rowsOf(file, reading, surveyed, output);
        const run = await runImport(database, config, rows, { mode, signal, output });
        await memory?.close(run.report);
        return importResult(run, { merchantId, importId: memory?.importId, surveyed, output });
      } finally {
        output.close();
      }
    },
    commandConfig(env),
  );
}

interface Memory {
  readonly id: string;
  readonly importId: string;
  /** The import was begun before, perhaps with other lines. */
  readonly mayDiffer: boolean;
  close(report: ImportReport): Promise<void>;
}

async function openMemory(
  { dataSource }: Database,
  merchantId: string,
  surveyed: Survey,
  named: string | undefined,
): Promise<Memory> {
  const importId = named ?? surveyed.contentId;
  const like = named === undefined ? await likeImport(dataSource, merchantId, surveyed) : undefined;
  if (like !== undefined) {
    const day = new Date(like.usedAtMs).toISOString().slice(0, 10);
    throw new UsageError(
      `this file is similar to that of an import on ${day} that left lines. To resume that import, ` +
        `run it with --import-id ${like.importId}: lines already done are not repeated. ` +
        'If it is another delivery, give it a new --import-id',
    );
  }
  const { memoryId: id, isNew } = await openImport(
    dataSource,
    { merchantId, importId },
    surveyed.sketch,
  ).catch((error) => {
    throw new DatabaseUnusable(error);
  });
  const close: Memory['close'] = async ({ counts, stopped }) => {
    if (stopped !== undefined) return;
    // Only the similarity hint depends on it: without it, the import counts as unfinished.
    await closeImport(dataSource, { merchantId, memoryId: id }, counts.lines.bad).catch(() => {});
  };
  // An id derived from the content means that it is the same file.
  return { id, importId, mayDiffer: !isNew && importId !== surveyed.contentId, close };
}

async function runImport(
  database: Database,
  config: Config,
  rows: AsyncIterable<readonly Row[]>,
  { mode, signal, output }: { mode: LineMode; signal: AbortSignal; output: ImportOutput },
): Promise<ImportRun> {
  const { batchCommandsMax, engineLanes, queueCommandsMax } = config.limits;
  const inFlightMax = Math.min(batchCommandsMax * (engineLanes + BATCHES_WAITING), queueCommandsMax);
  let failure: unknown;
  const onFailure = (error: unknown): void => {
    failure = error;
  };
  const report = await withEngine(database, config, onFailure, (engine) =>
    importRows(engine, rows, { mode, inFlightMax, retry: RETRY, signal, observer: output }),
  );
  return { report, failure };
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
      : `there are ${merchants.length} merchants: choose one with --merchant`,
  );
}
