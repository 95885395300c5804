import type { HttpRequest } from '../http/http-message.js';

/**
 * Calls `late` if a request's body has not ended within `timeoutMs`, unless the client is gone. Returns a function that
 * stops the clock. Nearly every body arrives with its head, and then no timer is set.
 */
export function startBodyClock(request: HttpRequest, timeoutMs: number, late: () => void): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  process.nextTick(() => {
    if (request.complete || request.destroyed || stopped) return;
    timer = setTimeout(() => {
      if (!request.destroyed) late();
    }, timeoutMs).unref();
  });
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
