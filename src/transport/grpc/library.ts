import type {
  Http2Server,
  SecureServerOptions,
  ServerHttp2Stream,
  ServerStreamResponseOptions,
} from 'node:http2';
import type { Server, ServerCredentials } from '@grpc/grpc-js';

/** Private parts of grpc-js. Its version is pinned, and tests fail if these change. */
interface Inside {
  readonly commonServerOptions: SecureServerOptions;
  readonly options: { 'grpc.max_receive_message_length'?: number };
  createHttp2Server(credentials: ServerCredentials): Http2Server;
}

/** Passes our options to the HTTP/2 server below grpc-js, and exposes it before it listens. */
export function lookInside(
  server: Server,
  options: SecureServerOptions,
  look: (http2: Http2Server) => void,
): void {
  const inside = server as unknown as Inside;
  Object.assign(inside.commonServerOptions, options);
  const create = inside.createHttp2Server.bind(server);
  inside.createHttp2Server = (credentials) => {
    const http2 = create(credentials);
    look(http2);
    return http2;
  };
}

/** How long the message of the next call may be. The library has one limit for all calls, and reads it as each begins. */
export function limitMessages(server: Server, bytesMax: number): void {
  (server as unknown as Inside).options['grpc.max_receive_message_length'] = bytesMax;
}

/** The HTTP/2 stream of a call. */
export function streamOf(call: object): ServerHttp2Stream {
  return (call as { call: { stream: ServerHttp2Stream } }).call.stream;
}

let responseOptionsAreComplete = false;

/**
 * The library passes the same options to `respond` for each call, and node:http2 adds `endStream` to a copy of them. To V8,
 * each of these copies has a hidden class of its own, in the old generation. So they get that property, once.
 */
export function completeResponseOptions(stream: ServerHttp2Stream): void {
  if (responseOptionsAreComplete) return;
  const respond = stream.respond.bind(stream);
  stream.respond = (headers, options?: ServerStreamResponseOptions) => {
    if (options !== undefined && options.endStream === undefined) {
      options.endStream = false;
      responseOptionsAreComplete = true;
    }
    respond(headers, options);
  };
}
