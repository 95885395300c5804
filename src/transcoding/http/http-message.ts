import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request from `node:http` or from the compatibility API of `node:http2`. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
export type HttpResponse = ServerResponse | Http2ServerResponse;

export type Headers = Readonly<Record<string, string>>;

/** Not decided by the version, which is what the client claims: `GET / HTTP/2.0` on a connection of HTTP/1.1. */
export function isHttp2(request: HttpRequest): request is Http2ServerRequest {
  return 'stream' in request;
}
