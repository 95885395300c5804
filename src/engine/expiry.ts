import { expireHold } from '../domain/decisions/expire.js';
import { mapName } from '../domain/map-name.js';
import type { Transaction } from '../store/connection/transaction.js';
import { readExpiredHolds, readNextExpiries } from '../store/tables/expired-holds.js';
import type { HoldRow } from '../store/tables/holds.js';
import type { LockedStock, RecordKey } from '../store/tables/stock-levels.js';
import type { WorkingSet } from './working-set/working-set.js';

/** The expired holds of locked records, and what comes after them. */
export interface ExpiredHolds {
  readonly holds: readonly HoldRow[];
  /** The next expiry of each due record, once these holds have ended. */
  readonly next: ReadonlyMap<string, number>;
  /** Due records that have more expired holds than were read. */
  readonly unfinished: readonly RecordKey[];
}

/** The instant as of which the rows are judged: the latest time that was read along with them. */
export function latestReading(stocks: readonly LockedStock[], clockMs: number | undefined): number {
  let latest = clockMs ?? 0;
  for (const { readAtMs } of stocks) if (readAtMs !== null && readAtMs > latest) latest = readAtMs;
  return latest;
}

/** The records that may have holds which have ended by `nowMs`. Most records have no hold with an expiry. */
export function dueRecords(stocks: readonly LockedStock[], nowMs: number): RecordKey[] {
  const due: RecordKey[] = [];
  for (const { merchantId, stock } of stocks) {
    if (stock.nextExpiryAtMs !== null && stock.nextExpiryAtMs <= nowMs)
      due.push({ merchantId, id: stock.id });
  }
  return due;
}

/** Reads the expired holds of locked records, at most `recordMax` of each. */
export async function fetchExpired(
  tx: Transaction,
  due: readonly RecordKey[],
  nowMs: number,
  recordMax: number,
): Promise<ExpiredHolds> {
  // Reading one more than may end now shows whether there are more, and when the next one expired.
  const [rows, later] = await Promise.all([
    readExpiredHolds(tx, due, nowMs, recordMax + 1),
    readNextExpiries(tx, due, nowMs),
  ]);
  const next = new Map(later.map((row) => [mapName(row.merchantId, row.id), row.expiresAtMs]));
  const holds: HoldRow[] = [];
  const unfinished: RecordKey[] = [];
  const counts = new Map<string, number>();
  for (const row of rows) {
    const name = mapName(row.merchantId, row.inventoryId);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (count <= recordMax) holds.push(row);
    else {
      next.set(name, row.hold.expiresAtMs!);
      unfinished.push({ merchantId: row.merchantId, id: row.inventoryId });
    }
  }
  return { holds, next, unfinished };
}

/**
 * Ends the expired holds, and sets the next expiry of each due record. Runs before any decision, since to commands, an
 * expired hold does not exist.
 */
export function endExpired(workingSet: WorkingSet, due: readonly RecordKey[], expired: ExpiredHolds): void {
  for (const { merchantId, inventoryId, hold } of expired.holds) {
    const record = workingSet.world(merchantId).record(inventoryId)!;
    workingSet.applyChange(
      expireHold(record, hold, expired.next.get(mapName(merchantId, inventoryId)) ?? null),
    );
  }
  for (const { merchantId, id } of due) {
    const record = workingSet.world(merchantId).record(id)!;
    // The bound was too low: the hold that it was for was released, or made to end later or never.
    if (!record.changed) record.postponeExpiry(expired.next.get(mapName(merchantId, id)) ?? null);
  }
}
