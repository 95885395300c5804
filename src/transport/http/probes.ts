import type { ServerResponse } from 'node:http';
import type { PathAnswer } from './request-listener.js';

export interface ProbedStatus {
  /** Degraded: it works, and somebody should look. */
  readonly is: 'up' | 'degraded' | 'down';
  /** By what is not up. Everybody can read it. */
  readonly why: Readonly<Record<string, string>>;
}

/** Whether the process runs, and whether it can do its work, by path. */
export function probes(status: () => ProbedStatus): ReadonlyMap<string, PathAnswer> {
  return new Map<string, PathAnswer>([
    ['/healthz', async (_, response) => send(response, 200, { status: 'UP' })],
    [
      '/readyz',
      async (_, response) => {
        const { is, why } = status();
        send(response, is === 'down' ? 503 : 200, { status: is.toUpperCase(), ...why });
      },
    ],
  ]);
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
