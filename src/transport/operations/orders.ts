import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { EndedOrderSuccess } from '../../domain/outcome.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import {
  type ConfirmOrderRequest,
  ConfirmOrderResponseSchema,
  type ReleaseOrderRequest,
  ReleaseOrderResponseSchema,
  type ReserveOrderRequest,
  ReserveOrderResponseSchema,
} from '../../gen/inventory/v1/orders_pb.js';
import type { Result } from '../../service/commands.js';
import type { Orders } from '../../service/orders.js';
import { stockLevel } from '../messages/stock.js';
import type { Operation, Reply } from './operation.js';

/** The RPCs that change an order as a whole. */
export function orderOperations(orders: Orders): Operation[] {
  const { reserveOrder, releaseOrder, confirmOrder } = InventoryService.method;
  const update = { permission: 'can_update_inventory', changes: true } as const;
  return [
    {
      ...update,
      method: reserveOrder,
      handle: async (call, message) => {
        const request = message as ReserveOrderRequest;
        const result = await orders.reserve(call, request);
        if (!result.ok) return result;
        const { lines, stocks, expiresAtMs } = result.success;
        const order = {
          reference: request.reference,
          lines: [...lines],
          stock: stocks.map(stockLevel),
          ...(expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) }),
        };
        return {
          ok: true,
          message: create(ReserveOrderResponseSchema, { order }),
          replayed: result.replayed,
        };
      },
    },
    {
      ...update,
      method: releaseOrder,
      handle: async (call, message) => {
        const request = message as ReleaseOrderRequest;
        return endedReply(request, await orders.release(call, request), ReleaseOrderResponseSchema);
      },
    },
    {
      ...update,
      method: confirmOrder,
      handle: async (call, message) => {
        const request = message as ConfirmOrderRequest;
        return endedReply(request, await orders.confirm(call, request), ConfirmOrderResponseSchema);
      },
    },
  ];
}

function endedReply(
  { reference }: ReleaseOrderRequest | ConfirmOrderRequest,
  result: Result<EndedOrderSuccess>,
  schema: typeof ReleaseOrderResponseSchema | typeof ConfirmOrderResponseSchema,
): Reply {
  if (!result.ok) return result;
  const { ended, stocks } = result.success;
  const order = { reference, lines: [...ended], stock: stocks.map(stockLevel) };
  return { ok: true, message: create(schema, { order }), replayed: result.replayed };
}
