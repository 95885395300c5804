import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import {
  ExtendOrderRequestSchema,
  ExtendOrderResponseSchema,
  MoveOrderRequestSchema,
  MoveOrderResponseSchema,
  type ReservedOrder,
  ReserveOrderRequestSchema,
  ReserveOrderResponseSchema,
  SetOrderRequestSchema,
  SetOrderResponseSchema,
} from '../../src/gen/inventory/v1/orders_pb.js';
import { figures, type GrpcRpc, present } from './grpc-rpc.js';
import type { OrderCall, OrderGranted } from './order.js';
import type { ExtendCall, Extended, MoveCall, Moved, SetCall } from './standing-workloads.js';

export const reserveOrderRpc: GrpcRpc<OrderCall, OrderGranted> = {
  method: InventoryService.method.reserveOrder,
  encode: ({ ids, reference }) => {
    const lines = ids.map((id) => ({ id, qty: 1 }));
    return toBinary(ReserveOrderRequestSchema, create(ReserveOrderRequestSchema, { reference, lines }));
  },
  decode: (message) => reserved(fromBinary(ReserveOrderResponseSchema, message).order),
};

export const setOrderRpc: GrpcRpc<SetCall, OrderGranted> = {
  method: InventoryService.method.setOrder,
  encode: ({ reference, order, qtys }) => {
    const lines = order.ids.map((id, i) => ({ id, qty: qtys[i]! }));
    return toBinary(SetOrderRequestSchema, create(SetOrderRequestSchema, { reference, lines }));
  },
  decode: (message) => reserved(fromBinary(SetOrderResponseSchema, message).order),
};

export const extendOrderRpc: GrpcRpc<ExtendCall, Extended> = {
  method: InventoryService.method.extendOrder,
  encode: ({ reference, ttlSeconds }) =>
    toBinary(ExtendOrderRequestSchema, create(ExtendOrderRequestSchema, { reference, ttlSeconds })),
  decode: (message) => {
    const { reference, holds } = present(fromBinary(ExtendOrderResponseSchema, message).order);
    return {
      reference,
      holds: holds.map(({ id, qty, expiresAt }) => ({
        id,
        qty,
        expiresAtMs: timestampMs(present(expiresAt)),
      })),
    };
  },
};

export const moveOrderRpc: GrpcRpc<MoveCall, Moved> = {
  method: InventoryService.method.moveOrder,
  encode: ({ reference, toReference }) =>
    toBinary(MoveOrderRequestSchema, create(MoveOrderRequestSchema, { reference, toReference })),
  decode: (message) => {
    const { reference, toReference, lines, stock } = present(
      fromBinary(MoveOrderResponseSchema, message).order,
    );
    return {
      reference,
      toReference,
      lines: lines.map(({ id, qty }) => ({ id, qty })),
      stock: stock.map(figures),
    };
  },
};

function reserved(order: ReservedOrder | undefined): OrderGranted {
  const { reference, lines, stock } = present(order);
  return {
    reference,
    lines: lines.map(({ id, requested, reserved }) => ({ id, requested, reserved })),
    stock: stock.map(figures),
  };
}
