import { contradictions } from './checker.js';
import { OpenApiDocument } from './document.js';

/** An exchange by fetch and the documented API contradict each other. */
export class Contradicted extends Error {
  override readonly name = 'Contradicted';
}

let document: OpenApiDocument | undefined;

/** Holds what fetch sent and got against the committed document. @throws Contradicted */
export function holdAgainstDocument(url: string, init: RequestInit, response: Response, body: string): void {
  document ??= OpenApiDocument.read();
  const { pathname, search } = new URL(url);
  const found = contradictions(document, {
    method: init.method ?? 'GET',
    target: `${pathname}${search}`,
    requestHeaders: Object.fromEntries(new Headers(init.headers)),
    requestBody: init.body === undefined || init.body === null ? undefined : String(init.body),
    status: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: body,
  });
  if (found.length === 0) return;
  const lines = found.map(({ kind, detail }) => `${kind}: ${detail}`);
  throw new Contradicted(`docs/openapi.json and the service contradict each other:\n${lines.join('\n')}`);
}

/** `fetch` of a REST path with a text as its body, held against the committed document. @throws Contradicted */
export async function checkedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  holdAgainstDocument(url, init, response, await response.clone().text());
  return response;
}
