import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../domain/failure.js';
import { failureMessage } from '../../domain/failure-message.js';
import type { ImportLine } from '../../domain/import-line.js';
import type { CountedSuccess, ReceivedSuccess } from '../../domain/outcome.js';
import { reasons } from '../../domain/reasons.js';
import type { Engine } from '../../engine/engine.js';
import { type Backoff, backoffMs } from '../../timing/backoff.js';
import { execute, type Refused, type Result } from '../commands.js';
import { fingerprint } from '../fingerprint.js';
import { newId } from '../ids.js';
import { LineContents } from './line-contents.js';
import type { Receipt } from './rows/receipt.js';

/** On whose behalf lines are imported. */
export interface Importer {
  readonly merchantId: string;
  /** Recorded in the log. */
  readonly actor: string;
}

export interface RetryLimits extends Backoff {
  /** Tries per line, including the first. */
  readonly attemptsMax: number;
}

export type Submitted =
  | { readonly kind: 'done'; readonly effect: Effect; readonly difference?: number }
  /** Done in an earlier run, or by one that runs now. */
  | { readonly kind: 'done_before'; readonly doneAtMs: number }
  /** The line cannot be imported as it stands. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  /** Nothing was imported, but the line is not at fault. */
  | { readonly kind: 'fault'; readonly reason: Fault['reason'] };

export type Effect = 'created' | 'restocked' | 'adjusted' | 'unchanged';

/** What is done with lines. `prepare` is called for each usable line in the order of the file, and returns its work. */
export interface LineMode {
  prepare(line: number, receipt: Receipt): LineWork;
}

export type LineWork = (engine: Pick<Engine, 'submit'>) => Promise<Submitted>;

/**
 * Receives the units of each line once: a line that the memory of the import has as done is not done again by any run.
 * `isAllThere` tells, for an import that was started before, whether the file has all lines that were done then.
 */
export function receiveLines(
  importer: Importer,
  memoryId: string,
  isAllThere?: () => Promise<boolean>,
): LineMode {
  const contents = new LineContents();
  let file: Promise<ImportLine['file']> | undefined;
  const fileState = async (): Promise<ImportLine['file']> => {
    if (isAllThere === undefined) return undefined;
    file ??= isAllThere().then((isWhole) => (isWhole ? 'whole' : 'changed'));
    return file;
  };
  return {
    prepare: (number, receipt) => {
      const line = { memoryId, number, content: contents.nameOf(receipt) };
      const command = {
        kind: 'receive_record',
        ...importer,
        newId: receipt.id ?? newId('inv'),
        ...receipt,
      } as const;
      return async (engine) => {
        const once = { ...command, line: { ...line, file: await fileState() } };
        return submitted(await execute(engine, callOf(importer), once, () => ''), ({ received }) => {
          if (received.effect === 'done_before') return { kind: 'done_before', doneAtMs: received.doneAtMs };
          if (received.effect !== 'said_otherwise') return { kind: 'done', effect: received.effect };
          return { kind: 'refused', problems: [saidOtherwise(received.doneAtMs)] };
        });
      };
    },
  };
}

function saidOtherwise(doneAtMs: number | null): string {
  if (doneAtMs === null) {
    return 'is new, and the file lacks lines that were done under this import id, so it may be a changed one';
  }
  const day = new Date(doneAtMs).toISOString().slice(0, 10);
  return `was done under this import id on ${day}, with other content`;
}

/**
 * Sets the units of each line's record to its count. Runs may be repeated, so nothing is remembered between them.
 * Within a run, only one line counts a record, and a line whose answer was lost does not overwrite later changes.
 */
export function setLines(importer: Importer): LineMode {
  const runId = randomUUID();
  return {
    prepare: (number, receipt) => {
      const { productId, skuId, warehouseId } = receipt.details;
      const record = fingerprint('count_record', productId, skuId, warehouseId);
      const call = { ...callOf(importer), idempotencyKey: `count/${runId}/${record}` };
      const command = {
        kind: 'count_record',
        ...importer,
        newId: receipt.id ?? newId('inv'),
        ...receipt,
      } as const;
      return async (engine) =>
        submitted(
          await execute(engine, call, command, () => String(number)),
          ({ counted: { effect, difference } }) => ({ kind: 'done', effect, difference }),
        );
    },
  };
}

function callOf({ merchantId, actor }: Importer) {
  return {
    principal: { merchantId, actor, permissions: new Set<never>() },
    idempotencyKey: undefined,
    deadlineAtMs: Number.MAX_SAFE_INTEGER,
  };
}

function submitted<S extends ReceivedSuccess | CountedSuccess>(
  result: Result<S>,
  onSuccess: (success: S) => Submitted,
): Submitted {
  if (result.ok) return onSuccess(result.success);
  const { failure } = result;
  return isFault(failure)
    ? { kind: 'fault', reason: failure.reason }
    : { kind: 'refused', problems: problemsOf(failure) };
}

/** Does a line's work, and retries passing faults within bounds. */
export async function submitLine(
  engine: Pick<Engine, 'submit'>,
  work: LineWork,
  { retry, signal }: { readonly retry: RetryLimits; readonly signal: AbortSignal },
): Promise<Submitted> {
  for (let attempt = 1; ; attempt++) {
    const result = await work(engine);
    const isOver = result.kind !== 'fault' || !isPassing(result.reason);
    if (isOver || attempt >= retry.attemptsMax || signal.aborted) return result;
    await sleep(backoffMs(attempt, retry, Math.random()), undefined, { signal }).catch(() => {});
  }
}

/** Whether a fault may go away. An engine that shuts down does not come back in this process. */
function isPassing(reason: Fault['reason']): boolean {
  return reasons[reason].retryable && reason !== 'SHUTTING_DOWN';
}

function isFault(failure: Refused['failure']): failure is Fault {
  return reasons[failure.reason].class === 'fault';
}

function problemsOf(failure: Exclude<Refused['failure'], Fault>): string[] {
  switch (failure.reason) {
    case 'VALIDATION_FAILED':
      return failure.violations.map(({ field, description }) => `${field} ${description}`);
    case 'IDEMPOTENCY_KEY_REUSED':
      return ['counts a record that an earlier line counts: give one line per record'];
    case 'INVENTORY_NOT_FOUND':
      return ['names a record that has a description but no stock level; see holdfast audit'];
    default:
      return [failureMessage(failure)];
  }
}
