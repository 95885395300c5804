import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type {
  EndedOrderSuccess,
  ExtendedOrderSuccess,
  MovedOrderSuccess,
  ReservedOrderSuccess,
} from '../../domain/outcome.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import type { Orders } from '../../service/orders.js';
import { orderMessage } from '../messages/order.js';
import { heldStockLevel, stockLevel } from '../messages/stock.js';
import { change } from './change.js';
import type { Operation } from './operation.js';

/** The RPCs that change an order. */
export function orderOperations(orders: Orders): Operation[] {
  const { reserveOrder, setOrder, releaseOrder, confirmOrder, extendOrder, moveOrder } =
    InventoryService.method;
  const permission = 'can_update_inventory';
  return [
    change(permission, reserveOrder, (call, request) => orders.reserve(call, request), reserved),
    change(permission, setOrder, (call, request) => orders.set(call, request), reserved),
    change(permission, releaseOrder, (call, request) => orders.release(call, request), ended),
    change(permission, confirmOrder, (call, request) => orders.confirm(call, request), ended),
    change(permission, extendOrder, (call, request) => orders.extend(call, request), extended),
    change(permission, moveOrder, (call, request) => orders.move(call, request), moved),
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
      ...expiry(expiresAtMs),
    },
  };
}

function ended({ ended: lines, stocks }: EndedOrderSuccess, { reference }: { readonly reference: string }) {
  return { order: { reference, lines: [...lines], stock: stocks.map(stockLevel) } };
}

/** What GetOrder shows of an order that holds something. */
function extended({ extended: held }: ExtendedOrderSuccess, { reference }: { readonly reference: string }) {
  const nothing = { confirmedQty: 0, releasedQty: 0, expiredQty: 0, movedQty: 0 };
  const lines = held.map(({ id, qty, expiresAtMs }) => ({
    inventoryId: id,
    heldQty: qty,
    expiresAtMs,
    ...nothing,
  }));
  return { order: orderMessage({ reference, state: 'held', held: lines, lines }) };
}

function moved(
  { moved: lines, stocks, expiresAtMs }: MovedOrderSuccess,
  { reference, toReference }: { readonly reference: string; readonly toReference: string },
) {
  const stock = stocks.map(heldStockLevel);
  return { order: { reference, toReference, lines: [...lines], stock, ...expiry(expiresAtMs) } };
}

function expiry(expiresAtMs: number | undefined) {
  return expiresAtMs === undefined ? {} : { expiresAt: timestampFromMs(expiresAtMs) };
}
