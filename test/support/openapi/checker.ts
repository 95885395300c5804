import { isBeyondSchemas } from './beyond-schemas.js';
import { commandContradictions, faultCodes } from './check-commands.js';
import { everyFault, hasCredentials, requestFaults } from './check-request.js';
import { responseFaults } from './check-response.js';
import type { Json, JsonObject, OpenApiDocument } from './document.js';
import type { Contradiction, Exchange } from './exchange.js';
import { findOperation } from './routes.js';

/**
 * How an exchange and the document contradict each other; empty when they do not. For paths of the REST API, known or
 * not; the port's other paths (`/healthz`, the RPCs' own) are not the document's.
 */
export function contradictions(document: OpenApiDocument, exchange: Exchange): Contradiction[] {
  const { method, target, status } = exchange;
  const destination = findOperation(document, method, target.split('?')[0]!);
  if (!isDecodable(target.split('?')[0]!)) return told(bareFaults(document, exchange, 400));
  if (destination.kind === 'nowhere') return told(bareFaults(document, exchange, 404));
  if (destination.kind === 'other method') {
    const allowed = (exchange.responseHeaders.allow ?? '').split(', ');
    const missing = destination.methods.filter((name) => !allowed.includes(name));
    return told([
      ...missing.map((name) => `${name} is not in Allow`),
      ...bareFaults(document, exchange, 405),
    ]);
  }
  const { operation } = destination;
  const faults = requestFaults(document, operation, exchange);
  const found = told(responseFaults(document, operation, exchange));
  const body = objectIn(exchange.responseBody);
  if (status < 300 && !hasCredentials(document, operation, exchange)) faults.push('no credentials');
  if (status < 300) {
    found.push(...faults.map((detail) => ({ kind: 'accepted although forbidden', detail }) as const));
    found.push(...commandContradictions(operation, everyFault(document, operation, exchange), body));
  } else if (
    (status === 400 || status === 422) &&
    faults.length === 0 &&
    faultCodes.includes(String(body.code)) &&
    !isBeyondSchemas(body)
  ) {
    found.push({ kind: 'refused although allowed', detail: exchange.responseBody });
  }
  return found.map(({ kind, detail }) => ({ kind, detail: `${operation.id} ${status}: ${detail}` }));
}

/** An answer outside of all operations, which the document describes in words. */
function bareFaults(
  document: OpenApiDocument,
  { method, status, responseBody, responseHeaders }: Exchange,
  expected: number,
) {
  if (status !== expected) return [`status ${status} instead of ${expected}`];
  if (responseHeaders['x-request-id'] === undefined) return ['header X-Request-Id is missing'];
  if (method === 'HEAD') return responseBody === '' ? [] : ['a body to HEAD'];
  try {
    return document.faults('/components/schemas/Error', JSON.parse(responseBody), 'body');
  } catch {
    return ['body is not JSON'];
  }
}

function told(details: readonly string[]): Contradiction[] {
  return details.map((detail) => ({ kind: 'undocumented answer', detail }));
}

function objectIn(text: string): JsonObject {
  try {
    const json = JSON.parse(text) as Json;
    return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {};
  } catch {
    return {};
  }
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
