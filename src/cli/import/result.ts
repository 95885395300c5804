import { failureMessage } from '../../domain/failure-message.js';
import { oneLine } from '../../printable.js';
import type { ImportCounts, ImportReport } from '../../service/import/import-rows.js';
import { allLines } from '../../service/import/line-counts.js';
import type { Survey } from '../../service/import/survey.js';
import { IMPORT_MEMORY_DAYS } from '../../store/tables/imports.js';
import type { CommandResult } from '../context.js';
import type { ImportOutput } from './output.js';
import { counted, lineCount, toldWarnings } from './summary.js';

export interface ImportRun {
  readonly report: ImportReport;
  /** Why a command failed. */
  readonly failure: unknown;
}

interface About {
  readonly merchantId: string;
  /** Undefined for counts, which need none. */
  readonly importId: string | undefined;
  readonly surveyed: Pick<Survey, 'lines'>;
  readonly output: Pick<ImportOutput, 'badLines' | 'warned' | 'warnings'>;
}

/** What an import achieved, and what to do about the lines that it left. */
export function importResult({ report, failure }: ImportRun, about: About): CommandResult {
  const { counts, stopped, doneBefore } = report;
  const { merchantId, importId, surveyed } = about;
  const { badLines, warned, warnings } = about.output;
  const read = allLines(counts.lines);
  const fileChanged = stopped === undefined && read !== surveyed.lines;
  const { lines, rows, bad, restocked, alreadyDone, adjusted, ...outcomes } = counts;
  const { data, text: linesText } = counted(lines, fileChanged ? read : surveyed.lines);
  const name = importId === undefined ? 'Counts' : `Import ${importId}`;
  const text = [
    `${name} of ${merchantId}: ${linesText}.`,
    `${described(counts, importId)}.`,
    ...toldWarnings(warned),
  ];
  if (fileChanged) {
    text.push(`The file was changed meanwhile: when the import began, it had ${surveyed.lines} lines.`);
  }
  if (doneBefore !== undefined) {
    const [first, last] = [dayOf(doneBefore.firstAtMs), dayOf(doneBefore.lastAtMs)];
    const when = first === last ? `on ${first}` : `from ${first} to ${last}`;
    text.push(
      `${lineCount(alreadyDone, 'row')} ${alreadyDone === 1 ? 'was' : 'were'} done before, ${when}, and not repeated.`,
    );
    // Otherwise it resumed what was left, as intended.
    if (alreadyDone === rows) {
      text.push('If this is another delivery with the same content, run it with a new --import-id.');
    }
  }
  if (stopped !== undefined) {
    text.push(stopped === 'interrupted' ? 'Stopped before the end of the file.' : why(stopped, failure));
  }
  if (stopped !== undefined || bad > 0) text.push(...advice(importId, stopped !== undefined));
  const ofMode = importId === undefined ? { set: true, adjusted } : { importId, restocked, alreadyDone };
  return {
    data: {
      ...ofMode,
      merchantId,
      ...data,
      rows,
      ...outcomes,
      ...(importId === undefined ? {} : { doneBefore: instants(doneBefore) }),
      badLines,
      warned,
      warnings,
      fileChanged,
      stopped: stopped ?? null,
    },
    text: text.join('\n'),
    exitCode: bad > 0 || stopped !== undefined || fileChanged ? 1 : 0,
  };
}

function described(counts: Readonly<ImportCounts>, importId: string | undefined): string {
  const { created, restocked, adjusted, unchanged, alreadyDone } = counts;
  const rows = created + restocked + adjusted + unchanged + alreadyDone;
  const parts =
    importId === undefined
      ? [`${created} created`, `${adjusted} adjusted`, `${unchanged} unchanged`]
      : [
          `${created} created`,
          `${restocked} restocked`,
          ...(unchanged > 0 ? [`${unchanged} unchanged`] : []),
          `${alreadyDone} already done`,
        ];
  return `${lineCount(rows, 'row')}: ${parts.join(', ')}`;
}

function advice(importId: string | undefined, isStopped: boolean): string[] {
  if (importId === undefined) {
    return [
      isStopped
        ? 'Run it again: counts that are already set stay the same.'
        : 'The bad lines were not imported. Correct them and run it again: the other lines are set to the same.',
    ];
  }
  if (isStopped) {
    return [
      `To resume, run it again with the same file and --import-id ${importId}: lines already done are not repeated`,
      `for ${IMPORT_MEMORY_DAYS} days.`,
    ];
  }
  return [
    'The bad lines were not imported. Correct them in the file, and run it again with',
    `--import-id ${importId}: lines already done are not repeated for ${IMPORT_MEMORY_DAYS} days.`,
  ];
}

function why(reason: Exclude<ImportReport['stopped'], 'interrupted' | undefined>, failure: unknown): string {
  const cause = failure instanceof Error && failure.message !== '' ? ` (${oneLine(failure.message)})` : '';
  return `Stopped: ${failureMessage({ reason })}${cause}`;
}

function instants(span: ImportReport['doneBefore']): { first: string; last: string } | null {
  if (span === undefined) return null;
  const [first, last] = [span.firstAtMs, span.lastAtMs].map((ms) => new Date(ms).toISOString());
  return { first: first!, last: last! };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
