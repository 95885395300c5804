import type { IncomingHttpHeaders } from 'node:http2';
import { HEADERS_BYTES_MAX, HEADERS_MAX } from '../../http2.js';
import { END_HEADERS, FRAME_HEAD_BYTES, HEADERS, writeFrameHead } from './frames.js';
import type { Header } from './header-table.js';

/**
 * POST, http, `/` and the authority `x`: what HTTP/2 demands of a request, for calls whose headers node:http2 need not see.
 */
const PLAIN_BLOCK = Buffer.from([0x83, 0x86, 0x84, 0x01, 0x01, 0x78]);

/** Names for which HTTP/2, or node:http2, has rules of its own. */
const OF_HTTP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'priority',
  'proxy-connection',
  'set-cookie',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const PLAIN_NAME = /^:?[a-z0-9_-]+$/;
/** Visible ASCII, with spaces only inside. */
const PLAIN_VALUE = /^[!-~](?:[ -~]*[!-~])?$/;

/** Headers that node:http2 would pass on as they are. */
export interface PlainHeaders {
  readonly headers: IncomingHttpHeaders;
  /** As HTTP/2 counts them. */
  readonly bytes: number;
}

/**
 * The headers of a usual gRPC call, as node:http2 would show them. Undefined: there is something about them that it has to look
 * at.
 */
export function plainHeaders(fields: readonly Header[]): PlainHeaders | undefined {
  // Each takes a byte at least, so there is room for the block that replaces them.
  if (fields.length < PLAIN_BLOCK.length || fields.length > HEADERS_MAX) return undefined;
  const headers: IncomingHttpHeaders = {};
  let bytes = 0;
  let pseudo = 0;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    field.isPlain ??= isPlain(field);
    const { name, value } = field;
    if (!field.isPlain || name in headers) return undefined;
    // They come first.
    if (name.startsWith(':') && pseudo++ !== i) return undefined;
    headers[name] = value;
    bytes += field.bytes;
  }
  return bytes <= HEADERS_BYTES_MAX && pseudo === 4 && isCall(headers) ? { headers, bytes } : undefined;
}

function isPlain({ name, value }: Header): boolean {
  if (OF_HTTP.has(name) && !(name === 'te' && value === 'trailers')) return false;
  return PLAIN_NAME.test(name) && PLAIN_VALUE.test(value);
}

/** With just the pseudo-headers that a call has. */
function isCall(headers: IncomingHttpHeaders): boolean {
  const { ':method': method, ':scheme': scheme, ':path': path, ':authority': authority } = headers;
  return (
    method === 'POST' &&
    (scheme === 'http' || scheme === 'https') &&
    path !== undefined &&
    /^\/[!-~]*$/.test(path) &&
    authority !== undefined &&
    /^[\w.:[\]-]+$/.test(authority)
  );
}

/** In the place of the frames of such a call. Returns where it ends. `endStream`: END_STREAM or 0. */
export function writePlainFrame(bytes: Buffer, at: number, id: number, endStream: number): number {
  const flags = endStream | END_HEADERS;
  writeFrameHead(bytes, at, { length: PLAIN_BLOCK.length, type: HEADERS, flags, id });
  return at + FRAME_HEAD_BYTES + PLAIN_BLOCK.copy(bytes, at + FRAME_HEAD_BYTES);
}

/** Whether node:http2 has these headers from such a frame. No RPC has such a path. */
export function isPlainBlock({ ':path': path, ':authority': authority }: IncomingHttpHeaders): boolean {
  return path === '/' && authority === 'x';
}
