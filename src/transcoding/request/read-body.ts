import type { BodyTooLarge, BodyTooSlow, NoRoomForBody } from '../faults.js';
import { type HttpRequest, isHttp2 } from '../http/http-message.js';
import type { HeldBody } from '../options.js';
import { startBodyClock } from './body-clock.js';

const empty = Buffer.alloc(0);

export interface BodyBounds {
  readonly bytesMax: number;
  readonly timeoutMs: number;
  /** Holds room for a body. Undefined: there is no bound on all bodies together. */
  readonly hold: ((giveUp: () => void) => HeldBody) | undefined;
}

/**
 * Reads a request's body and calls `whole` with it. Calls `refuse` as soon as the body is known to exceed `bytesMax`
 * bytes, when there is no room for it, or when it has not ended within `timeoutMs`, with the request paused and the rest unread. Calls neither if the
 * client leaves first. Uses callbacks instead of a promise, so that a request without a body continues in the same
 * tick.
 */
export function readBody(
  request: HttpRequest,
  { bytesMax, timeoutMs, hold }: BodyBounds,
  whole: (body: Buffer) => void,
  refuse: (fault: BodyTooLarge | BodyTooSlow | NoRoomForBody) => void,
): void {
  if (hasNoBody(request)) {
    whole(empty);
    return;
  }
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    request.pause();
    refuse({ kind: 'body_too_large', bytesMax });
    return;
  }
  const stopClock = startBodyClock(request, timeoutMs, () => stop({ kind: 'body_too_slow', timeoutMs }));
  const held = hold?.(() => stop({ kind: 'no_room' }));
  function stop(fault: BodyTooLarge | BodyTooSlow | NoRoomForBody): void {
    stopClock();
    request.off('data', onData);
    request.off('end', onEnd);
    request.pause();
    held?.free();
    refuse(fault);
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let bytes = 0;
  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > bytesMax) stop({ kind: 'body_too_large', bytesMax });
    else if (held?.grow(chunk.length) === false) stop({ kind: 'no_room' });
    else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  }
  function onEnd(): void {
    stopClock();
    held?.keep();
    // `node:http2` ends a request that the client aborted just like a complete one.
    if (isHttp2(request) && request.stream.closed) return;
    whole(more === undefined ? (first ?? empty) : Buffer.concat(more, bytes));
  }
  request.on('data', onData);
  request.on('end', onEnd);
}

/** Whether a request's head says that nothing follows. */
export function hasNoBody(request: HttpRequest): boolean {
  if (isHttp2(request)) return request.stream.endAfterHeaders;
  const { headers } = request;
  const length = headers['content-length'];
  return length === '0' || (length === undefined && headers['transfer-encoding'] === undefined);
}
