import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

/** Whether a caller has gone before his answer was whole, however he went: a reset, a broken connection, an end. */
export function hasLeft(request: IncomingMessage, response: ServerResponse): boolean {
  // The Connect library destroys requests that it has read.
  if (!('stream' in request)) return response.destroyed || request.socket.destroyed;
  const { stream } = request as unknown as Http2ServerRequest;
  return stream.aborted || stream.closed || stream.destroyed;
}
