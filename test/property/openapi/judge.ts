import { requestFaults } from '../../support/openapi/check-request.js';
import { contradictions } from '../../support/openapi/checker.js';
import type { JsonObject, OpenApiDocument } from '../../support/openapi/document.js';
import type { Exchange } from '../../support/openapi/exchange.js';
import { findOperation, type Operation } from '../../support/openapi/routes.js';
import { BODY_BYTES_MAX, type Sent } from './parts.js';

/** The limit of calls that take up to a thousand lines. */
const BATCH_BODY_BYTES_MAX = 16_777_216;

/** What is wrong with an answer; empty if nothing is. */
export function judge(document: OpenApiDocument, sent: Sent, exchange: Exchange): string[] {
  const { status } = exchange;
  const told = contradictions(document, exchange);
  const contradicted = told.map(({ kind, detail }) => `${kind}: ${detail}`);
  if (status >= 500) contradicted.push(`status ${status}: ${exchange.responseBody}`);
  const found = findOperation(document, exchange.method, sent.path);
  if (found.kind !== 'operation') return contradicted;

  const { operation } = found;
  const flaws = flawsOf(sent, operation);
  const faults = requestFaults(document, operation, exchange);
  if (flaws.length > 0) {
    contradicted.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...contradicted.filter((text) => !text.startsWith('refused although allowed')),
    );
  }
  if (faults.length > 0) flaws.push(400, 422);
  if (flaws.length > 0) {
    if (!flaws.includes(status)) {
      contradicted.push(`status ${status} instead of one of ${flaws}: ${faults.join('; ')}`);
    } else if (faults.length > 0 && !isRefusalOfFaults(exchange)) {
      contradicted.push(`refused, but not for ${faults.join('; ')}: ${exchange.responseBody}`);
    }
  } else if ([401, 403, 405, 406, 413, 415].includes(status)) {
    contradicted.push(`status ${status} to a request without a fault`);
  } else if (operation.id === 'batchExecute' && status === 200 && deniedWrongly(sent, operation, exchange)) {
    contradicted.push(`commands denied, or not denied: ${exchange.responseBody}`);
  }
  return contradicted;
}

/** The statuses of everything that is wrong, except in the path, parameters and the values in the body. */
function flawsOf({ parts, unpackedBytes, bytes }: Sent, operation: Operation): number[] {
  const flaws: number[] = [];
  const takesBody = operation.value.requestBody !== undefined;
  const hasBody = bytes !== undefined && takesBody;
  const { caller, coding } = parts;
  if (!accepts(operation, parts.accept)) flaws.push(406);
  // A body that the operation does not take is not unpacked.
  const bytesMax = operation.id.startsWith('batch') ? BATCH_BODY_BYTES_MAX : BODY_BYTES_MAX;
  if ((takesBody ? unpackedBytes : (bytes?.length ?? 0)) > bytesMax) flaws.push(413);
  if (hasBody && (coding === 'br' || !isJson(parts.contentType))) flaws.push(415);
  if (hasBody && coding === 'damaged gzip') flaws.push(400);
  if (caller.permission === undefined) flaws.push(401);
  // For a batch, the permission is checked for each command.
  else if (!isAllowed(caller.permission, operation) && operation.id !== 'batchExecute') flaws.push(403);
  return flaws;
}

function isAllowed(permission: keyof typeof permissionsOf, operation: Operation): boolean {
  return permissionsOf[permission].includes(demanded(operation));
}

/** Whether the commands of a batch are denied just where the caller lacks the permission. */
function deniedWrongly(
  { parts: { caller } }: Sent,
  operation: Operation,
  { responseBody }: Exchange,
): boolean {
  const { data } = JSON.parse(responseBody) as { data: { results: JsonObject[] } };
  const denied = data.results.filter(({ code }) => code === 'PERMISSION_DENIED').length;
  const expected = isAllowed(caller.permission!, operation) ? 0 : data.results.length;
  return denied !== expected;
}

const ranks = ['can_read_stock', 'can_read_inventory', 'can_update_inventory', 'can_manage_inventory'];
const permissionsOf = {
  none: [] as string[],
  can_manage_merchants: [] as string[],
  can_read_stock: ranks.slice(0, 1),
  can_read_inventory: ranks.slice(0, 2),
  can_update_inventory: ranks.slice(0, 3),
  can_manage_inventory: ranks,
};

function demanded({ value }: Operation): string {
  return (value.security as [{ bearer: [string] }])[0].bearer[0];
}

/** Knows the types that are drawn. */
function isJson(contentType: string | undefined): boolean {
  const [type = '', parameters = ''] = (contentType ?? '').toLowerCase().split(';');
  return /^application\/(json|merge-patch\+json)\s*$/.test(type) && !parameters.includes('utf-16');
}

function accepts({ value }: Operation, accept = ''): boolean {
  const [range = '', weight] = accept.split(';');
  if (!range.includes('/')) return accept !== 'nonsense';
  const types = Object.keys((value.responses as Record<string, { content: JsonObject }>)['200']!.content);
  // Streams have another type for lines of JSON.
  const taken = [...types, 'application/json', '*/*'].includes(range);
  return taken && weight !== 'q=0';
}

function isRefusalOfFaults({ method, status, responseBody }: Exchange): boolean {
  if (method === 'HEAD' || (status !== 400 && status !== 422)) return true;
  const { code } = JSON.parse(responseBody) as JsonObject;
  return code === (status === 400 ? 'MALFORMED_REQUEST' : 'VALIDATION_FAILED');
}
