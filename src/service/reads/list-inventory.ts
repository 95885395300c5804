import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { listRecordsAfter, listRecordsByOffset } from '../../store/reads/record-pages.js';
import { type Page, type PageRequest, readPage } from './page-request.js';

/** A filter that is undefined, '' or false matches everything. */
export interface ListInventoryRequest extends PageRequest {
  readonly warehouseId?: string;
  readonly productId?: string;
  readonly skuId?: string;
  readonly lowStock?: boolean;
}

/** Lists the merchant's records in order of id. */
export function listInventory(
  reader: Reader,
  merchantId: string,
  { warehouseId = '', productId = '', skuId = '', lowStock = false, ...request }: ListInventoryRequest,
): Promise<Page<InventoryRecord>> {
  const filter = {
    ...(warehouseId !== '' && { warehouseId }),
    ...(productId !== '' && { productId }),
    ...(skuId !== '' && { skuId }),
    ...(lowStock && { lowStock }),
  };
  const isFiltered = Object.keys(filter).length > 0;
  return readPage(request, {
    // Of the whole list, as before there were filters.
    list: ['records', merchantId, ...(isFiltered ? [warehouseId, productId, skuId, Number(lowStock)] : [])],
    place: ({ id }: InventoryRecord) => [id] as const,
    anyPlace: [''] as const,
    byOffset: (offset, limit) => listRecordsByOffset(reader, merchantId, filter, offset, limit),
    after: ([id], limit) => listRecordsAfter(reader, merchantId, filter, id, limit),
  });
}
