import { unknownParts } from './check-unknown.js';
import { contradictions } from './checker.js';
import { OpenApiDocument } from './document.js';
import type { Contradiction, Exchange } from './exchange.js';
import { findOperation } from './routes.js';

/** An exchange by fetch and the documented API contradict each other. */
export class Contradicted extends Error {
  override readonly name = 'Contradicted';
}

let document: OpenApiDocument | undefined;

/** Compares what fetch sent and got with the committed document. @throws Contradicted */
export function holdAgainstDocument(url: string, init: RequestInit, response: Response, body: string): void {
  document ??= OpenApiDocument.read();
  const { pathname, search } = new URL(url);
  const exchange = {
    method: init.method ?? 'GET',
    target: `${pathname}${search}`,
    requestHeaders: Object.fromEntries(new Headers(init.headers)),
    requestBody: init.body === undefined || init.body === null ? undefined : String(init.body),
    status: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody: body,
  };
  const found = [...contradictions(document, exchange), ...meaningless(document, exchange)];
  if (found.length === 0) return;
  const lines = found.map(({ kind, detail }) => `${kind}: ${detail}`);
  throw new Contradicted(`docs/openapi.json and the service contradict each other:\n${lines.join('\n')}`);
}

/** Tests send these because the service ignores them. */
const onPurpose = ['updateInventory: field onHandQty', 'updateInventory: field productId'];

/** What the test sends and the document does not know. */
function meaningless(document: OpenApiDocument, exchange: Exchange): Contradiction[] {
  const found = findOperation(document, exchange.method, exchange.target.split('?')[0]!);
  if (found.kind !== 'operation') return [];
  const { operation } = found;
  return unknownParts(document, operation, exchange)
    .map((part) => `${operation.id}: ${part}`)
    .filter((detail) => !onPurpose.includes(detail))
    .map((detail) => ({ kind: 'sent although undocumented', detail }));
}

/** `fetch` of a REST path with a text as its body, compared with the committed document. @throws Contradicted */
export async function checkedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init);
  holdAgainstDocument(url, init, response, await response.clone().text());
  return response;
}
