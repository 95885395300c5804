import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { requestHeaders } from '../doors/door.js';
import { frame } from '../doors/grpc-web.js';
import type { Addresses } from '../doors.js';
import { encodeWatch } from './grpc.js';
import { queryOf } from './rest.js';
import type { WatchOptions, WatchRequest } from './watch-stream.js';

/** Every way to watch that HTTP/2 carries. */
export const http2Doors = ['gRPC', 'gRPC over h2c on the HTTP port', 'REST over h2c'] as const;
export type Http2Door = (typeof http2Doors)[number];

/** A watch as no client library has it: until the test reads `stream`, nothing is read and its window stays closed. */
export interface BareWatch {
  readonly stream: ClientHttp2Stream;
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  /** Resolves to the code that the stream was reset with; 0: it was not. */
  readonly closed: Promise<number>;
}

export function bareWatch(
  door: Http2Door,
  { httpUrl, grpcAddress }: Addresses,
  request: WatchRequest,
  options: WatchOptions,
): BareWatch {
  const { hostname, port } = new URL(door === 'gRPC' ? `http://${grpcAddress}` : httpUrl);
  const socket = connect(Number(port), hostname);
  const session = connectHttp2(`http://${hostname}:${port}`, { createConnection: () => socket });
  session.on('error', () => {});
  const stream =
    door === 'REST over h2c'
      ? session.request({ ':path': `/v1/inventory/watch?${queryOf(request)}`, ...requestHeaders(options) })
      : session.request({
          ':method': 'POST',
          ':path': '/inventory.v1.InventoryService/WatchInventory',
          'content-type': 'application/grpc',
          te: 'trailers',
          ...requestHeaders(options),
        });
  if (door !== 'REST over h2c') stream.end(frame(0, encodeWatch(request)));
  stream.on('error', () => {});
  const closed = new Promise<number>((resolve) => stream.on('close', () => resolve(stream.rstCode)));
  return { stream, session, socket, closed };
}
