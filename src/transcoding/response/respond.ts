import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { type Headers, type HttpRequest, type HttpResponse, isHttp2 } from '../http/http-message.js';
import { endTogether } from './end-together.js';

/** A response as it goes out, except for the headers that all responses have. */
export interface Outgoing {
  readonly status: number;
  readonly body: string | Uint8Array;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly headers?: Headers | undefined;
}

/** Answers in one piece. Later headers win; all of them over the content's own. */
export function respond(
  request: HttpRequest,
  response: HttpResponse,
  outgoing: Outgoing,
  common: Headers | undefined,
): void {
  writeHead(response, outgoing, common, outgoing.headers);
  // The length is that of the answer to GET, but the body is not sent.
  const body = request.method === 'HEAD' ? '' : outgoing.body;
  if (isHttp2(request)) response.end(body);
  else endTogether(response, body);
}

/** Connections whose clients were told that they will close. */
const closing = new WeakSet<Socket>();

/** Whether a request was sent behind one that closes the connection: it must not be looked at (RFC 9112 section 9.6). */
export function isClosing(request: HttpRequest): boolean {
  return !isHttp2(request) && closing.has(request.socket);
}

/** How long, and for how many bytes, a client may go on sending a body that was refused. */
const LINGER_MS = 500;
const LINGER_BYTES_MAX = 1024 * 1024;

/**
 * Answers a request whose body is not read to its end. On HTTP/1.1 its connection cannot be used again.
 *
 * Closing a socket with unread bytes resets it, and the reset can overtake the answer. So the answer is sent whole,
 * what the client still sends is discarded for a limited time, and then the connection is closed. On HTTP/2 this
 * happens to the stream, without an error (RFC 9113 section 8.1).
 */
export function respondAndClose(
  request: HttpRequest,
  response: HttpResponse,
  outgoing: Outgoing,
  common: Headers | undefined,
): void {
  if (isHttp2(request)) {
    const { stream } = request;
    respond(request, response, outgoing, common);
    discardRest(request, () => stream.close(constants.NGHTTP2_NO_ERROR));
  } else {
    closing.add(request.socket);
    writeHead(response, outgoing, common, { ...outgoing.headers, connection: 'close' });
    (response as ServerResponse).write(outgoing.body);
    discardRest(request, () => response.end());
  }
}

/** Reads and discards, until the request ends or goes on for too long. */
export function discardRest(request: HttpRequest, done: () => void): void {
  let bytes = 0;
  const timer = setTimeout(stop, LINGER_MS);
  function stop(): void {
    clearTimeout(timer);
    request.off('data', discard);
    request.off('end', stop);
    request.off('close', stop);
    done();
  }
  function discard(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES_MAX) stop();
  }
  request.on('data', discard);
  request.on('end', stop);
  request.on('close', stop);
  request.resume();
}

function writeHead(
  response: HttpResponse,
  { status, body, contentType = 'application/json' }: Outgoing,
  common: Headers | undefined,
  own: Headers | undefined,
): void {
  const headers: Record<string, string | number> =
    status === 204
      ? {}
      : {
          'content-type': contentType,
          'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
        };
  merge(headers, common);
  merge(headers, own);
  (response as ServerResponse).writeHead(status, headers);
}

/** Adds headers to others: later ones win, except that `Vary` accumulates. */
export function merge(headers: Record<string, string | number>, more: Headers | undefined): void {
  if (more === undefined) return;
  for (const name in more) {
    const value = more[name]!;
    headers[name] =
      name === 'vary' && headers.vary !== undefined ? union(String(headers.vary), value) : value;
  }
}

function union(some: string, others: string): string {
  return [...new Set([...some.split(', '), ...others.split(', ')])].join(', ');
}
