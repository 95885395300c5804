import { randomUUID } from 'node:crypto';
import type { Certificates, TlsConfig } from '../../config.js';
import { splitTarget } from '../../transcoding/index.js';
import { REQUEST_ID_HEADER } from '../dispatch/request-id.js';
import { noHelp } from '../failures/help-links.js';
import type { ConnectionBounds } from './connections/connection-bounds.js';
import { HttpListener } from './connections/listener.js';
import { OpenPaths, refuse } from './open-paths.js';
import type { PathAnswer } from './request-listener.js';

export type Scrape = () => Promise<{ contentType: string; text: string }>;

export interface MetricsPortOptions {
  readonly tls: TlsConfig | undefined;
  readonly connections: ConnectionBounds;
  readonly scrape: Scrape;
  readonly onError: (error: unknown, requestId: string) => void;
}

export function metricsPath(scrape: Scrape): ReadonlyMap<string, PathAnswer> {
  return new Map<string, PathAnswer>([
    [
      '/metrics',
      async (_, response) => {
        const { contentType, text } = await scrape();
        response.writeHead(200, { 'content-type': contentType }).end(text);
      },
    ],
  ]);
}

/** A port that serves only `/metrics`, to keep it from the callers of the HTTP port. */
export class MetricsPort {
  readonly #listener: HttpListener;

  constructor({ tls, connections, scrape, onError }: MetricsPortOptions) {
    const paths = new OpenPaths(metricsPath(scrape), { cors: undefined, help: noHelp, onError });
    this.#listener = new HttpListener({ tls, bounds: connections, help: noHelp }, (request, response) => {
      const { path } = splitTarget(request.url ?? '');
      if (paths.answer(path, request, response, randomUUID)) return;
      const requestId = randomUUID();
      request.resume();
      response.setHeader(REQUEST_ID_HEADER, requestId);
      refuse(response, { kind: 'not_found', path }, requestId, noHelp);
    });
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return this.#listener.listen(host, port);
  }

  setCertificates(certificates: Certificates): void {
    this.#listener.setCertificates(certificates);
  }

  drain(): Promise<void> {
    return this.#listener.drain();
  }

  destroy(): void {
    this.#listener.destroy();
  }
}
