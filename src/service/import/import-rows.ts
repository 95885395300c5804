import { setMaxListeners } from 'node:events';
import type { Fault } from '../../domain/failure.js';
import type { Engine } from '../../engine/engine.js';
import { type LineCounts, noLines } from './line-counts.js';
import { isPassedOver, type Lines, type Row } from './reading/line.js';
import { RecordTurns } from './record-turns.js';
import { receiptOf } from './rows/row-receipt.js';
import { type LineMode, type LineWork, type RetryLimits, submitLine } from './submit-line.js';

export interface ImportOptions {
  /** What is done with the lines, and in whose name. */
  readonly mode: LineMode;
  /** Lines handed to the engine and not answered yet; at least 1. */
  readonly inFlightMax: number;
  readonly retry: RetryLimits;
  /** Aborted: no further line begins, those in flight are finished. */
  readonly signal: AbortSignal;
  readonly observer: ImportObserver;
}

export interface ImportObserver {
  /** Lines that were not imported, with all that is wrong with them. Not in the order of the file. */
  bad(lines: Lines, problems: readonly string[]): void;
  /** A row is dealt with. */
  progress(counts: ImportCounts, endByte: number): void;
}

/** Of rows, beside `lines`; each is in exactly one of the others but `rows`, when the import was not stopped. */
export interface ImportCounts {
  readonly lines: LineCounts;
  rows: number;
  created: number;
  restocked: number;
  /** Set to a count that differed from what was there. */
  adjusted: number;
  /** No units for a record that exists, or a count that was right. */
  unchanged: number;
  /** In an earlier run of the same import. */
  alreadyDone: number;
  bad: number;
}

export function noCounts(): ImportCounts {
  const rows = { rows: 0, created: 0, restocked: 0, adjusted: 0, unchanged: 0, alreadyDone: 0, bad: 0 };
  return { lines: noLines(), ...rows };
}

export interface ImportReport {
  readonly counts: Readonly<ImportCounts>;
  /** Why it ended before the file did; undefined when it did not. */
  readonly stopped: 'interrupted' | Fault['reason'] | undefined;
  /** When the lines that were already done were done, milliseconds since the epoch; undefined where there are none. */
  readonly doneBefore: { readonly firstAtMs: number; readonly lastAtMs: number } | undefined;
}

/**
 * Hands the rows to the engine in their order, many at once so that they share transactions. One that is bad is told
 * and passed over; a fault that does not go away stops the import, and what is done stays done: a later run goes on
 * from there, since the import remembers its lines, or sets counts to what they are set to already.
 */
export async function importRows(
  engine: Pick<Engine, 'submit'>,
  rows: AsyncIterable<readonly Row[]>,
  options: ImportOptions,
): Promise<ImportReport> {
  const { signal, observer, inFlightMax, mode } = options;
  // Each line that waits to be tried again listens.
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
    // In the order of the file, whatever comes of it.
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
