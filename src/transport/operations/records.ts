import type { Principal } from '../../auth/principal.js';
import type { RecordSuccess } from '../../domain/outcome.js';
import type { CreateInventoryRequest } from '../../gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { CreateRequest, Records } from '../../service/records.js';
import { descriptionUpdate } from '../messages/description-update.js';
import { recordMessage } from '../messages/record.js';
import { change, invalid } from './change.js';
import type { Operation } from './operation.js';

/** The RPCs that add records and change what describes them. */
export function recordOperations(records: Records): Operation[] {
  const { createInventory, updateInventory } = InventoryService.method;
  const permission = 'can_manage_inventory';
  return [
    change(
      permission,
      createInventory,
      (call, request) => records.create(call, createRequest(request)),
      answer,
    ),
    change(
      permission,
      updateInventory,
      (call, request) => {
        const described = descriptionUpdate(request);
        if (!described.ok) return invalid(described.violation);
        return records.update(call, request.id, described.update);
      },
      answer,
    ),
  ];
}

function answer({ record }: RecordSuccess, _: unknown, { merchantId }: Principal) {
  return { record: recordMessage(merchantId, record) };
}

/** Copies field by field, so that unknown fields from a newer client are not part of the request. */
function createRequest(message: CreateInventoryRequest): CreateRequest {
  const { id, productId, skuId = '', warehouseId, warehouseName, location } = message;
  const { reorderLevel, reorderQty, variantAttributes, initialQty = 0 } = message;
  const details = { productId, skuId, warehouseId, warehouseName, location };
  return { id, initialQty, details: { ...details, reorderLevel, reorderQty, variantAttributes } };
}
