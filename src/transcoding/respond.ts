import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { type Headers, type HttpRequest, type HttpResponse, isHttp2 } from './http-message.js';

/** Answers with ready JSON text. Later headers win; all of them over the content's own. */
export function respond(
  response: HttpResponse,
  status: number,
  body: string,
  common: Headers | undefined,
  own: Headers | undefined,
): void {
  writeHead(response, status, body, common, own);
  response.end(body);
}

/** How long, and for how many bytes, a client may go on sending a body that was refused. */
const lingerMs = 500;
const lingerBytesMax = 1024 * 1024;

/**
 * Answers a request whose body is not read to its end. On HTTP/1.1 its connection cannot be used again.
 *
 * Closing a socket with unread bytes resets it, and the reset can overtake the answer. So the answer is sent
 * whole, what the client still sends is thrown away for a bounded while, and then the connection is closed. On
 * HTTP/2 that happens to the stream, without an error (RFC 9113 section 8.1).
 */
export function respondAndClose(
  request: HttpRequest,
  response: HttpResponse,
  status: number,
  body: string,
  common: Headers | undefined,
  own: Headers | undefined,
): void {
  if (isHttp2(request)) {
    const { stream } = request;
    respond(response, status, body, common, own);
    discardRest(request, () => stream.close(constants.NGHTTP2_NO_ERROR));
  } else {
    writeHead(response, status, body, common, { ...own, connection: 'close' });
    (response as ServerResponse).write(body);
    discardRest(request, () => response.end());
  }
}

/** Reads and forgets, until the request ends or goes on for too long. */
function discardRest(request: HttpRequest, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(stop, lingerMs);
  function stop(): void {
    clearTimeout(timer);
    request.off('data', discard);
    request.off('end', stop);
    request.off('close', stop);
    done();
  }
  function discard(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > lingerBytesMax) stop();
  }
  request.on('data', discard);
  request.on('end', stop);
  request.on('close', stop);
  request.resume();
}

function writeHead(
  response: HttpResponse,
  status: number,
  body: string,
  common: Headers | undefined,
  own: Headers | undefined,
): void {
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  if (common !== undefined) for (const name in common) headers[name] = common[name] as string;
  if (own !== undefined) for (const name in own) headers[name] = own[name] as string;
  (response as ServerResponse).writeHead(status, headers);
}
