import type { MessageShape } from '@bufbuild/protobuf';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { InventoryRecord } from '../domain/inventory-record.js';
import { InventoryService } from '../gen/inventory/v1/inventory_service_pb.js';
import { Order_State } from '../gen/inventory/v1/orders_pb.js';
import type { CallContext } from '../service/call.js';
import type { Order } from '../service/reads/get-order.js';
import type { ReadResult } from '../service/reads/read-result.js';
import type { Reads } from '../service/reads/reads.js';
import { actionOf, logMessage } from './log-message.js';
import type { Operation } from './operation.js';
import { recordMessage } from './record-message.js';

/** The RPCs that change nothing: messages in, use case, messages out. */
export function readOperations(reads: Reads): Operation[] {
  const { method } = InventoryService;
  return [
    operation(
      method.getInventory,
      (call, { id }) => reads.getInventory(call, id),
      (record, tenantId) => ({ record: recordMessage(tenantId, record) }),
    ),
    operation(
      method.listInventory,
      (call, request) => reads.listInventory(call, request),
      (page, tenantId) => ({ ...page, content: recordMessages(tenantId, page.content) }),
    ),
    operation(
      method.listInventoryByProduct,
      (call, { productId }) => reads.listInventoryByProduct(call, productId),
      (records, tenantId) => ({ records: recordMessages(tenantId, records) }),
    ),
    operation(
      method.listInventoryBySku,
      (call, { skuId }) => reads.listInventoryBySku(call, skuId),
      (records, tenantId) => ({ records: recordMessages(tenantId, records) }),
    ),
    operation(
      method.listLowStock,
      (call, request) => reads.listLowStock(call, request),
      (records, tenantId) => ({ records: recordMessages(tenantId, records) }),
    ),
    operation(
      method.listLogs,
      (call, request) => reads.listLogs(call, { ...request, action: actionOf(request.action) }),
      (page, tenantId) => ({ ...page, content: page.content.map((entry) => logMessage(tenantId, entry)) }),
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
  answer: (value: T, tenantId: string) => MessageInitShape<O>,
): Operation {
  return {
    method,
    permission: 'can_read_inventory',
    changes: false,
    handle: async (call, request) => {
      const result = await read(call, request as MessageShape<I>);
      if (!result.ok) return { ...result, replayed: false };
      const message = create(method.output, answer(result.value, call.principal.merchantId));
      return { ok: true, message, replayed: false };
    },
  };
}

function recordMessages(tenantId: string, records: readonly InventoryRecord[]) {
  return records.map((record) => recordMessage(tenantId, record));
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
