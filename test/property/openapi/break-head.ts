import fc from 'fast-check';
import { Members, type Tree } from './json-tree.js';
import { BODY_BYTES_MAX, type Change } from './parts.js';

/** One more header, or a changed one. */
export const headerChange: fc.Arbitrary<Change> = fc
  .constantFrom(
    ...['', 'x'.repeat(255), 'x'.repeat(256), 'é', 'a\tb', 'a b'].map(
      (key) => ['idempotency-key', key] as const,
    ),
    ...['', 'a b', '<script>', 'x'.repeat(129), 'é'].map((id) => ['x-request-id', id] as const),
    ...['', 'a b', 'x', 'é', 'x'.repeat(4096), 'x'.repeat(4097), '1', 'e30'].map(
      (id) => ['last-event-id', id] as const,
    ),
    ...['gzip', 'gzip;q=0', 'br', '*'].map((coding) => ['accept-encoding', coding] as const),
    ['origin', 'https://shop.example'],
    ['x-http-method-override', 'DELETE'],
    ['range', 'bytes=0-1'],
    ['if-none-match', '*'],
  )
  .map(([name, value]) => (parts) => ({ ...parts, headers: { ...parts.headers, [name]: value } }));

const contentTypes = [
  undefined,
  '',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-16',
  'json',
];
const goodContentTypes = [
  'application/json;charset=UTF-8',
  'Application/JSON ; charset="utf-8"',
  'application/merge-patch+json',
];
const accepts = [
  'application/json',
  'text/html',
  'text/event-stream',
  'application/x-ndjson',
  '*/*;q=0',
  'application/json;q=0',
  'nonsense',
  '',
];

/** All changes of the headers about content, of the body's encoding and size, and of the body as a whole. */
export const wrappings: readonly Change[] = [
  ...[...contentTypes, ...goodContentTypes].map(
    (contentType): Change =>
      (parts) => ({ ...parts, contentType }),
  ),
  ...(['gzip', 'damaged gzip', 'br'] as const).map(
    (coding): Change =>
      (parts) => ({ ...parts, coding }),
  ),
  ...accepts.map(
    (accept): Change =>
      (parts) => ({ ...parts, accept }),
  ),
  ...[BODY_BYTES_MAX - 200, BODY_BYTES_MAX, 2 * BODY_BYTES_MAX].map(
    (padding): Change =>
      (parts) => ({ ...parts, body: parts.body ?? new Members([]), padding }),
  ),
  (parts) => ({ ...parts, isUtf8: false }),
  (parts) => ({ ...parts, body: undefined }),
  ...[1, 'text', [], new Members([['qty', 1]])].map(
    (body: Tree): Change =>
      (parts) => ({ ...parts, body }),
  ),
];
