import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { findRecords, findRecordsOfSkus } from '../../store/reads/records.js';
import { BadPage } from './read-result.js';

/** Records in one answer: a SKU has one in each warehouse. */
const RECORDS_MAX = 5000;

/** One of the two has entries, and the other has none. */
export interface BatchGetRequest {
  readonly ids: readonly string[];
  readonly skuIds: readonly string[];
}

export interface FoundRecords {
  /** In the order of the request. */
  readonly records: readonly InventoryRecord[];
  /** Ids or SKUs that do not exist. */
  readonly missing: readonly string[];
}

/**
 * Reads records by their ids, or all records of some SKUs.
 *
 * @throws BadPage when there are too many.
 */
export async function batchGetInventory(
  reader: Reader,
  merchantId: string,
  { ids, skuIds }: BatchGetRequest,
): Promise<FoundRecords> {
  if (ids.length > 0 === skuIds.length > 0) {
    throw new BadPage('ids', 'are required, or skuIds, but not both');
  }
  if (ids.length > 0) {
    return inOrder(ids, await findRecords(reader, merchantId, ids), ({ id }) => id);
  }
  const found = await findRecordsOfSkus(reader, merchantId, skuIds, RECORDS_MAX + 1);
  if (found.length > RECORDS_MAX) {
    throw new BadPage('skuIds', `have more than ${RECORDS_MAX} records; read fewer at once`);
  }
  return inOrder(skuIds, found, ({ skuId }) => skuId);
}

function inOrder(
  wanted: readonly string[],
  found: readonly InventoryRecord[],
  nameOf: (record: InventoryRecord) => string,
): FoundRecords {
  // Named twice, they come once.
  const names = [...new Set(wanted)];
  const byName = new Map<string, InventoryRecord[]>(names.map((name) => [name, []]));
  for (const record of found) byName.get(nameOf(record))?.push(record);
  return {
    records: [...byName.values()].flat(),
    missing: names.filter((name) => byName.get(name)?.length === 0),
  };
}
