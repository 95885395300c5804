import type { Principal } from '../../auth/principal.js';
import type { InventoryRecord } from '../../domain/inventory-record.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Reads } from '../../service/reads/reads.js';
import { recordMessage } from '../messages/record.js';
import type { Operation } from './operation.js';
import { read, readStock } from './read.js';

/** The RPCs that tell about records and settings. */
export function readOperations(reads: Reads): Operation[] {
  const { method } = InventoryService;
  return [
    readStock(
      method.getInventory,
      (call, { id }) => reads.getInventory(call, id),
      (record, principal) => ({ record: shownRecord(principal, record) }),
    ),
    readStock(
      method.listInventory,
      (call, request) => reads.listInventory(call, request),
      (page, principal) => ({ ...page, content: shownRecords(principal, page.content) }),
    ),
    {
      ...readStock(
        method.batchGetInventory,
        (call, request) => reads.batchGetInventory(call, request),
        ({ records, missing }, principal) => ({
          records: shownRecords(principal, records),
          missing: [...missing],
        }),
      ),
      isLarge: true,
    },
    readStock(
      method.listInventoryByProduct,
      (call, { productId }) => reads.listInventoryByProduct(call, productId),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    readStock(
      method.listInventoryBySku,
      (call, { skuId }) => reads.listInventoryBySku(call, skuId),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    readStock(
      method.listLowStock,
      (call, request) => reads.listLowStock(call, request),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    read(
      method.getSettings,
      (call) => reads.getSettings(call),
      ({ defaultTtlSeconds }) => ({ settings: { defaultTtlSeconds } }),
    ),
  ];
}

/** Hides who changed a record from callers whose token reads quantities only. */
function shownRecord({ merchantId, permissions }: Principal, record: InventoryRecord) {
  return recordMessage(
    merchantId,
    permissions.has('can_read_inventory') ? record : { ...record, lastAdjustedBy: '' },
  );
}

function shownRecords(principal: Principal, records: readonly InventoryRecord[]) {
  return records.map((record) => shownRecord(principal, record));
}
