import { create } from '@bufbuild/protobuf';
import { availableQty } from '../domain/stock.js';
import { InventoryService } from '../gen/inventory/v1/inventory_service_pb.js';
import {
  type ReleaseRequest,
  ReleaseResponseSchema,
  type ReserveRequest,
  ReserveResponseSchema,
} from '../gen/inventory/v1/reservations_pb.js';
import type { StockResult, StockService } from '../service/stock-service.js';
import type { Operation, Reply } from './operation.js';

/** The RPCs of inventory.v1.InventoryService: messages in, use case, messages out. */
export function inventoryOperations(service: StockService): Operation[] {
  return [
    {
      method: InventoryService.method.reserve,
      permission: 'can_update_inventory',
      changes: true,
      handle: async (call, request) =>
        stockReply(await service.reserve(call, request as ReserveRequest), ReserveResponseSchema),
    },
    {
      method: InventoryService.method.release,
      permission: 'can_update_inventory',
      changes: true,
      handle: async (call, request) =>
        stockReply(await service.release(call, request as ReleaseRequest), ReleaseResponseSchema),
    },
  ];
}

function stockReply(
  result: StockResult,
  schema: typeof ReserveResponseSchema | typeof ReleaseResponseSchema,
): Reply {
  if (!result.ok) return result;
  const { id, onHandQty, reservedQty } = result.stock;
  const stock = { id, onHandQty, reservedQty, availableQty: availableQty(result.stock) };
  return { ok: true, message: create(schema, { stock }), replayed: result.replayed };
}
