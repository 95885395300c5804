import type { DescMethod } from '@bufbuild/protobuf';
import type { GrpcRpc } from './grpc-rpc.js';
import { findHeader } from './hpack.js';
import { Http2Connection, type Http2Response } from './http2-connection.js';
import { refusalOf } from './refusal.js';
import type { Answer, CallHead, Sender } from './sender.js';

const CONNECTIONS = 4;
const OK = '0';
const FAILED_PRECONDITION = '9';
/** https://www.rfc-editor.org/rfc/rfc9113#name-error-codes */
const REFUSED_STREAM = 7;

/**
 * gRPC over a few connections, framed by hand. On a machine that runs generator, server and database together, the
 * server lacks the processor time that the generator takes. A client on node:http2 took five times as much for a call
 * as this one, nearly as much as the server.
 */
export class GrpcSender<C extends CallHead, G> implements Sender<C, G> {
  readonly #rpc: GrpcRpc<C, G>;
  readonly #connections: Http2Connection[];
  #next = 0;

  constructor(
    rpc: GrpcRpc<C, G>,
    addresses: readonly string[],
    credentials: Readonly<Record<string, string>>,
    connections: number,
    onError: (error: Error) => void,
  ) {
    this.#rpc = rpc;
    this.#connections = Array.from({ length: Math.min(CONNECTIONS, connections) }, (_, i) => {
      const address = addresses[i % addresses.length]!;
      return new Http2Connection(address, grpcHeaders(rpc.method, address, credentials), onError);
    });
  }

  send(call: C, done: (answer: Answer<G>) => void): void {
    const connection = this.#connections[this.#next++ % this.#connections.length]!;
    const { idempotencyKey } = call;
    const header = idempotencyKey === undefined ? undefined : (['idempotency-key', idempotencyKey] as const);
    connection.request(header, frame(this.#rpc.encode(call)), (response) => done(this.#read(response)));
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #read({ body, lastHeaders, resetCode }: Http2Response): Answer<G> {
    const status = lastHeaders === undefined ? undefined : findHeader(lastHeaders, 'grpc-status');
    if (lastHeaders === undefined || status === undefined) {
      const text = resetCode === undefined ? 'no grpc-status' : `a reset stream, code ${resetCode}`;
      const refusal = resetCode === REFUSED_STREAM ? ('REFUSED_STREAM' as const) : undefined;
      return { ok: false, insufficient: false, refusal, text };
    }
    if (status !== OK) {
      // The message comes percent-encoded.
      const message = decodeURIComponent(findHeader(lastHeaders, 'grpc-message') ?? '');
      const insufficient = status === FAILED_PRECONDITION && message.startsWith('Cannot reserve');
      return {
        ok: false,
        insufficient,
        refusal: refusalOf(message),
        text: `grpc-status ${status}: ${message}`,
      };
    }
    if (body[0] !== 0 || body.length < 5 || body.readUInt32BE(1) !== body.length - 5) {
      return { ok: false, insufficient: false, text: `a broken message of ${body.length} bytes` };
    }
    return { ok: true, granted: this.#rpc.decode(body.subarray(5)) };
  }
}

/** What every call of a method carries on its connection: the headers that grpc-js sends, too. */
export function grpcHeaders(
  { parent, name }: Pick<DescMethod, 'parent' | 'name'>,
  address: string,
  credentials: Readonly<Record<string, string>>,
): [string, string][] {
  return Object.entries({
    ':method': 'POST',
    ':scheme': 'http',
    ':path': `/${parent.typeName}/${name}`,
    ':authority': address,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'user-agent': 'grpc-node-js/1.14.7',
    'grpc-accept-encoding': 'identity,deflate,gzip',
    'accept-encoding': 'identity',
    ...credentials,
  });
}

/** One byte for "not compressed", four for the length, then the message. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}
