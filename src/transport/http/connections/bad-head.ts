import type { IncomingMessage, ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER } from '../../dispatch/request-id.js';
import { malformedBody } from '../../failures/errors.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { HEADERS_BYTES_MAX, headersBytes } from '../../http2.js';
import { requestIdOf } from '../request-id-of.js';

interface BadHead {
  readonly status: number;
  readonly message: string;
}

export const NO_TUNNELS = 'This service is not a proxy and does not support CONNECT.';

/** Faults that node's parser lets through, or would itself answer without a body. */
function faultOf(request: IncomingMessage): BadHead | undefined {
  const { headers, method, httpVersionMajor, httpVersionMinor } = request;
  const isHttp2 = 'stream' in request;
  // An HTTP/1.1 connection that claims a higher version: the code behind would look for its stream.
  if (httpVersionMajor > 1 && !isHttp2) {
    return { status: 505, message: 'HTTP/2 must begin with its preface or by ALPN.' };
  }
  if (!isHttp2 && httpVersionMinor === 1 && headers.host === undefined) {
    return { status: 400, message: 'Malformed request: the Host header is missing.' };
  }
  // The library refuses these too, but not before the client has acknowledged the limit.
  if (isHttp2 && headersBytes(request.rawHeaders) > HEADERS_BYTES_MAX) {
    return { status: 431, message: `The headers must not exceed ${HEADERS_BYTES_MAX} bytes.` };
  }
  // RFC 9110, 9.1 and 10.1.1.
  if (method === 'CONNECT') return { status: 501, message: NO_TUNNELS };
  if (headers.expect !== undefined && !/^\s*100-continue\s*$/i.test(headers.expect)) {
    return { status: 417, message: 'Expect must be 100-continue, or absent.' };
  }
  return undefined;
}

/** Answers a request that no handler should see; returns whether it was one. */
export function refusesHead(request: IncomingMessage, response: ServerResponse, help: HelpLinks): boolean {
  const fault = faultOf(request);
  if (fault === undefined) return false;
  const requestId = requestIdOf(request);
  request.resume();
  if (!('stream' in request)) response.setHeader('connection', 'close');
  const body = malformedBody(fault.message, requestId, help);
  response
    .writeHead(fault.status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      [REQUEST_ID_HEADER]: requestId,
    })
    .end(body);
  return true;
}
