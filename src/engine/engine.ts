import type { DataSource } from 'typeorm';
import type { Command } from '../domain/command.js';
import type { Fault } from '../domain/failure.js';
import { mapName, named } from '../domain/map-name.js';
import { isOfMerchants } from '../store/connection/data-source.js';
import { NodeSilent } from '../store/connection/silent-nodes.js';
import { databaseErrorKind, errorClass, isLockTimeout } from '../store/connection/sqlstate.js';
import type { RecordKey } from '../store/tables/stock-levels.js';
import type { Tracing } from '../telemetry/spans.js';
import {
  applyBehind,
  applyCommands,
  applyPatiently,
  BatchOutcomeUnknown,
  type BatchRules,
  reconcileBatch,
} from './apply-commands.js';
import { weightOf } from './fetch/batch-room.js';
import { ExpiredBacklog } from './fetch/fetch.js';
import { recordsNamed } from './fetch/records-named.js';
import { RecordsMoved } from './fetch/wanted-records.js';
import { findFreeRecords } from './free-records.js';
import { endBacklog } from './hold-sweep.js';
import { MovedMerchants } from './moved-merchants.js';
import { Batcher } from './scheduler/batcher.js';
import { systemClock } from './scheduler/clock.js';
import type { Answer } from './scheduler/entry.js';
import {
  type Executor,
  type FailureKind,
  RowKept,
  RowUnanswered,
  type SchedulerLimits,
} from './scheduler/executor.js';
import type { Execution, Submission } from './submission.js';
import { tracedExecutor } from './traced-executor.js';

/** Says which commands would wait too long. */
export interface EngineLoad {
  /** Commands have been refused of late because they would have waited too long. */
  readonly tight: boolean;
  /**
   * Whether one more command of the merchant would wait too long. `announced`: calls of theirs that have been let in
   * and are not submitted yet. `waitedMs`: how long the command may have waited already, before it was read.
   */
  refuses(merchantId: string, announced: number, waitedMs?: number): boolean;
}

/** Executes commands that change stock. */
export interface Engine {
  /** Never rejects. `deadlineAtMs`: milliseconds since the epoch; past it, an execution no longer begins. */
  submit(submission: Submission, deadlineAtMs: number): Promise<Execution | Fault>;
  /** Takes no more commands. Resolves when all that were taken are answered. */
  drain(): Promise<void>;
  /** Undefined: it can take whatever comes. */
  readonly load?: EngineLoad;
  /**
   * Of an engine in another process, which refuses single commands as they arrive there: whether a batch of the
   * merchant's would wait too long.
   */
  refusesBatch?(merchantId: string): Promise<boolean>;
}

export interface EngineOptions {
  readonly limits: SchedulerLimits;
  readonly observer: EngineObserver;
  /** Undefined: transactions are not traced. */
  readonly tracing?: Pick<Tracing, 'batch'> | undefined;
}

export interface EngineObserver {
  batch(commands: number): void;
  /** A command is taken into a batch for the first time. */
  taken(waitedMs: number): void;
  /** `cause`: the class of its SQLSTATE, or another word; one of few. */
  retry(error: unknown, cause: string): void;
  /** A batch goes on in two halves: one of its commands may be at fault or wait, or it has lost too many races. */
  split(): void;
  /** What became of a COMMIT without an answer. */
  settled(as: 'committed' | 'undone' | 'unsettled'): void;
  /** A record that somebody else had is free, or no command waits for it any more. */
  recordFree(waitedMs: number): void;
  /** A committed transaction changed the merchant's stock. */
  changed(merchantId: string): void;
  /** A command was answered with its outcome. */
  done(): void;
  /** A command was answered with a fault because of this error. */
  failed(error: unknown): void;
  /** Somebody else has kept a record for a second or more. Called once for each record, until it is free. */
  recordKept(record: RecordKey, commands: number, waitedMs: number): void;
}

/** How much is waiting in the engine. */
export interface EngineFigures {
  /** Commands that wait for a transaction, or for a record. */
  readonly queued: number;
  /** Records that somebody else has and that commands wait for. */
  readonly recordsAwaited: number;
  /** Some command is not answered yet. */
  readonly busy: boolean;
}

export function createEngine(dataSource: DataSource, options: EngineOptions): Engine & EngineFigures {
  const { observer, limits, tracing } = options;
  const plain = executor(dataSource, options);
  const batcher = new Batcher(tracing ? tracedExecutor(plain, tracing) : plain, limits, systemClock);
  return {
    submit: async (submission, deadlineAtMs) =>
      toExecution(await batcher.submit(submission, deadlineAtMs), observer),
    drain: () => batcher.drain(),
    load: batcher,
    get queued() {
      return batcher.queued;
    },
    get recordsAwaited() {
      return batcher.rowsAwaited;
    },
    get busy() {
      return batcher.busy;
    },
  };
}

function executor(
  dataSource: DataSource,
  { limits, observer }: EngineOptions,
): Executor<Submission, Execution> {
  const onChange = (merchantId: string): void => observer.changed(merchantId);
  const oneMerchant = isOfMerchants(dataSource);
  const moved = new MovedMerchants();
  const rules: BatchRules = { linesMax: limits.batchCommandsMax, onChange, moved };
  /** Deadlines may pass meanwhile. They are checked before the next try. */
  const endBacklogOf = async (error: unknown): Promise<never> => {
    if (error instanceof ExpiredBacklog) await endBacklog(dataSource, error.records, onChange);
    throw error;
  };
  return {
    execute: (submissions, claim) => applyCommands(dataSource, submissions, rules, claim).catch(endBacklogOf),
    executeBehind: (name, line) => applyBehind(dataSource, recordOf(name), line, rules).catch(endBacklogOf),
    executePatiently: (submissions) => applyPatiently(dataSource, submissions, rules).catch(endBacklogOf),
    findFree: async (names) => {
      const free = await findFreeRecords(dataSource, names.map(recordOf), moved);
      return free.map(({ merchantId, id }) => mapName(merchantId, id));
    },
    lookOf: (name) => (oneMerchant ? named(name).merchantId : ''),
    reconcile: (error) => reconcileBatch(dataSource, error as BatchOutcomeUnknown),
    failureKind,
    weightOf,
    groupOf: ({ command }) => (oneMerchant ? groupAlone(command) : command.merchantId),
    sequenceOf: ({ sequence }) => sequence,
    namesOf: ({ command }) => recordsNamed(command),
    oneGroup: oneMerchant,
    onBatch: (commands) => observer.batch(commands),
    onTaken: (waitedMs) => observer.taken(waitedMs),
    onRetry: (error) => observer.retry(error, causeOf(error)),
    onSplit: () => observer.split(),
    onSettled: (as) => observer.settled(as),
    onRowFree: (waitedMs) => observer.recordFree(waitedMs),
    onKept: (name, commands, waitedMs) => observer.recordKept(recordOf(name), commands, waitedMs),
  };
}

/**
 * A merchant's settings are on all nodes of a cluster, so a change of them is committed in two phases. Changes of stock must
 * not be in one transaction with it.
 */
function groupAlone({ kind, merchantId }: Command): string {
  return kind === 'update_settings' ? mapName(merchantId, 'settings') : merchantId;
}

function causeOf(error: unknown): string {
  if (error instanceof RecordsMoved) return 'moved';
  if (error instanceof ExpiredBacklog) return 'backlog';
  return error instanceof BatchOutcomeUnknown ? 'commit' : errorClass(error);
}

function recordOf(name: string): RecordKey {
  const { merchantId, name: id } = named(name);
  return { merchantId, id };
}

function toExecution(answer: Answer<Execution>, observer: EngineObserver): Execution | Fault {
  switch (answer.kind) {
    case 'done':
      observer.done();
      return answer.result;
    case 'queue_full':
      return { reason: 'OVERLOADED' };
    case 'closing':
      return { reason: 'SHUTTING_DOWN' };
    case 'deadline_passed':
      return { reason: 'DEADLINE_EXCEEDED' };
    case 'failed':
      observer.failed(answer.error);
      return { reason: faultReason(answer.error) };
  }
}

function failureKind(error: unknown): FailureKind {
  if (error instanceof BatchOutcomeUnknown) return 'unknown_outcome';
  if (error instanceof RecordsMoved || error instanceof ExpiredBacklog) return 'race';
  if (error instanceof NodeSilent) return 'fail';
  switch (databaseErrorKind(error)) {
    case 'contention':
      // Somebody has locked something else that one command needs. The other commands need not wait for it.
      return isLockTimeout(error) ? 'isolate' : 'race';
    case 'unavailable':
      return 'retry';
    // The fault may be that of one command. Splitting finds it, and the others succeed.
    case 'culprit':
    case 'fault':
      return 'split';
  }
}

function faultReason(error: unknown): Fault['reason'] {
  if (error instanceof BatchOutcomeUnknown || error instanceof RowUnanswered) return 'DATABASE_UNAVAILABLE';
  if (error instanceof RecordsMoved || error instanceof ExpiredBacklog || error instanceof RowKept) {
    return 'CONTENTION';
  }
  switch (databaseErrorKind(error)) {
    case 'contention':
      return 'CONTENTION';
    case 'unavailable':
      return 'DATABASE_UNAVAILABLE';
    case 'culprit':
    case 'fault':
      return 'INTERNAL';
  }
}
