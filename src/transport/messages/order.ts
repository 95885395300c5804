import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { QTY_MAX } from '../../domain/stock.js';
import { Order_State, type OrderSchema } from '../../gen/inventory/v1/orders_pb.js';
import type { HoldSchema } from '../../gen/inventory/v1/reservations_pb.js';
import type { Order, OrderRecord } from '../../service/reads/get-order.js';
import type { HeldOrder } from '../../service/reads/list-orders.js';

const states: Readonly<Record<Order['state'], Order_State>> = {
  held: Order_State.HELD,
  not_held: Order_State.NOT_HELD,
  released: Order_State.RELEASED,
  confirmed: Order_State.CONFIRMED,
  expired: Order_State.EXPIRED,
};

/** An order as callers see it. */
export function orderMessage({ reference, state, held, lines }: Order): MessageInitShape<typeof OrderSchema> {
  return {
    reference,
    state: states[state],
    holds: held.map(({ inventoryId, heldQty, expiresAtMs }) =>
      holdMessage(inventoryId, { reference, qty: heldQty, expiresAtMs }),
    ),
    lines: lines.map(lineMessage),
  };
}

function lineMessage({ inventoryId: id, expiresAtMs, ...of }: OrderRecord) {
  return {
    id,
    heldQty: of.heldQty,
    confirmedQty: shownSum(of.confirmedQty),
    releasedQty: shownSum(of.releasedQty),
    expiredQty: shownSum(of.expiredQty),
    movedQty: shownSum(of.movedQty),
    ...expiresAt(expiresAtMs),
  };
}

/** Units that left an order in turns, or that it holds of many records, may be more than a field of a quantity takes. */
function shownSum(qty: number): number {
  return Math.min(qty, QTY_MAX);
}

/** What a reference holds, as callers see it in a list. */
export function heldOrderMessage({ reference, heldQty, records, oldestHeldAtMs, nextExpiryAtMs }: HeldOrder) {
  return {
    reference,
    heldQty: shownSum(heldQty),
    records,
    oldestHeldAt: timestampFromMs(oldestHeldAtMs),
    ...(nextExpiryAtMs !== null && { nextExpiryAt: timestampFromMs(nextExpiryAtMs) }),
  };
}

interface ShownHold {
  /** '' for units without one. */
  readonly reference: string;
  readonly qty: number;
  /** Milliseconds since the epoch; null: open-ended. */
  readonly expiresAtMs: number | null;
}

/** A hold as callers see it. */
export function holdMessage(
  id: string,
  { reference, qty, expiresAtMs }: ShownHold,
): MessageInitShape<typeof HoldSchema> {
  return { id, qty, ...(reference !== '' && { reference }), ...expiresAt(expiresAtMs) };
}

function expiresAt(ms: number | null) {
  return ms === null ? {} : { expiresAt: timestampFromMs(ms) };
}
