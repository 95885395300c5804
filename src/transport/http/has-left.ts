import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';

/**
 * Whether a caller has gone before the answer was complete, in whatever way: a reset, a broken connection, or an end.
 */
export function hasLeft(request: IncomingMessage, response: ServerResponse): boolean {
  // The Connect library destroys requests that it has read.
  if (!('stream' in request)) return response.destroyed || request.socket.destroyed;
  const { stream } = request as unknown as Http2ServerRequest;
  return stream.aborted || stream.closed || stream.destroyed;
}
