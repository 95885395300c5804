import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { decide } from '../domain/decisions/decide.js';
import type { Outcome } from '../domain/outcome.js';
import { CommitOutcomeUnknown, inTransaction, type Transaction } from '../store/connection/transaction.js';
import { hasMovement, type MovementRow } from '../store/tables/movement-log.js';
import { awaitCreation, lockStockLevels } from '../store/tables/stock-levels.js';
import { type FetchedBatch, fetchBatch } from './fetch/fetch.js';
import type { Execution, Submission } from './submission.js';
import { changesAnything, type DecidedBatch, writeBatch } from './write.js';

/** COMMIT went unanswered. What would tell whether it happened, and what to answer if it did. */
export class BatchOutcomeUnknown extends Error {
  override readonly name = 'BatchOutcomeUnknown';
  constructor(
    readonly executions: readonly Execution[],
    readonly batchId: string,
    /** One log entry that the batch wrote; all its writes stand or fall together. */
    readonly evidence: MovementRow,
    cause: unknown,
  ) {
    super('the outcome of a batch is unknown', { cause });
  }
}

/** Called once for each merchant whose stock a transaction has changed, when it is committed. */
export type OnChange = (merchantId: string) => void;

/**
 * Runs commands in one transaction: lock and fetch everything, decide each in order of arrival, write once. Takes the
 * first ones, as many as have room in `linesMax` lines (`batch-room.ts`), and at least one. Result i belongs to
 * submission i. When it throws, nothing was changed, except BatchOutcomeUnknown. With a `merchantId`, all of them are of
 * that merchant, and so is every statement.
 */
export async function applyCommands(
  dataSource: DataSource,
  submissions: readonly Submission[],
  linesMax: number,
  onChange: OnChange = () => {},
  merchantId?: string,
): Promise<readonly Execution[]> {
  const batchId = randomUUID();
  let decided: DecidedBatch | undefined;
  try {
    const work = async (tx: Transaction): Promise<void> => {
      decided = decideBatch(await fetchBatch(tx, submissions, linesMax));
      writeBatch(tx, batchId, decided);
    };
    await inTransaction(dataSource, work, merchantId);
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown) || decided === undefined) throw error;
    const { movements } = decided.workingSet;
    // Of a record that was there before, if there is one: its lock settles the matter.
    const evidence = movements.find(({ movement }) => movement.revision > 1) ?? movements[0];
    if (evidence === undefined) {
      // No quantity changed. When nothing else did there was nothing to commit; otherwise (keys of rejections,
      // lines without units, descriptions, settings) the batch can simply run again: it finds the keys and lines, or
      // sets the same values.
      if (!changesAnything(decided)) return decided.executions;
      throw error.cause;
    }
    throw new BatchOutcomeUnknown(decided.executions, batchId, evidence, error);
  }
  for (const merchantId of decided!.workingSet.changedMerchants()) onChange(merchantId);
  return decided!.executions;
}

/**
 * Finds out what became of a batch. Takes the record's lock first: a backend that still works on the lost COMMIT
 * holds it, so once it is ours, the log says for certain.
 */
export async function reconcileBatch(
  dataSource: DataSource,
  unknown: BatchOutcomeUnknown,
): Promise<readonly Execution[] | undefined> {
  const { batchId, evidence, executions } = unknown;
  const { merchantId, movement } = evidence;
  const settle = async (tx: Transaction): Promise<boolean> => {
    const record = { merchantId, id: movement.inventoryId };
    const locked = await lockStockLevels(tx, [record]);
    // Of a record that the batch created, there is nothing to lock until it commits.
    if (locked.length === 0) await awaitCreation(tx, record);
    return hasMovement(tx, batchId, evidence);
  };
  const committed = await inTransaction(dataSource, settle, merchantId).catch((error) => {
    // This COMMIT changes nothing; only the answer to the question is missing.
    throw new BatchOutcomeUnknown(executions, batchId, evidence, error);
  });
  return committed ? executions : undefined;
}

function decideBatch(fetched: FetchedBatch): DecidedBatch {
  const { submissions, workingSet, keys } = fetched;
  const executions = submissions.map(({ command, idempotency }): Execution => {
    const { merchantId } = command;
    if (idempotency !== undefined) {
      const seen = keys.find(merchantId, idempotency.key);
      if (seen !== undefined) {
        return seen.fingerprint === idempotency.fingerprint
          ? { kind: 'replayed', outcome: seen.outcome }
          : { kind: 'key_reused' };
      }
    }
    const decision = decide(command, workingSet.world(merchantId));
    let outcome: Outcome;
    if (decision.accepted) {
      workingSet.apply(merchantId, decision.changes);
      outcome = { ok: true, ...decision.success };
    } else {
      outcome = { ok: false, rejection: decision.rejection };
    }
    if (idempotency !== undefined) keys.remember({ merchantId, ...idempotency, outcome });
    return { kind: 'decided', outcome };
  });
  return { ...fetched, executions };
}
