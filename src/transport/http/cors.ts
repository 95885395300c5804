import type { IncomingMessage, ServerResponse } from 'node:http';
import { Cors, type CorsOptions } from '../../transcoding/index.js';
import { REPLAYED_HEADER, REQUEST_ID_HEADER } from '../dispatch/request-id.js';

/**
 * What pages of other origins may send and read, on every path of the HTTP port. Undefined if no other origins are
 * allowed.
 */
export function corsOptions(origins: readonly string[]): CorsOptions | undefined {
  if (origins.length === 0) return undefined;
  return {
    origins: origins.includes('*') ? '*' : origins,
    allowHeaders: [
      'authorization',
      'x-merchantapikey',
      'idempotency-key',
      'last-event-id',
      REQUEST_ID_HEADER,
      'traceparent',
      'tracestate',
      'content-type',
      'content-encoding',
      // Connect and gRPC-Web.
      'connect-protocol-version',
      'connect-timeout-ms',
      'connect-content-encoding',
      'connect-accept-encoding',
      'grpc-timeout',
      'x-grpc-web',
      'x-user-agent',
    ],
    exposeHeaders: [
      REPLAYED_HEADER,
      'retry-after',
      REQUEST_ID_HEADER,
      'grpc-status',
      'grpc-message',
      'grpc-status-details-bin',
    ],
  };
}

/**
 * Sets the headers that a page's browser looks for, on paths that the REST door does not answer. Returns whether the
 * request was a preflight, which is then answered.
 */
export function sharesWithOrigin(
  cors: Cors,
  request: IncomingMessage,
  response: ServerResponse,
  methods: readonly string[],
): boolean {
  const preflight = Cors.isPreflight(request);
  const headers = preflight ? cors.preflight(request, methods) : cors.headers(request);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (preflight) response.writeHead(204).end();
  return preflight;
}
