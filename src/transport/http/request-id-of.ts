import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { REQUEST_ID_HEADER, saneRequestId } from '../dispatch/request-id.js';

const REQUEST_ID = Symbol('request id');

interface Identified extends IncomingMessage {
  [REQUEST_ID]?: string;
}

/** The id that a request brings, or one generated on first use. */
export function requestIdOf(request: Identified): string {
  const sent = request.headers[REQUEST_ID_HEADER];
  request[REQUEST_ID] ??= saneRequestId(typeof sent === 'string' ? sent : undefined) ?? randomUUID();
  return request[REQUEST_ID];
}
