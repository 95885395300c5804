import type { DataSource } from 'typeorm';
import { mapName } from '../domain/map-name.js';
import { isOfMerchants } from '../store/connection/data-source.js';
import { inTransaction, type Transaction } from '../store/connection/transaction.js';
import { ifMoved } from '../store/tables/kept-place.js';
import { findFreeStockLevels, type RecordKey } from '../store/tables/stock-levels.js';
import { blockedRecords } from './fetch/blocked.js';
import type { MovedMerchants } from './moved-merchants.js';
import type { Look } from './scheduler/executor.js';

/** A look takes one merchant after another, and begins with none after this time. */
const LOOK_MS = 50;

/** Looks which of the records nobody has locked at this moment: those of the first merchants, as far as time allows. */
export async function findFreeRecords(
  dataSource: DataSource,
  records: readonly RecordKey[],
  moved: MovedMerchants,
): Promise<Look<RecordKey>> {
  if (!isOfMerchants(dataSource)) {
    const find = (tx: Transaction): Promise<RecordKey[]> => findFreeStockLevels(tx, records);
    return { looked: records, free: await inTransaction(dataSource, find, undefined, 'look') };
  }
  const looked: RecordKey[] = [];
  const free: RecordKey[] = [];
  const untilMs = performance.now() + LOOK_MS;
  for (const [merchantId, own] of byMerchant(records)) {
    const find = (tx: Transaction): Promise<RecordKey[]> => findFreeOrMissing(tx, own);
    free.push(...(await moved.look(dataSource, find, merchantId).catch(ifMoved(() => []))));
    looked.push(...own);
    if (performance.now() > untilMs) break;
  }
  return { looked, free };
}

/** While rows were being moved, commands have waited for records that do not exist, too. */
async function findFreeOrMissing(tx: Transaction, records: readonly RecordKey[]): Promise<RecordKey[]> {
  const free = await findFreeStockLevels(tx, records);
  if (free.length === records.length) return free;
  const blocked = await blockedRecords(tx, records, free);
  return records.filter(({ merchantId, id }) => !blocked.has(mapName(merchantId, id)));
}

function byMerchant(records: readonly RecordKey[]): ReadonlyMap<string, RecordKey[]> {
  const found = new Map<string, RecordKey[]>();
  for (const record of records) {
    const own = found.get(record.merchantId);
    if (own === undefined) found.set(record.merchantId, [record]);
    else own.push(record);
  }
  return found;
}
