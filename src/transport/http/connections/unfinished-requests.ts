import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import { type Place, Roster } from '../../../collections/roster.js';
import { startBodyClock } from '../../../transcoding/index.js';

/** Limit over all connections; a body has at most 64 KiB by default. */
const REQUESTS_MAX = 4000;

const PLACE = Symbol('unfinished request');

interface Request extends IncomingMessage {
  [PLACE]?: Place;
}

/** Requests whose bodies have not ended, oldest first. When there is one too many, the oldest is cut off. */
export class UnfinishedRequests {
  readonly #requests = new Roster<Request>();
  readonly #requestsMax: number;

  constructor(requestsMax: number = REQUESTS_MAX) {
    this.#requestsMax = requestsMax;
  }

  /**
   * Cuts the request off if its body has not ended within `timeoutMs`, answered or not. On HTTP/1.1, its connection
   * goes with it. May be called again, with less time.
   */
  cutWhenLate(request: Request, timeoutMs: number): void {
    if (request.complete) return;
    const stopClock = startBodyClock(request, timeoutMs, () => cut(request));
    request[PLACE] ??= this.#requests.add(request);
    const end = (): void => {
      stopClock();
      request[PLACE]?.leave();
    };
    request.once('end', end);
    request.once('close', end);
    if (this.#requests.size <= this.#requestsMax) return;
    const oldest = this.#requests.oldest!;
    oldest[PLACE]?.leave();
    cut(oldest);
  }
}

function cut(request: IncomingMessage): void {
  if (request.complete) return;
  if ('stream' in request) (request as unknown as Http2ServerRequest).stream.close(constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}
