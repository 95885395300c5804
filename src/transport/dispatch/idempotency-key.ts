import type { Message } from '@bufbuild/protobuf';
import type { FieldViolation } from '../../domain/failure.js';

/** The same rule as in the protos: no library or proxy drops, trims or splits such a key. */
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

export const KEY_RULE = 'must be 1 to 255 printable ASCII characters, without leading or trailing spaces';

/** The header's name as callers see it, at every door. */
const HEADER = 'Idempotency-Key';

const HEADER_RULE = `${KEY_RULE}, sent only once`;

const headerName = HEADER.toLowerCase();

/**
 * Turns a header that was sent several times into an invalid key, which is then refused. Node joins the values with
 * commas, so a library that adds the header again with each retry would turn each retry into a new call.
 */
export function refuseRepeatedKey(
  headers: Record<string, string | string[] | undefined>,
  rawHeaders: readonly string[],
): void {
  if (!headers[headerName]?.includes(',')) return;
  const first = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === headerName);
  const isRepeated = rawHeaders.some(
    (text, i) => i > first && i % 2 === 0 && text.toLowerCase() === headerName,
  );
  if (isRepeated) headers[headerName] = '';
}

/** The field of a command's envelope that is its key. */
export const KEY_FIELD = 'idempotencyKey';

/** What is wrong with a key on a call that brings many commands. */
export const keyOfMany: FieldViolation = {
  field: HEADER,
  description: 'must not be given: each command has its own key',
};

/** The key field of a request that changes something; `details` is the whole body of an update on REST. */
interface Keyed {
  readonly idempotencyKey?: string;
  readonly details?: { readonly idempotencyKey?: string };
}

/**
 * The one key of a call, from what came with the request (a header, or the envelope of a command), the request's own
 * field, or both. Undefined if none was sent. A key that was sent is never ignored. `name`: what `given` is called.
 */
export function idempotencyKeyOf(
  request: Message,
  given: string | undefined,
  name: typeof HEADER | typeof KEY_FIELD = HEADER,
): string | undefined | FieldViolation {
  const { idempotencyKey: field, details } = request as Message & Keyed;
  const inDetails = details?.idempotencyKey;
  if (given !== undefined && !KEY.test(given)) {
    return { field: name, description: name === HEADER ? HEADER_RULE : KEY_RULE };
  }
  const key = given ?? field ?? inDetails;
  if (field !== undefined && field !== key) return differs(KEY_FIELD);
  if (inDetails !== undefined && inDetails !== key) return differs('details.idempotencyKey');
  return key;
}

function differs(field: string): FieldViolation {
  return { field, description: 'must be the same key wherever it is given' };
}
