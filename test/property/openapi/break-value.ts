import fc from 'fast-check';
import { edge } from './edges.js';
import { Members, type Tree, Verbatim, wireText } from './json-tree.js';
import { type Change, inMembers, somewhere } from './walk.js';

const empty = new Members([]);
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

/** Values that a careless or hostile client might send instead. */
const strange = fc.constantFrom<Tree>(
  ...[null, true, false, 0, -1, 1.5, 2147483648, -2147483649, [], [[]], [null], empty],
  new Members([['qty', 1]]),
  ...[
    '',
    'text',
    '1',
    '-0',
    '007',
    '1.0',
    '1e2',
    '1.5',
    '0x10',
    ' 1',
    '1 ',
    '2147483648',
    'NaN',
    '-Infinity',
  ],
  ...['\0', 'a\0b', '\u{1F4E6}', '__proto__', "' OR 1=1--", 'true', 'null', '[]'],
  new Verbatim('-0', 0),
  new Verbatim('2.0', 2),
  new Verbatim('1e2', 100),
  new Verbatim('1e-2', 0.01),
  new Verbatim('0.3e1', 3),
  new Verbatim('2147483647.00000', 2147483647),
  // As a double, it is 1.
  new Verbatim('1.0000000000000000001', 1.5),
  new Verbatim('9007199254740993', 2 ** 53),
  new Verbatim('1e308', 1e308),
  new Verbatim(deep(30), JSON.parse(deep(30))),
);

/** Texts that no reader of JSON may accept, wherever they are. */
const unreadable = fc
  .constantFrom(
    ...[
      'NaN',
      '-Infinity',
      '0x10',
      '01',
      '+1',
      '.5',
      '1.',
      "'a'",
      '"a',
      '"\n"',
      '"\\x"',
      'undefined',
      'nul',
      '',
      ',',
    ],
    ...[
      '1e400',
      '-1e400',
      '9'.repeat(400),
      '"\\ud800"',
      '"\\udc00\\ud800"',
      '{"\\ud800":1}',
      '{"a":1,"a":1}',
      deep(70),
    ],
    ...[deep(20_000), '{"__proto__":{"a":1},"__proto__":2}', '1}{', '[1,]', '{"a":1,}', '/**/1'],
  )
  .map((text) => new Verbatim(text, undefined));

const unknownKey = fc.constantFrom(
  'unknown',
  'id',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '',
  'Qty',
  'q_t_y',
  '[x.y]',
  '@type',
  'a.b',
  '\0',
);

/** Changes that leave the body JSON. */
export const changes: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(), strange).map(([at, value]) => somewhere(at, () => value)) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.nat(), fc.nat())
      .map(([at, n]) => somewhere(at, (tree, document, pointer) => edge(tree, n, document, pointer))),
  },
  { weight: 2, arbitrary: inMembers((entries, i) => entries.filter((_, n) => n !== i)) },
  {
    weight: 1,
    arbitrary: inMembers((entries, i) =>
      entries.map(([key, value], n) => [n === i ? snakeCase(key) : key, value]),
    ),
  },
  {
    weight: 1,
    arbitrary: inMembers((entries, i) => entries.map(([key, value], n) => [key, n === i ? null : value])),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(unknownKey, strange)
      .chain(([key, value]) =>
        inMembers((entries) =>
          entries.some(([other]) => other === key) ? entries : [...entries, [key, value]],
        ),
      ),
  },
);

/** Changes after which nobody may accept the body. */
export const ruins: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), unreadable).map(([at, value]) => somewhere(at, () => value)),
  inMembers((entries, i) => [...entries, ...entries.slice(i, i + 1)]),
  // Both spellings of one field.
  inMembers((entries, i, isField) => {
    const [key, value] = entries[i] ?? ['', null];
    if (!isField(key) || snakeCase(key) === key) return entries;
    return [...entries, [snakeCase(key), new Verbatim(wireText(value), undefined)]];
  }),
);

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
