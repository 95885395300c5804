import fc from 'fast-check';
import { encoded, type Piece } from './parts.js';

/** Texts that no percent-decoder, or no reader of UTF-8, may accept. */
export const unreadablePieces = ['%', '%z', '%zz', '%ff', '%c0%ae', '%ed%a0%80', 'a%f0%9f%93', '%u0031'].map(
  (text): Piece => ({ text, readable: false }),
);

/** Texts that a reader may mistake for something else. */
const texts = fc.constantFrom(
  ...[
    '',
    '0',
    '-1',
    '1.0',
    '1e2',
    '007',
    '2147483648',
    '99999999999999999999999',
    'NaN',
    'Infinity',
    '0x10',
    ' 1',
    '1 ',
  ],
  ...[
    'true',
    'null',
    '[]',
    '{}',
    'text',
    'a,b',
    '.',
    '..',
    '../..',
    'a/b',
    '\0',
    'a\0b',
    'a\nb',
    'ö',
    '\u{1F4E6}',
    "' OR 1=1--",
  ],
  ...[
    '__proto__',
    'constructor',
    'RESERVED',
    'reserved',
    '6',
    '*',
    'location,nope',
    'x'.repeat(65),
    'ö'.repeat(129),
  ],
);
/** Texts that a path or a query may have. */
export const pieces = fc.oneof(
  { weight: 3, arbitrary: texts.map(encoded) },
  { weight: 1, arbitrary: fc.constantFrom(...unreadablePieces) },
);
/** Marks that need not be encoded, though many clients do. */
export const rawPieces = fc
  .constantFrom("!$'()*,;=:@", 'a:cancel', '{id}', '"', '<a>', '|', '^`', '\\', '+', '%2E%2e', '%2F..%2F')
  .map((text): Piece => ({ text, readable: true }));
