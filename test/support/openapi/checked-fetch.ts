import { contradictions } from './checker.js';
import { OpenApiDocument } from './document.js';
import type { Contradiction } from './exchange.js';

export type Fetch = (url: string, init?: RequestInit & { body?: string }) => Promise<Response>;

/** `fetch`, but each exchange is held against the committed document; rejects when they contradict each other. */
export function checkedFetch(ignore: (contradiction: Contradiction) => boolean = () => false): Fetch {
  const document = OpenApiDocument.read();
  return async (url, init = {}) => {
    const response = await fetch(url, init);
    const { pathname, search } = new URL(url);
    const found = contradictions(document, {
      method: init.method ?? 'GET',
      target: `${pathname}${search}`,
      requestHeaders: Object.fromEntries(new Headers(init.headers)),
      requestBody: init.body,
      status: response.status,
      responseHeaders: Object.fromEntries(response.headers),
      responseBody: await response.clone().text(),
    }).filter((contradiction) => !ignore(contradiction));
    if (found.length === 0) return response;
    const lines = found.map(({ kind, detail }) => `${kind}: ${detail}`);
    throw new Error(`docs/openapi.json and the service contradict each other:\n${lines.join('\n')}`);
  };
}
