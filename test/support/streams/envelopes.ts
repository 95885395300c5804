import { connectCodes } from '../doors/connect.js';
import { explain, statusDetails } from '../doors/details.js';
import { requestHeaders } from '../doors/door.js';
import { frame } from '../doors/grpc-web.js';
import { decodeEvent, encodeWatch } from './grpc.js';
import { type BodyReader, httpWatch } from './http.js';
import type { Ending, WatchOptions, WatchRequest, WatchStream } from './watch-stream.js';

const path = '/inventory.v1.InventoryService/WatchInventory';
const END_OF_CONNECT = 0x02;
const TRAILERS_OF_GRPC_WEB = 0x80;

/** https://connectrpc.com/docs/protocol/#streaming-rpcs */
export function connectWatch(
  codec: 'json' | 'proto',
  httpUrl: string,
  request: WatchRequest,
  options: WatchOptions,
): WatchStream {
  const contentType = `application/connect+${codec}`;
  const encoded = codec === 'json' ? Buffer.from(JSON.stringify(request)) : encodeWatch(request);
  const init = {
    method: 'POST',
    headers: { 'content-type': contentType, 'connect-protocol-version': '1', ...requestHeaders(options) },
    body: frame(0, options.bytes ?? encoded),
  };
  return httpWatch(`${httpUrl}${path}`, init, (stream) =>
    reader(contentType, (flag, bytes) => {
      if (flag === END_OF_CONNECT) stream.end(connectEnding(JSON.parse(bytes.toString())));
      else stream.put(codec === 'json' ? JSON.parse(bytes.toString()) : decodeEvent(bytes));
    }),
  );
}

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md */
export function grpcWebWatch(httpUrl: string, request: WatchRequest, options: WatchOptions): WatchStream {
  const contentType = 'application/grpc-web+proto';
  const init = {
    method: 'POST',
    headers: { 'content-type': contentType, 'x-grpc-web': '1', ...requestHeaders(options) },
    body: frame(0, options.bytes ?? encodeWatch(request)),
  };
  return httpWatch(`${httpUrl}${path}`, init, (stream) =>
    reader(contentType, (flag, bytes) => {
      if (flag === TRAILERS_OF_GRPC_WEB) stream.end(grpcWebEnding(bytes.toString('latin1')));
      else stream.put(decodeEvent(bytes));
    }),
  );
}

function reader(contentType: string, take: (flag: number, bytes: Buffer) => void): BodyReader {
  return async (response, chunks) => {
    if (response.headers.get('content-type') !== contentType) throw new Error('answered in another codec');
    const push = envelopeReader(take);
    for await (const chunk of chunks) push(chunk);
  };
}

/** Takes the chunks of a stream, and calls with the flags and the bytes of each message, once it is whole. */
export function envelopeReader(take: (flags: number, bytes: Buffer) => void): (chunk: Uint8Array) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      take(rest[0]!, rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  };
}

interface ConnectEnd {
  readonly error?: { readonly code: string; readonly details?: { type: string; value: string }[] };
}

/** The ending that the last message of a stream by Connect tells. */
export function connectEnding({ error }: ConnectEnd): Ending {
  if (error === undefined) return { code: 0 };
  const details = (error.details ?? []).map(({ type, value }) => ({
    type,
    value: Buffer.from(value, 'base64'),
  }));
  const { reason, violations, help } = explain(details);
  return { code: connectCodes[error.code] ?? -1, reason, violations, help };
}

function grpcWebEnding(text: string): Ending {
  const trailers = new Map(
    text
      .split('\r\n')
      .filter(Boolean)
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
  );
  return grpcEnding(trailers.get('grpc-status'), trailers.get('grpc-status-details-bin'));
}

/** The ending that gRPC's trailers tell. */
export function grpcEnding(status: string | undefined, details: string | undefined): Ending {
  const code = Number(status ?? Number.NaN);
  if (details === undefined) return { code };
  const { reason, violations, help } = explain(statusDetails(Buffer.from(details, 'base64')).details);
  return { code, reason, violations, help };
}
