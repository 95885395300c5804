import { create } from '@bufbuild/protobuf';
import {
  type CreateInventoryRequest,
  CreateInventoryResponseSchema,
  type UpdateInventoryRequest,
  UpdateInventoryResponseSchema,
} from '../../gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { CreateRequest, Records } from '../../service/records.js';
import { describedChange } from '../messages/described-change.js';
import { recordMessage } from '../messages/record.js';
import { type Operation, refuse } from './operation.js';

/** The RPCs that add records and change what describes them. */
export function recordOperations(records: Records): Operation[] {
  const { createInventory, updateInventory } = InventoryService.method;
  const manage = { permission: 'can_manage_inventory', changes: true } as const;
  return [
    {
      ...manage,
      method: createInventory,
      handle: async (call, message) => {
        const result = await records.create(call, createRequest(message as CreateInventoryRequest));
        if (!result.ok) return result;
        const record = recordMessage(call.principal.merchantId, result.success.record);
        return {
          ok: true,
          message: create(CreateInventoryResponseSchema, { record }),
          replayed: result.replayed,
        };
      },
    },
    {
      ...manage,
      method: updateInventory,
      handle: async (call, message) => {
        const request = message as UpdateInventoryRequest;
        const change = describedChange(request);
        if (!change.ok) return refuse({ reason: 'VALIDATION_FAILED', violations: [change.violation] });
        const result = await records.update(call, request.id, change.change);
        if (!result.ok) return result;
        const record = recordMessage(call.principal.merchantId, result.success.record);
        return {
          ok: true,
          message: create(UpdateInventoryResponseSchema, { record }),
          replayed: result.replayed,
        };
      },
    },
  ];
}

/** Field by field: what a newer client sends beyond them is no part of the request. */
function createRequest(message: CreateInventoryRequest): CreateRequest {
  const { productId, skuId = '', warehouseId, warehouseName, location } = message;
  const { reorderLevel, reorderQty, variantAttributes, initialQty = 0 } = message;
  const details = { productId, skuId, warehouseId, warehouseName, location };
  return { initialQty, details: { ...details, reorderLevel, reorderQty, variantAttributes } };
}
