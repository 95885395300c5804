import type { HttpResponse } from '../http/http-message.js';

let ready: [HttpResponse, string | Uint8Array][] = [];

/**
 * Ends a response when this turn of the event loop is over, right after the others that became ready in it; for HTTP/2,
 * node does this itself. Written one by one, between the work for later requests, each answer wakes its reader
 * separately: under load that cost a third of the time. A lone answer does not wait.
 */
export function endTogether(response: HttpResponse, body: string | Uint8Array): void {
  if (ready.length === 0) setImmediate(endAll);
  ready.push([response, body]);
}

function endAll(): void {
  const responses = ready;
  ready = [];
  for (const [response, body] of responses) response.end(body);
}
