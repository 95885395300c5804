import type { IncomingMessage } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import { Roster } from '../../../collections/roster.js';
import { startBodyClock } from '../../../transcoding/index.js';

/** Limit over all connections; a body has at most 64 KiB by default. */
const REQUESTS_MAX = 4000;

interface Unfinished {
  readonly request: IncomingMessage;
  readonly end: () => void;
}

/** Requests whose bodies have not ended, oldest first. When there is one too many, the oldest is cut off. */
export class UnfinishedRequests {
  readonly #requests = new Roster<Unfinished>();
  readonly #requestsMax: number;

  constructor(requestsMax: number = REQUESTS_MAX) {
    this.#requestsMax = requestsMax;
  }

  /**
   * Cuts the request off if its body has not ended within `timeoutMs`, answered or not. On HTTP/1.1, its connection
   * goes with it.
   */
  cutWhenLate(request: IncomingMessage, timeoutMs: number): void {
    if (request.complete) return;
    const stopClock = startBodyClock(request, timeoutMs, () => cut(request));
    const end = (): void => {
      stopClock();
      place.leave();
    };
    const place = this.#requests.add({ request, end });
    request.once('end', end);
    request.once('close', end);
    if (this.#requests.size <= this.#requestsMax) return;
    const oldest = this.#requests.oldest!;
    oldest.end();
    cut(oldest.request);
  }
}

function cut(request: IncomingMessage): void {
  if (request.complete) return;
  if ('stream' in request) (request as unknown as Http2ServerRequest).stream.close(constants.NGHTTP2_CANCEL);
  else request.socket.destroy();
}
