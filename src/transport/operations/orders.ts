import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { EndedOrderSuccess, ReservedOrderSuccess } from '../../domain/outcome.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Orders } from '../../service/orders.js';
import { heldStockLevel, stockLevel } from '../messages/stock.js';
import { change } from './change.js';
import type { Operation } from './operation.js';

/** The RPCs that change an order as a whole. */
export function orderOperations(orders: Orders): Operation[] {
  const { reserveOrder, setOrder, releaseOrder, confirmOrder } = InventoryService.method;
  const permission = 'can_update_inventory';
  return [
    change(permission, reserveOrder, (call, request) => orders.reserve(call, request), reserved),
    change(permission, setOrder, (call, request) => orders.set(call, request), reserved),
    change(permission, releaseOrder, (call, request) => orders.release(call, request), ended),
    change(permission, confirmOrder, (call, request) => orders.confirm(call, request), ended),
  ];
}

function reserved(
  { lines, stocks, expiresAtMs }: ReservedOrderSuccess,
  { reference }: { readonly reference: string },
) {
  return {
    order: {
      reference,
      lines: [...lines],
      stock: stocks.map(heldStockLevel),
      ...(expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) }),
    },
  };
}

function ended({ ended: lines, stocks }: EndedOrderSuccess, { reference }: { readonly reference: string }) {
  return { order: { reference, lines: [...lines], stock: stocks.map(stockLevel) } };
}
