import type { DataSource } from 'typeorm';
import type { Fault } from '../domain/failure.js';
import { databaseErrorKind } from '../store/connection/sqlstate.js';
import { applyCommands, BatchOutcomeUnknown, reconcileBatch } from './apply-commands.js';
import { type Answer, Batcher, type BatcherLimits, type FailureKind, systemClock } from './batcher.js';
import { weightOf } from './fetch/batch-room.js';
import { ExpiredBacklog } from './fetch/fetch.js';
import { RecordsMoved } from './fetch/wanted-records.js';
import { endBacklog } from './hold-sweep.js';
import type { Execution, Submission } from './submission.js';

/** Executes commands that change stock. */
export interface Engine {
  /** Never rejects. `deadlineAtMs`: milliseconds since the epoch; past it, an execution no longer begins. */
  submit(submission: Submission, deadlineAtMs: number): Promise<Execution | Fault>;
  /** Takes no more; resolves when all that was taken is answered. */
  drain(): Promise<void>;
}

export interface EngineOptions {
  readonly limits: BatcherLimits;
  /** `merchant` keeps a transaction on one merchant's rows, for tables sharded by merchant. */
  readonly batchScope: 'any' | 'merchant';
  readonly observer: EngineObserver;
}

export interface EngineObserver {
  batch(commands: number): void;
  retry(error: unknown): void;
  /** A committed transaction changed the merchant's stock. */
  changed(merchantId: string): void;
  /** A command was answered with a fault because of this. */
  failed(error: unknown): void;
}

export function createEngine(
  dataSource: DataSource,
  options: EngineOptions,
): Engine & { readonly queued: number } {
  const { observer } = options;
  const onChange = (merchantId: string): void => observer.changed(merchantId);
  const merchantOf = options.batchScope === 'merchant' ? (s: Submission) => s.command.merchantId : undefined;
  const batcher = new Batcher<Submission, Execution>({
    limits: options.limits,
    clock: systemClock,
    execute: async (submissions) => {
      try {
        const merchantId = merchantOf?.(submissions[0]!);
        return await applyCommands(
          dataSource,
          submissions,
          options.limits.batchCommandsMax,
          onChange,
          merchantId,
        );
      } catch (error) {
        if (error instanceof ExpiredBacklog) await endBacklog(dataSource, error.records, onChange);
        // Some calls' deadlines may have passed meanwhile: the batcher looks at them before it tries again.
        throw error;
      }
    },
    reconcile: (error) => reconcileBatch(dataSource, error as BatchOutcomeUnknown),
    failureKind,
    weightOf,
    groupOf: merchantOf,
    onBatch: (commands) => observer.batch(commands),
    onRetry: (error) => observer.retry(error),
  });
  return {
    submit: async (submission, deadlineAtMs) =>
      toExecution(await batcher.submit(submission, deadlineAtMs), observer),
    drain: () => batcher.drain(),
    get queued() {
      return batcher.queued;
    },
  };
}

function toExecution(answer: Answer<Execution>, observer: EngineObserver): Execution | Fault {
  switch (answer.kind) {
    case 'done':
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

/** Exported for its tests. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof BatchOutcomeUnknown) return 'unknown_outcome';
  if (error instanceof RecordsMoved || error instanceof ExpiredBacklog) return 'retry';
  switch (databaseErrorKind(error)) {
    case 'contention':
    case 'unavailable':
      return 'retry';
    // A fault may be one command's too: alone, it shows, and the others go through.
    case 'culprit':
    case 'fault':
      return 'split';
  }
}

function faultReason(error: unknown): Fault['reason'] {
  if (error instanceof BatchOutcomeUnknown) return 'DATABASE_UNAVAILABLE';
  if (error instanceof RecordsMoved || error instanceof ExpiredBacklog) return 'CONTENTION';
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
