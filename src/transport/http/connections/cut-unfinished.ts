import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import { startBodyClock } from '../../../transcoding/index.js';

/**
 * Cuts a request off whose body has not ended within `timeoutMs`, whether it is answered or not: on HTTP/1.1 with its
 * connection.
 */
export function cutUnfinished(request: IncomingMessage, timeoutMs: number): void {
  const stopClock = startBodyClock(request, timeoutMs, () => {
    if (request.complete) return;
    if ('stream' in request)
      (request as unknown as Http2ServerRequest).stream.close(constants.NGHTTP2_CANCEL);
    else request.socket.destroy();
  });
  request.once('end', stopClock);
  request.once('close', stopClock);
}
