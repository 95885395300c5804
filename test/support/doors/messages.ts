import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ReleaseRequestSchema,
  ReleaseResponseSchema,
  ReserveRequestSchema,
  ReserveResponseSchema,
} from '../../../src/gen/inventory/v1/reservations_pb.js';
import type { Rpc, StockRequest } from './door.js';

export function encodeRequest(rpc: Rpc, request: StockRequest): Uint8Array {
  return rpc === 'Reserve'
    ? toBinary(ReserveRequestSchema, create(ReserveRequestSchema, request))
    : toBinary(ReleaseRequestSchema, create(ReleaseRequestSchema, request));
}

/** The answered stock, field by field; fields that no one knows are an error. */
export function decodeStock(rpc: Rpc, bytes: Uint8Array): unknown {
  const { stock, $unknown } = fromBinary(
    rpc === 'Reserve' ? ReserveResponseSchema : ReleaseResponseSchema,
    bytes,
  );
  if ($unknown !== undefined || stock?.$unknown !== undefined)
    throw new Error('unknown fields in the answer');
  if (stock === undefined) return undefined;
  const { $typeName: _, ...fields } = stock;
  return fields;
}
