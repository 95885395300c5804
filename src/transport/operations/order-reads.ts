import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { Order_State } from '../../gen/inventory/v1/orders_pb.js';
import type { Order } from '../../service/reads/get-order.js';
import type { Reads } from '../../service/reads/reads.js';
import { microsecondsOf } from '../messages/instant.js';
import { actionOf, logMessage } from '../messages/log.js';
import type { Operation } from './operation.js';
import { read } from './read.js';

/** The RPCs that tell whose units are held, and what became of them. */
export function orderReadOperations(reads: Reads): Operation[] {
  const { method } = InventoryService;
  return [
    read(
      method.listLogs,
      (call, { from, to, ...request }) =>
        reads.listLogs(call, {
          ...request,
          action: actionOf(request.action),
          fromUs: from && microsecondsOf(from),
          toUs: to && microsecondsOf(to),
        }),
      (page, { merchantId }) => ({
        ...page,
        content: page.content.map((entry) => logMessage(merchantId, entry)),
      }),
    ),
    read(
      method.getOrder,
      (call, { reference }) => reads.getOrder(call, reference),
      ({ reference, state, holds }) => ({
        order: {
          reference,
          state: states[state],
          holds: holds.map((hold) => holdMessage(hold.inventoryId, { ...hold, reference })),
        },
      }),
    ),
    read(
      method.listHolds,
      (call, request) => reads.listHolds(call, request),
      ({ id, content, limit, nextPageToken }) => ({
        content: content.map((hold) => holdMessage(id, hold)),
        limit,
        nextPageToken,
      }),
    ),
  ];
}

const states: Readonly<Record<Order['state'], Order_State>> = {
  held: Order_State.HELD,
  not_held: Order_State.NOT_HELD,
  released: Order_State.RELEASED,
  confirmed: Order_State.CONFIRMED,
  expired: Order_State.EXPIRED,
};

interface ShownHold {
  readonly reference: string;
  readonly qty: number;
  readonly expiresAtMs: number | null;
}

function holdMessage(id: string, { reference, qty, expiresAtMs }: ShownHold) {
  return {
    id,
    qty,
    ...(reference !== '' && { reference }),
    ...(expiresAtMs !== null && { expiresAt: timestampFromMs(expiresAtMs) }),
  };
}
