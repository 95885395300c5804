import type { Write } from '../store/connection/statement.js';
import type { Transaction } from '../store/connection/transaction.js';
import { deleteHolds, insertHolds, updateHolds } from '../store/tables/holds.js';
import { forgetIdempotencyKeys, insertIdempotencyKeys } from '../store/tables/idempotency-keys.js';
import { insertImportLines } from '../store/tables/import-lines.js';
import { insertInventoryRecords, updateDescriptions } from '../store/tables/inventory-records.js';
import { updateSettings } from '../store/tables/merchant-settings.js';
import { appendMovements } from '../store/tables/movement-log.js';
import { insertStockLevels } from '../store/tables/new-stock-levels.js';
import { updateNextExpiries, updateStockLevels } from '../store/tables/stock-levels.js';
import type { FetchedBatch } from './fetch/fetch.js';
import type { Results } from './scheduler/executor.js';
import type { Execution } from './submission.js';
import type { WorkingSet } from './working-set/working-set.js';

export interface DecidedBatch extends FetchedBatch {
  readonly results: Results<Execution>;
}

/** Whether there is anything to commit. */
export function changesAnything({ workingSet, keys }: DecidedBatch): boolean {
  const { expiries, holds, described, settings, lines } = workingSet.collect();
  return [workingSet.movements, keys.fresh, expiries, holds.changed, described, settings, lines].some(
    (rows) => rows.length > 0,
  );
}

/** Writes in bulk: the number of statements does not depend on the size of the batch. */
export function writeBatch(tx: Transaction, batchId: string, { workingSet, keys }: DecidedBatch): void {
  writeWorkingSet(tx, batchId, workingSet);
  if (keys.outlived.length > 0) forgetIdempotencyKeys(tx, keys.outlived);
  // Last of all: from here to the COMMIT, everybody with the same key waits.
  if (keys.fresh.length > 0) tx.writeTogether(insertIdempotencyKeys(keys.fresh));
}

/** Writes what has changed of locked records. */
export function writeWorkingSet(tx: Transaction, batchId: string, workingSet: WorkingSet): void {
  const rows = workingSet.collect();
  const { opened, changed, ended } = rows.holds;
  const { atUs, movements } = workingSet;
  if (rows.createdStocks.length > 0) tx.writeTogether(insertStockLevels(rows.createdStocks));
  if (rows.createdRecords.length > 0) insertInventoryRecords(tx, rows.createdRecords, atUs);
  if (rows.expiries.length > 0) updateNextExpiries(tx, rows.expiries);
  if (rows.described.length > 0) updateDescriptions(tx, rows.described, atUs!);
  if (rows.lines.length > 0) tx.writeTogether(insertImportLines(rows.lines));
  if (rows.settings.length > 0) updateSettings(tx, rows.settings);
  const holds: Write[] = [];
  if (ended.length > 0) holds.push(deleteHolds(ended));
  if (changed.length > 0) holds.push(updateHolds(changed));
  if (opened.length > 0) holds.push(insertHolds(opened));
  const writes: Write[] = [];
  if (rows.stocks.length > 0) writes.push(updateStockLevels(rows.stocks));
  // Because of the keys of holds, one kind of change may depend on another one.
  if (holds.length === 1) writes.push(...holds);
  else for (const write of holds) tx.writeTogether(write);
  if (movements.length > 0) writes.push(appendMovements(batchId, movements, atUs));
  if (writes.length > 0) tx.writeTogether(...writes);
}
