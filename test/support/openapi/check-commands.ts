import { isBeyondSchemas } from './beyond-schemas.js';
import type { JsonObject } from './document.js';
import type { Contradiction, Exchange } from './exchange.js';
import type { Operation } from './routes.js';

/** Codes for requests that are wrong whatever is in stock. */
export const faultCodes = ['MALFORMED_REQUEST', 'VALIDATION_FAILED'];

const OF_COMMAND = /^body\/commands\/(\d+)(?=[/ ])/;

export const NOT_JSON = 'body is not JSON';

/**
 * Whether a fault of a batch belongs to one of its commands, whose result then reports it. Where a body is not JSON,
 * the fault may be within one command.
 */
export function isOfCommand({ id }: Operation, fault: string, { status }: Exchange): boolean {
  return id === 'batchExecute' && (OF_COMMAND.test(fault) || (fault === NOT_JSON && status === 200));
}

/** How the results of a batch and the document contradict each other. `faults`: all of the request. */
export function commandContradictions(
  { id }: Operation,
  faults: readonly string[],
  answer: JsonObject,
): Contradiction[] {
  if (id !== 'batchExecute') return [];
  const { results } = answer.data as unknown as { results: JsonObject[] };
  if (faults.includes(NOT_JSON)) {
    const isTold = results.some(({ code }) => code === 'MALFORMED_REQUEST' || code === 'PERMISSION_DENIED');
    return isTold ? [] : [{ kind: 'accepted although forbidden', detail: NOT_JSON }];
  }
  return results.flatMap((result, i): Contradiction[] => {
    const own = faults.filter((fault) => OF_COMMAND.exec(fault)?.[1] === `${i}`);
    // Permission comes first.
    if (result.code === 'PERMISSION_DENIED') return [];
    const isRefused = faultCodes.includes(String(result.code));
    if (own.length > 0 && !isRefused) {
      return own.map((detail) => ({ kind: 'accepted although forbidden', detail }));
    }
    if (own.length > 0 || !isRefused || isBeyondSchemas(result)) return [];
    return [{ kind: 'refused although allowed', detail: `command ${i}: ${JSON.stringify(result)}` }];
  });
}
