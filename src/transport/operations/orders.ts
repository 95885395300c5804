import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type {
  EndedOrderSuccess,
  ExtendedOrderSuccess,
  MovedOrderSuccess,
  ReservedLine,
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
      lines: lines.map(reservedLine),
      stock: stocks.map(heldStockLevel),
      ...expiry(expiresAtMs),
    },
  };
}

function reservedLine({ id, requested, reserved, source }: ReservedLine) {
  if (source === undefined) return { id, requested, reserved };
  return { id, requested, reserved, source: { ...source.of, records: [...source.records] } };
}

function ended({ ended: lines, stocks }: EndedOrderSuccess, { reference }: { readonly reference: string }) {
  return { order: { reference, lines: [...lines], stock: stocks.map(stockLevel) } };
}

/** What GetOrder shows of an order that holds something. */
function extended({ extended, left }: ExtendedOrderSuccess, { reference }: { readonly reference: string }) {
  const holds = new Map(extended.map((hold) => [hold.id, hold]));
  const stories = new Map(left.map((units) => [units.id, units]));
  const lines = [...new Set([...holds.keys(), ...stories.keys()])].sort().map((id) => {
    const { qty = 0, expiresAtMs = null } = holds.get(id) ?? {};
    const { confirmed = 0, released = 0, expired = 0, moved = 0 } = stories.get(id) ?? {};
    const quantities = {
      confirmedQty: confirmed,
      releasedQty: released,
      expiredQty: expired,
      movedQty: moved,
    };
    return { inventoryId: id, heldQty: qty, expiresAtMs, ...quantities };
  });
  const held = lines.filter(({ heldQty }) => heldQty > 0);
  return { order: orderMessage({ reference, state: 'held', held, lines }) };
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
