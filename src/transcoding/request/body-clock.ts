import type { HttpRequest } from '../http/http-message.js';

/**
 * Calls `late` when a request's body has not ended within `timeoutMs`, unless the client is gone. Returns what stops
 * the clock. Nearly every body comes with its head; for such a one no timer is set.
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
