import type { DataSource } from 'typeorm';
import { mapName } from '../domain/map-name.js';
import { isOfMerchants } from '../store/connection/data-source.js';
import { NodeSilent } from '../store/connection/silent-nodes.js';
import { inTransaction, type Transaction, withoutDoubt } from '../store/connection/transaction.js';
import { ifMoved } from '../store/tables/kept-place.js';
import { findFreeStockLevels, type RecordKey } from '../store/tables/stock-levels.js';
import { blockedRecords } from './fetch/blocked.js';
import type { MovedMerchants } from './moved-merchants.js';

/**
 * Returns those of the records that nobody has locked at this moment. Of distributed tables, all are one merchant's. On a
 * node that does not answer, they count as free: their commands are refused at once, and need not wait for them.
 */
export async function findFreeRecords(
  dataSource: DataSource,
  records: readonly RecordKey[],
  moved: MovedMerchants,
): Promise<readonly RecordKey[]> {
  if (!isOfMerchants(dataSource)) {
    const find = (tx: Transaction): Promise<readonly RecordKey[]> => findFreeStockLevels(tx, records);
    return inTransaction(dataSource, find, undefined, 'look').catch(withoutDoubt);
  }
  const find = (tx: Transaction): Promise<readonly RecordKey[]> => findFreeOrMissing(tx, records);
  return moved
    .look(dataSource, find, records[0]!.merchantId)
    .catch(ifMoved(() => []))
    .catch((error) => {
      if (error instanceof NodeSilent) return records;
      return withoutDoubt(error);
    });
}

/** While rows were being moved, commands have waited for records that do not exist, too. */
async function findFreeOrMissing(
  tx: Transaction,
  records: readonly RecordKey[],
): Promise<readonly RecordKey[]> {
  const free = await findFreeStockLevels(tx, records);
  if (free.length === records.length) return free;
  const blocked = await blockedRecords(tx, records, free);
  return records.filter(({ merchantId, id }) => !blocked.has(mapName(merchantId, id)));
}
