import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { ReserveRequestSchema, ReserveResponseSchema } from '../../src/gen/inventory/v1/reservations_pb.js';
import { findHeader } from './hpack.js';
import { Http2Connection, type Http2Response } from './http2-connection.js';
import type { Answer, Call, Sender } from './sender.js';

const CONNECTIONS = 4;
const OK = '0';
const FAILED_PRECONDITION = '9';

/**
 * gRPC over a few connections, framed by hand. On a machine that runs generator, server and database together, the
 * generator's processor time is missing on the other side: a client on node:http2 took five times as much a call as
 * this one, nearly as much as the server.
 */
export class GrpcSender implements Sender {
  readonly #connections: Http2Connection[];
  #next = 0;

  constructor(
    address: string,
    credentials: Readonly<Record<string, string>>,
    connections: number,
    onError: (error: Error) => void,
  ) {
    const { reserve } = InventoryService.method;
    const headers = {
      ':method': 'POST',
      ':scheme': 'http',
      ':path': `/${reserve.parent.typeName}/${reserve.name}`,
      ':authority': address,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      ...credentials,
    };
    this.#connections = Array.from(
      { length: Math.min(CONNECTIONS, connections) },
      () => new Http2Connection(address, Object.entries(headers), onError),
    );
  }

  send(call: Call, done: (answer: Answer) => void): void {
    const connection = this.#connections[this.#next++ % this.#connections.length]!;
    const { idempotencyKey } = call;
    const header = idempotencyKey === undefined ? undefined : (['idempotency-key', idempotencyKey] as const);
    connection.request(header, frame(call), (response) => done(read(response)));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

/** One byte for "not compressed", four for the length, then the message. */
function frame(call: Call): Buffer {
  const message = toBinary(
    ReserveRequestSchema,
    create(ReserveRequestSchema, { id: call.id, qty: 1, reference: call.reference }),
  );
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

function read({ body, lastHeaders, resetCode }: Http2Response): Answer {
  const status = lastHeaders === undefined ? undefined : findHeader(lastHeaders, 'grpc-status');
  if (lastHeaders === undefined || status === undefined) {
    const text = resetCode === undefined ? 'no grpc-status' : `a reset stream, code ${resetCode}`;
    return { ok: false, insufficient: false, text };
  }
  if (status !== OK) {
    // The message comes percent-encoded.
    const message = decodeURIComponent(findHeader(lastHeaders, 'grpc-message') ?? '');
    const insufficient = status === FAILED_PRECONDITION && message.startsWith('Cannot reserve');
    return { ok: false, insufficient, text: `grpc-status ${status}: ${message}` };
  }
  if (body[0] !== 0 || body.length < 5 || body.readUInt32BE(1) !== body.length - 5) {
    return { ok: false, insufficient: false, text: `a broken message of ${body.length} bytes` };
  }
  const { stock } = fromBinary(ReserveResponseSchema, body.subarray(5));
  if (stock === undefined) return { ok: false, insufficient: false, text: 'a response without stock' };
  const { id, onHandQty, reservedQty, availableQty } = stock;
  return { ok: true, id, onHandQty, reservedQty, availableQty };
}
