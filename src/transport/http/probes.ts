import type { ServerResponse } from 'node:http';
import type { PathAnswer } from './request-listener.js';

/** Whether the process runs, and whether it can do its work, by path. */
export function probes(isReady: () => boolean): ReadonlyMap<string, PathAnswer> {
  return new Map<string, PathAnswer>([
    ['/healthz', async (_, response) => send(response, 200, 'UP')],
    [
      '/readyz',
      async (_, response) => {
        const ready = isReady();
        send(response, ready ? 200 : 503, ready ? 'UP' : 'DOWN');
      },
    ],
  ]);
}

function send(response: ServerResponse, code: number, status: string): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
}
