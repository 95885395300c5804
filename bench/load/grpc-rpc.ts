import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GetInventoryRequestSchema,
  GetInventoryResponseSchema,
} from '../../src/gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import {
  ReserveOrderRequestSchema,
  ReserveOrderResponseSchema,
} from '../../src/gen/inventory/v1/orders_pb.js';
import { ReserveRequestSchema, ReserveResponseSchema } from '../../src/gen/inventory/v1/reservations_pb.js';
import type { OrderCall, OrderGranted } from './order.js';
import type { ReadCall, ReadStock } from './read.js';
import type { Figures, ReserveCall } from './reserve.js';

/** How calls of one RPC are written, and answers of the status OK read. */
export interface GrpcRpc<C, G> {
  readonly method: DescMethodUnary;
  encode(call: C): Uint8Array;
  /** Throws when the message lacks what an answer must have. */
  decode(message: Uint8Array): G;
}

export const reserveRpc: GrpcRpc<ReserveCall, Figures> = {
  method: InventoryService.method.reserve,
  encode: ({ id, reference }) =>
    toBinary(ReserveRequestSchema, create(ReserveRequestSchema, { id, qty: 1, reference })),
  decode: (message) => {
    const { stock } = fromBinary(ReserveResponseSchema, message);
    if (stock === undefined) throw new Error('a response without stock');
    return figures(stock);
  },
};

export const reserveOrderRpc: GrpcRpc<OrderCall, OrderGranted> = {
  method: InventoryService.method.reserveOrder,
  encode: ({ ids, reference }) => {
    const lines = ids.map((id) => ({ id, qty: 1 }));
    return toBinary(ReserveOrderRequestSchema, create(ReserveOrderRequestSchema, { reference, lines }));
  },
  decode: (message) => {
    const { order } = fromBinary(ReserveOrderResponseSchema, message);
    if (order === undefined) throw new Error('a response without an order');
    return {
      reference: order.reference,
      lines: order.lines.map(({ id, requested, reserved }) => ({ id, requested, reserved })),
      stock: order.stock.map(figures),
    };
  },
};

export const getInventoryRpc: GrpcRpc<ReadCall, ReadStock> = {
  method: InventoryService.method.getInventory,
  encode: ({ id }) => toBinary(GetInventoryRequestSchema, create(GetInventoryRequestSchema, { id })),
  decode: (message) => {
    const { record } = fromBinary(GetInventoryResponseSchema, message);
    if (record === undefined) throw new Error('a response without a record');
    return { id: record.id, onHandQty: record.onHandQty };
  },
};

/** Without what belongs to the message: it would show where an answer is printed. */
function figures({ id, onHandQty, reservedQty, availableQty }: Figures): Figures {
  return { id, onHandQty, reservedQty, availableQty };
}
