import type { IncomingHttpHeaders } from 'node:http2';
import { HEADERS_BYTES_MAX } from '../../http2.js';
import type { Header } from './header-table.js';

/** node:http2 takes no more. */
const HEADERS_MAX = 128;

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
  if (fields.length > HEADERS_MAX) return undefined;
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
    path?.startsWith('/') === true &&
    authority !== undefined &&
    /^[\w.:[\]-]+$/.test(authority)
  );
}
