import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { InventoryRecord } from '../../domain/inventory-record.js';
import { availableQty } from '../../domain/stock.js';
import {
  type InventoryRecord as InventoryRecordMessage,
  InventoryRecordSchema,
} from '../../gen/inventory/v1/inventory_record_pb.js';

/** A record as callers see it; `tenantId` is the merchant that owns it. */
export function recordMessage(tenantId: string, record: InventoryRecord): InventoryRecordMessage {
  return create(InventoryRecordSchema, {
    id: record.id,
    productId: record.productId,
    ...(record.skuId !== '' && { skuId: record.skuId }),
    tenantId,
    warehouseId: record.warehouseId,
    warehouseName: record.warehouseName,
    location: record.location,
    onHandQty: record.onHandQty,
    reservedQty: record.reservedQty,
    availableQty: availableQty(record),
    reorderLevel: record.reorderLevel,
    reorderQty: record.reorderQty,
    variantAttributes: { ...record.variantAttributes },
    lastStockAdjusted: timestampFromMs(record.lastAdjustedAtMs),
    lastAdjustedBy: record.lastAdjustedBy,
    createdAt: timestampFromMs(record.createdAtMs),
    updatedAt: timestampFromMs(record.updatedAtMs),
  });
}
