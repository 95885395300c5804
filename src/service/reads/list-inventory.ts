import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { listRecordsAfter, listRecordsByOffset } from '../../store/reads/record-pages.js';
import { type Page, type PageRequest, readPage } from './page-request.js';

/** Lists the merchant's records in order of id. */
export function listInventory(
  reader: Reader,
  merchantId: string,
  request: PageRequest,
): Promise<Page<InventoryRecord>> {
  return readPage(request, {
    list: ['records', merchantId],
    place: ({ id }: InventoryRecord) => [id] as const,
    anyPlace: [''] as const,
    byOffset: (offset, limit) => listRecordsByOffset(reader, merchantId, offset, limit),
    after: ([id], limit) => listRecordsAfter(reader, merchantId, id, limit),
  });
}
