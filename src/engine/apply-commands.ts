import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { decide } from '../domain/decide.js';
import { UNREFERENCED } from '../domain/hold.js';
import type { Outcome } from '../domain/outcome.js';
import { QTY_MAX } from '../domain/stock.js';
import {
  deleteHolds,
  type HoldKey,
  type HoldRow,
  insertHolds,
  type OldestHolds,
  readHolds,
  readOldestHolds,
  updateHolds,
} from '../store/holds.js';
import {
  forgetIdempotencyKeys,
  type IdempotencyRow,
  insertIdempotencyKeys,
  type RememberedKey,
  readIdempotencyKeys,
} from '../store/idempotency-keys.js';
import { appendMovements, hasMovement, type MovementRow } from '../store/movement-log.js';
import { lockStatement, lockStockLevels, type RecordKey, updateStockLevels } from '../store/stock-levels.js';
import {
  CommitOutcomeUnknown,
  inTransaction,
  type Statement,
  type Transaction,
} from '../store/transaction.js';
import type { Execution, Submission } from './submission.js';
import { WorkingSet } from './working-set.js';

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

/**
 * Runs n commands in one transaction: lock and fetch everything, decide each in order of arrival, write once.
 * Result i belongs to submission i. When it throws, nothing was changed, except BatchOutcomeUnknown.
 */
export async function applyCommands(
  dataSource: DataSource,
  submissions: readonly Submission[],
): Promise<readonly Execution[]> {
  const batchId = randomUUID();
  let decided: DecidedBatch | undefined;
  try {
    await inTransaction(dataSource, async (tx) => {
      decided = decideBatch(submissions, await fetchBatch(tx, lockStatement(dataSource), submissions));
      writeBatch(tx, batchId, decided);
    });
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown) || decided === undefined) throw error;
    const evidence = decided.workingSet.movements[0];
    if (evidence === undefined) {
      // No quantity changed. Without keys there was nothing to commit; with keys of rejections the batch can
      // simply run again, and finds them or stores them.
      if (decided.keys.fresh.length === 0) return decided.executions;
      throw error.cause;
    }
    throw new BatchOutcomeUnknown(decided.executions, batchId, evidence, error);
  }
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
  const committed = await inTransaction(dataSource, async (tx) => {
    const record = { merchantId: evidence.merchantId, id: evidence.movement.inventoryId };
    await lockStockLevels(tx, lockStatement(dataSource), [record]);
    return hasMovement(tx, batchId, evidence);
  }).catch((error) => {
    // This COMMIT changes nothing; only the answer to the question is missing.
    throw new BatchOutcomeUnknown(executions, batchId, evidence, error);
  });
  return committed ? executions : undefined;
}

/** State as of the locks. */
interface FetchedBatch {
  readonly workingSet: WorkingSet;
  readonly keys: KeyBook;
}

interface DecidedBatch extends FetchedBatch {
  readonly executions: readonly Execution[];
}

/** The record locks are sent first; what is read after them is final until COMMIT. */
async function fetchBatch(
  tx: Transaction,
  lock: Statement,
  submissions: readonly Submission[],
): Promise<FetchedBatch> {
  const plan = planFetch(submissions);
  const [stocks, named, oldest, keyRows] = await Promise.all([
    lockStockLevels(tx, lock, plan.records),
    readHolds(tx, plan.holds),
    plan.oldestHolds.length > 0 ? readOldestHolds(tx, plan.oldestHolds) : noRows,
    plan.keys.length > 0 ? readIdempotencyKeys(tx, plan.keys) : noRows,
  ]);
  return { workingSet: new WorkingSet(stocks, byAge(named, oldest)), keys: new KeyBook(keyRows) };
}

const noRows: never[] = [];

function byAge(named: readonly HoldRow[], oldest: readonly HoldRow[]): readonly HoldRow[] {
  // Age matters only to releases without a reference, and those read the oldest holds.
  if (oldest.length === 0) return named;
  return [...named, ...oldest].sort((a, b) => a.hold.openedRevision - b.hold.openedRevision);
}

interface FetchPlan {
  readonly records: readonly RecordKey[];
  readonly holds: readonly HoldKey[];
  readonly oldestHolds: readonly OldestHolds[];
  readonly keys: readonly { merchantId: string; key: string }[];
}

/**
 * A release without a reference may draw on any hold, oldest first. Every hold has at least one unit, so `qty`
 * of the oldest are enough, plus one for each hold that commands of the same batch may empty by name before.
 */
function planFetch(submissions: readonly Submission[]): FetchPlan {
  const records = new Map<string, { key: RecordKey; references: Set<string>; drawQty: number }>();
  const keys = new Map<string, { merchantId: string; key: string }>();
  for (const { command, idempotency } of submissions) {
    const { merchantId, id, reference } = command;
    const name = `${merchantId}\n${id}`;
    let record = records.get(name);
    if (record === undefined) {
      record = { key: { merchantId, id }, references: new Set(), drawQty: 0 };
      records.set(name, record);
    }
    record.references.add(reference);
    if (command.kind === 'release' && reference === UNREFERENCED) record.drawQty += command.qty;
    if (idempotency !== undefined) {
      keys.set(`${merchantId}\n${idempotency.key}`, { merchantId, key: idempotency.key });
    }
  }
  const holds: HoldKey[] = [];
  const oldestHolds: OldestHolds[] = [];
  for (const { key, references, drawQty } of records.values()) {
    const { merchantId, id: inventoryId } = key;
    for (const reference of references) holds.push({ merchantId, inventoryId, reference });
    if (drawQty > 0) {
      const count = Math.min(drawQty + references.size, QTY_MAX);
      oldestHolds.push({ merchantId, inventoryId, count });
    }
  }
  return { records: [...records.values()].map((r) => r.key), holds, oldestHolds, keys: [...keys.values()] };
}

function decideBatch(submissions: readonly Submission[], fetched: FetchedBatch): DecidedBatch {
  const { workingSet, keys } = fetched;
  const executions = submissions.map(({ command, idempotency }): Execution => {
    if (idempotency !== undefined) {
      const seen = keys.find(command.merchantId, idempotency.key);
      if (seen !== undefined) {
        return seen.fingerprint === idempotency.fingerprint
          ? { kind: 'replayed', outcome: seen.outcome }
          : { kind: 'key_reused' };
      }
    }
    const record = workingSet.record(command.merchantId, command.id);
    const decision = decide(command, record);
    let outcome: Outcome;
    if (decision.accepted) {
      workingSet.apply(record!, decision);
      const { id, onHandQty, reservedQty } = decision.stock;
      outcome = { ok: true, stock: { id, onHandQty, reservedQty } };
    } else {
      outcome = { ok: false, rejection: decision.rejection };
    }
    if (idempotency !== undefined) {
      keys.remember({ merchantId: command.merchantId, ...idempotency, outcome });
    }
    return { kind: 'decided', outcome };
  });
  return { workingSet, keys, executions };
}

/** Bulk statements, one a table whatever the batch's size. */
function writeBatch(tx: Transaction, batchId: string, { workingSet, keys }: DecidedBatch): void {
  if (workingSet.movements.length > 0) {
    const { opened, changed, ended } = workingSet.changedHolds();
    updateStockLevels(tx, workingSet.changedStocks());
    if (ended.length > 0) deleteHolds(tx, ended);
    if (changed.length > 0) updateHolds(tx, changed);
    if (opened.length > 0) insertHolds(tx, opened);
    appendMovements(tx, batchId, workingSet.movements);
  }
  if (keys.outlived.length > 0) forgetIdempotencyKeys(tx, keys.outlived);
  if (keys.fresh.length > 0) insertIdempotencyKeys(tx, keys.fresh);
}

/** The idempotency keys of a batch: what was stored before, and what its own commands add. */
class KeyBook {
  readonly #rows = new Map<string, IdempotencyRow>();
  readonly outlived: RememberedKey[] = [];
  readonly fresh: IdempotencyRow[] = [];

  constructor(stored: readonly RememberedKey[]) {
    for (const row of stored) {
      if (row.outlived) this.outlived.push(row);
      else this.#rows.set(`${row.merchantId}\n${row.key}`, row);
    }
  }

  find(merchantId: string, key: string): IdempotencyRow | undefined {
    return this.#rows.get(`${merchantId}\n${key}`);
  }

  remember(row: IdempotencyRow): void {
    this.#rows.set(`${row.merchantId}\n${row.key}`, row);
    this.fresh.push(row);
  }
}
