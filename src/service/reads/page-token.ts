import { createHash } from 'node:crypto';
import { BadPage } from './read-result.js';

/** The content of a token: where the next answer starts. Strings and integers, in a fixed order. */
export type Position = readonly (string | number)[];

const DIGEST_BYTES = 6;

/**
 * A position as callers carry it from one answer to the next: base64url of a digest and of JSON.
 *
 * The digest covers the list that the position is in (its name, merchant and filters), so tokens that were cut, changed
 * or taken from another list are recognised. It is not a signature: callers who forge one only choose where they start
 * in their own list.
 */
export function encodePageToken(list: Position, position: Position): string {
  const text = Buffer.from(JSON.stringify(position));
  return Buffer.concat([digest(list, text), text]).toString('base64url');
}

/**
 * Decodes a position for this list; `shape` has a value of the right type in each place.
 *
 * @throws BadPage when the token is not of this list.
 */
export function decodePageToken<P extends Position>(list: Position, token: string, shape: P): P {
  const bytes = Buffer.from(token, 'base64url');
  const text = bytes.subarray(DIGEST_BYTES);
  // The same bytes have several base64url spellings; only ours is accepted.
  const ours = bytes.toString('base64url') === token;
  if (!ours || !bytes.subarray(0, DIGEST_BYTES).equals(digest(list, text))) throw notOurs();
  const position = parse(text.toString());
  if (!Array.isArray(position) || position.length !== shape.length) throw notOurs();
  if (!shape.every((value, i) => isLike(value, position[i]))) throw notOurs();
  return position as unknown as P;
}

function isLike(example: string | number, value: unknown): boolean {
  return typeof example === 'number'
    ? Number.isSafeInteger(value) && (value as number) >= 0
    : typeof value === 'string' && !value.includes('\0');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digest(list: Position, text: Buffer): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(list))
    .update('\n')
    .update(text)
    .digest()
    .subarray(0, DIGEST_BYTES);
}

function notOurs(): BadPage {
  return new BadPage('pageToken', 'must be the nextPageToken of an answer to the same request');
}
