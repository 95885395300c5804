import type { JsonRequest } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import type { Scenario } from '../scenario.js';
import {
  adjusted,
  call,
  type Extras,
  ID,
  invalid,
  negative,
  noneOf,
  ok,
  QTY_MAX,
  record,
  stale,
} from './words.js';

const a = 'inv_a';
const b = 'inv_b';
const c = 'inv_c';

type Line = readonly [id: string, qty: number, more?: JsonRequest];
const batch = (lines: readonly Line[], expected: Expected, extras: Extras = {}) =>
  call(
    'BatchAdjust',
    { lines: lines.map(([id, qty, more]) => ({ id, qty, action: 'ADJUSTED', ...more })) },
    expected,
    extras,
  );

interface ShortLine {
  readonly line: number;
  readonly id: string;
  readonly onHandQty: number;
  readonly reservedQty: number;
  readonly qty: number;
  readonly message: string;
}
/** The refusal of lines: its message is about the first, and all are listed. */
const negativeLines = (first: ShortLine, ...others: ShortLine[]): Expected => ({
  ...negative(first.onHandQty, first.reservedQty, first.qty, first.message),
  failedParts: [first, ...others].map(({ message: _, ...part }) => part),
  preconditions: [first, ...others].map(({ line, id, message }) => ({
    type: 'NEGATIVE_STOCK',
    subject: id,
    description: `line ${line}: ${message}`,
  })),
});

interface StaleLine {
  readonly line: number;
  readonly id: string;
  readonly expectedOnHandQty: number;
  readonly onHandQty: number;
  readonly message: string;
}
const staleLines = (first: StaleLine, ...others: StaleLine[]): Expected => ({
  ...stale(first.expectedOnHandQty, first.onHandQty, first.message),
  failedParts: [first, ...others].map(({ message: _, ...part }) => part),
  preconditions: [first, ...others].map(({ line, id, message }) => ({
    type: 'STALE_QUANTITY',
    subject: id,
    description: `line ${line}: ${message}`,
  })),
});

const tooFew = (onHandQty: number, qty: number): string =>
  `Adjustment would result in negative stock. Current on-hand: ${onHandQty}, requested change: ${qty}.`;

export const batchAdjust: readonly Scenario[] = [
  {
    name: 'all lines, answered in their order, each logged',
    records: [record(10, 0, a), record(5, 2, b)],
    steps: [
      batch(
        [
          [b, -1, { action: 'DAMAGED', reference: 'R-1', notes: 'wet' }],
          [a, 5, { action: 'RECEIVED' }],
        ],
        ok([adjusted(4, 2, b), adjusted(15, 0, a)]),
      ),
    ],
    log: {
      [a]: [['RECEIVED', 5, null, null, 'tester']],
      [b]: [['DAMAGED', -1, 'R-1', 'wet', 'tester']],
    },
  },
  {
    name: 'in their order, as if sent one after the other',
    records: [record(0, 0, a)],
    steps: [
      batch(
        [
          [a, 5],
          [a, -4],
          [a, 2],
        ],
        ok([adjusted(5, 0, a), adjusted(1, 0, a), adjusted(3, 0, a)]),
      ),
      batch(
        [
          [a, 7, { expectedOnHandQty: 3 }],
          [a, -10, { expectedOnHandQty: 10 }],
        ],
        ok([adjusted(10, 0, a), adjusted(0, 0, a)]),
      ),
    ],
    log: {
      [a]: [5, -4, 2, 7, -10].map((qty) => ['ADJUSTED', qty, null, null, 'tester'] as const),
    },
  },
  {
    name: 'one line that cannot be, and none is',
    records: [record(10, 0, a), record(5, 4, b)],
    steps: [
      batch(
        [
          [a, 5],
          [b, -2],
        ],
        negativeLines({
          line: 1,
          id: b,
          onHandQty: 5,
          reservedQty: 4,
          qty: -2,
          message: 'Adjustment would leave 3 units on hand, but 4 units are reserved.',
        }),
      ),
      batch([[a, 1, { expectedOnHandQty: 10 }]], ok([adjusted(11, 0, a)])),
    ],
    log: { [a]: [['ADJUSTED', 1, null, null, 'tester']] },
  },
  {
    name: 'every line that cannot be is listed, the message is the first’s',
    records: [record(10, 0, a), record(5, 5, b), record(3, 0, c)],
    steps: [
      batch(
        [
          [a, -11],
          [c, -3],
          [b, -1],
          [a, -20],
        ],
        negativeLines(
          { line: 0, id: a, onHandQty: 10, reservedQty: 0, qty: -11, message: tooFew(10, -11) },
          {
            line: 2,
            id: b,
            onHandQty: 5,
            reservedQty: 5,
            qty: -1,
            message: 'Adjustment would leave 4 units on hand, but 5 units are reserved.',
          },
          { line: 3, id: a, onHandQty: 10, reservedQty: 0, qty: -20, message: tooFew(10, -20) },
        ),
      ),
    ],
    log: {},
  },
  {
    name: 'a line that only the ones before it made impossible',
    records: [record(10, 0, a)],
    steps: [
      batch(
        [
          [a, -6],
          [a, -6],
        ],
        negativeLines({ line: 1, id: a, onHandQty: 4, reservedQty: 0, qty: -6, message: tooFew(4, -6) }),
      ),
    ],
    log: {},
  },
  {
    name: 'every stale line is listed',
    records: [record(10, 0, a), record(5, 0, b), record(1, 0, c)],
    steps: [
      batch(
        [
          [a, 1, { expectedOnHandQty: 9 }],
          [b, 1, { expectedOnHandQty: 5 }],
          [c, 1, { expectedOnHandQty: 2 }],
        ],
        staleLines(
          {
            line: 0,
            id: a,
            expectedOnHandQty: 9,
            onHandQty: 10,
            message: 'Expected 9 units on hand, but there are 10.',
          },
          {
            line: 2,
            id: c,
            expectedOnHandQty: 2,
            onHandQty: 1,
            message: 'Expected 2 units on hand, but there is 1.',
          },
        ),
      ),
    ],
    log: {},
  },
  {
    name: 'existence comes before stale, and stale before negative',
    records: [record(10, 0, a)],
    steps: [
      batch(
        [
          [a, -11],
          ['inv_no2', 1],
          [a, 1, { expectedOnHandQty: 9 }],
          ['inv_no1', 1],
          ['inv_no2', 1],
        ],
        noneOf('inv_no2', 'inv_no1'),
      ),
      batch(
        [
          [a, -11],
          [a, 1, { expectedOnHandQty: 9 }],
        ],
        staleLines({
          line: 1,
          id: a,
          expectedOnHandQty: 9,
          onHandQty: 10,
          message: 'Expected 9 units on hand, but there are 10.',
        }),
      ),
      batch([[a, 1]], noneOf(a), { caller: 'stranger' }),
    ],
    log: {},
  },
  {
    name: 'beyond the end of int32, by line',
    records: [record(QTY_MAX, 0, a), record(0, 0, b)],
    steps: [
      batch(
        [
          [b, 1],
          [a, 1],
        ],
        invalid({ 'lines[1].qty': 'must not bring the units on hand above 2147483647' }),
      ),
      batch(
        [
          [a, -1],
          [a, 1],
        ],
        ok([adjusted(QTY_MAX - 1, 0, a), adjusted(QTY_MAX, 0, a)]),
      ),
    ],
  },
  {
    name: '1000 lines',
    records: [record(0, 0)],
    steps: [
      batch(
        Array.from({ length: 1000 }, () => [ID, 1] as const),
        ok(Array.from({ length: 1000 }, (_, i) => adjusted(i + 1, 0))),
      ),
    ],
  },
  {
    name: '1000 records',
    records: Array.from({ length: 1000 }, (_, i) => record(1, 0, `inv_${i}`)),
    steps: [
      batch(
        Array.from({ length: 1000 }, (_, i) => [`inv_${i}`, i + 1] as const),
        ok(Array.from({ length: 1000 }, (_, i) => adjusted(i + 2, 0, `inv_${i}`))),
      ),
    ],
  },
];
