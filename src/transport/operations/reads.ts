import type { MessageShape } from '@bufbuild/protobuf';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Principal } from '../../auth/principal.js';
import type { InventoryRecord } from '../../domain/inventory-record.js';
import { InventoryService } from '../../gen/inventory/v1/inventory_service_pb.js';
import { Order_State } from '../../gen/inventory/v1/orders_pb.js';
import type { CallContext } from '../../service/call.js';
import type { Order } from '../../service/reads/get-order.js';
import type { ReadResult } from '../../service/reads/read-result.js';
import type { Reads } from '../../service/reads/reads.js';
import { actionOf, logMessage } from '../messages/log.js';
import { recordMessage } from '../messages/record.js';
import type { Operation } from './operation.js';

/** The RPCs that change nothing: messages in, use case, messages out. */
export function readOperations(reads: Reads): Operation[] {
  const { method } = InventoryService;
  return [
    stockOperation(
      method.getInventory,
      (call, { id }) => reads.getInventory(call, id),
      (record, principal) => ({ record: shownRecord(principal, record) }),
    ),
    stockOperation(
      method.listInventory,
      (call, request) => reads.listInventory(call, request),
      (page, principal) => ({ ...page, content: shownRecords(principal, page.content) }),
    ),
    stockOperation(
      method.listInventoryByProduct,
      (call, { productId }) => reads.listInventoryByProduct(call, productId),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    stockOperation(
      method.listInventoryBySku,
      (call, { skuId }) => reads.listInventoryBySku(call, skuId),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    stockOperation(
      method.listLowStock,
      (call, request) => reads.listLowStock(call, request),
      (records, principal) => ({ records: shownRecords(principal, records) }),
    ),
    operation(
      method.listLogs,
      (call, request) => reads.listLogs(call, { ...request, action: actionOf(request.action) }),
      (page, { merchantId }) => ({
        ...page,
        content: page.content.map((entry) => logMessage(merchantId, entry)),
      }),
    ),
    operation(
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
    operation(
      method.listHolds,
      (call, request) => reads.listHolds(call, request),
      ({ id, content, limit, nextPageToken }) => ({
        content: content.map((hold) => holdMessage(id, hold)),
        limit,
        nextPageToken,
      }),
    ),
    operation(
      method.getSettings,
      (call) => reads.getSettings(call),
      ({ defaultTtlSeconds }) => ({ settings: { defaultTtlSeconds } }),
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

function operation<I extends DescMessage, O extends DescMessage, T>(
  method: DescMethodUnary<I, O>,
  read: (call: CallContext, request: MessageShape<I>) => Promise<ReadResult<T>>,
  answer: (value: T, principal: Principal) => MessageInitShape<O>,
): Operation {
  return {
    method,
    permission: 'can_read_inventory',
    changes: false,
    handle: async (call, request) => {
      const result = await read(call, request as MessageShape<I>);
      if (!result.ok) return { ...result, replayed: false };
      const message = create(method.output, answer(result.value, call.principal));
      return { ok: true, message, replayed: false };
    },
  };
}

/** The same for RPCs that reveal no order, note or actor. */
const stockOperation: typeof operation = (...parts) => ({
  ...operation(...parts),
  permission: 'can_read_stock',
});

/** Hides who changed a record from callers whose token reads quantities only. */
function shownRecord({ merchantId, permissions }: Principal, record: InventoryRecord) {
  return recordMessage(
    merchantId,
    permissions.has('can_read_inventory') ? record : { ...record, lastAdjustedBy: '' },
  );
}

function shownRecords(principal: Principal, records: readonly InventoryRecord[]) {
  return records.map((record) => shownRecord(principal, record));
}

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
