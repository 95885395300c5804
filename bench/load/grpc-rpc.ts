import { create, type DescMethodUnary, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  GetInventoryRequestSchema,
  GetInventoryResponseSchema,
} from '../../src/gen/inventory/v1/inventory_record_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import type { ReadCall, ReadStock } from './read.js';
import type { Figures, ReserveCall } from './reserve.js';
import { decodeReserved, encodeReserve } from './reserve-wire.js';

/** How calls of one RPC are written, and how answers with the status OK are read. */
export interface GrpcRpc<C, G> {
  readonly method: DescMethodUnary;
  encode(call: C): Uint8Array;
  /** Throws when the message lacks what an answer must have. */
  decode(message: Buffer): G;
}

export const reserveRpc: GrpcRpc<ReserveCall, Figures> = {
  method: InventoryService.method.reserve,
  encode: encodeReserve,
  decode: decodeReserved,
};

export const getInventoryRpc: GrpcRpc<ReadCall, ReadStock> = {
  method: InventoryService.method.getInventory,
  encode: ({ id }) => toBinary(GetInventoryRequestSchema, create(GetInventoryRequestSchema, { id })),
  decode: (message) => {
    const { id, onHandQty } = present(fromBinary(GetInventoryResponseSchema, message).record);
    return { id, onHandQty };
  },
};

/** Without protobuf's own members, which would show where an answer is printed. */
export function figures({ id, onHandQty, reservedQty, availableQty }: Figures): Figures {
  return { id, onHandQty, reservedQty, availableQty };
}

/** What every right answer has. */
export function present<M>(part: M | undefined): M {
  if (part === undefined) throw new Error('a response that lacks a part');
  return part;
}
