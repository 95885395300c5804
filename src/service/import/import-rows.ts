import { setMaxListeners } from 'node:events';
import type { Fault } from '../../domain/failure.js';
import type { Engine } from '../../engine/engine.js';
import { type LineCounts, noLines } from './line-counts.js';
import { isPassedOver, type Lines, type Row } from './reading/line.js';
import { RecordTurns } from './record-turns.js';
import { receiptOf } from './rows/row-receipt.js';
import { type LineMode, type LineWork, type RetryLimits, submitLine } from './submit-line.js';

export interface ImportOptions {
  /** What is done with the lines, and on whose behalf. */
  readonly mode: LineMode;
  /** Lines submitted to the engine and not answered yet; at least 1. */
  readonly inFlightMax: number;
  readonly retry: RetryLimits;
  /** When aborted, no further line starts; those in flight are finished. */
  readonly signal: AbortSignal;
  readonly observer: ImportObserver;
}

export interface ImportObserver {
  /** Reports lines that were not imported, with all their problems. Not in the order of the file. */
  bad(lines: Lines, problems: readonly string[]): void;
  /** A row has been processed. */
  progress(counts: ImportCounts, endByte: number): void;
}

/**
 * Counts of rows, except for `lines`. Unless the import was stopped, each row is in exactly one count besides `rows`.
 */
export interface ImportCounts {
  readonly lines: LineCounts;
  rows: number;
  created: number;
  restocked: number;
  /** Set to a count that differed from the units on hand. */
  adjusted: number;
  /** No units for an existing record, or a count that was right. */
  unchanged: number;
  /** Done in an earlier run of the same import. */
  alreadyDone: number;
  bad: number;
}

export function noCounts(): ImportCounts {
  const rows = { rows: 0, created: 0, restocked: 0, adjusted: 0, unchanged: 0, alreadyDone: 0, bad: 0 };
  return { lines: noLines(), ...rows };
}

export interface ImportReport {
  readonly counts: Readonly<ImportCounts>;
  /** Why the import ended before the file did; undefined when it did not. */
  readonly stopped: 'interrupted' | Fault['reason'] | undefined;
  /** When lines of earlier runs were done, milliseconds since the epoch; undefined when there are none. */
  readonly doneBefore: { readonly firstAtMs: number; readonly lastAtMs: number } | undefined;
}

/**
 * Submits the rows to the engine in order, many at a time so that they share transactions. Bad rows are reported and
 * skipped. A fault that does not go away stops the import. What is done stays done: a later run skips remembered lines,
 * or sets counts to the same values again.
 */
export async function importRows(
  engine: Pick<Engine, 'submit'>,
  rows: AsyncIterable<readonly Row[]>,
  options: ImportOptions,
): Promise<ImportReport> {
  const { signal, observer, inFlightMax, mode } = options;
  // Each line that waits for a retry adds a listener.
  setMaxListeners(0, signal);
  const counts = noCounts();
  let doneBefore: ImportReport['doneBefore'];
  const turns = new RecordTurns();
  let inFlight = 0;
  let onAnswer = (): void => {};
  let fault: Fault['reason'] | undefined;
  let crash: { error: unknown } | undefined;
  let isCut = false;

  const bad = (row: Row, problems: readonly string[]): void => {
    counts.bad++;
    counts.lines.bad += row.lines;
    observer.bad(row, problems);
  };
  const isStopped = (): boolean => signal.aborted || fault !== undefined || crash !== undefined;
  const submit = async (row: Row, work: LineWork): Promise<void> => {
    if (isStopped()) {
      isCut = true;
      return;
    }
    const result = await submitLine(engine, work, options);
    if (result.kind === 'fault') {
      fault ??= result.reason;
      return;
    }
    if (result.kind === 'refused') bad(row, result.problems);
    else {
      counts.lines.done += row.lines;
      if (result.kind === 'done') counts[result.effect]++;
      else {
        counts.alreadyDone++;
        doneBefore = spanned(doneBefore, result.doneAtMs);
      }
    }
    observer.progress(counts, row.endByte);
  };
  const untilInFlight = async (most: number): Promise<void> => {
    while (inFlight > most) {
      await new Promise<void>((resolve) => {
        onAnswer = resolve;
      });
    }
  };
  const take = async (row: Row): Promise<void> => {
    if (isPassedOver(row)) {
      counts.lines[row.kind] += row.lines;
      observer.progress(counts, row.endByte);
      return;
    }
    counts.rows++;
    const receipt = receiptOf(row);
    if (Array.isArray(receipt)) {
      bad(row, receipt);
      observer.progress(counts, row.endByte);
      return;
    }
    // Called in the order of the file, though work may finish in another.
    const work = mode.prepare(row.line, receipt);
    inFlight++;
    turns
      .take(receipt.details, () => submit(row, work))
      .catch((error) => {
        crash ??= { error };
      })
      .finally(() => {
        inFlight--;
        onAnswer();
      });
    await untilInFlight(inFlightMax - 1);
  };

  try {
    for await (const group of rows) {
      for (const row of group) {
        isCut ||= isStopped();
        if (isCut) break;
        await take(row);
      }
      if (isCut) break;
    }
  } finally {
    await untilInFlight(0);
  }
  if (crash !== undefined) throw crash.error;
  const interrupted = signal.aborted && (isCut || fault !== undefined);
  return { counts, stopped: interrupted ? 'interrupted' : fault, doneBefore };
}

function spanned(span: ImportReport['doneBefore'], atMs: number): NonNullable<ImportReport['doneBefore']> {
  if (span === undefined) return { firstAtMs: atMs, lastAtMs: atMs };
  return { firstAtMs: Math.min(span.firstAtMs, atMs), lastAtMs: Math.max(span.lastAtMs, atMs) };
}
