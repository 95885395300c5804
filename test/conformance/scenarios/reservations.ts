import type { Scenario } from '../scenario.js';
import {
  ID,
  noReserved,
  noStock,
  notFound,
  now,
  ORDER,
  OTHER,
  QTY_MAX,
  record,
  release,
  reserve,
} from './words.js';

export const reservations: readonly Scenario[] = [
  {
    name: 'the published samples, to the letter',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: ORDER, notes: 'Reserved for customer checkout' }, now(50, 7)),
      release(2, { reference: ORDER, notes: 'Order cancelled — releasing hold' }, now(50, 5)),
    ],
    holds: { [ID]: { '': 5 } },
    log: {
      [ID]: [
        ['RESERVED', -2, ORDER, 'Reserved for customer checkout', 'tester'],
        ['RELEASED', 2, ORDER, 'Order cancelled — releasing hold', 'tester'],
      ],
    },
  },
  {
    name: 'the published error, and nothing changes',
    records: [record(8, 5)],
    steps: [
      reserve(5, {}, noStock(5, 3, 'Cannot reserve 5 units. Only 3 units are currently available.')),
      reserve(3, {}, now(8, 8)),
    ],
    holds: { [ID]: { '': 8 } },
    log: { [ID]: [['RESERVED', -3, null, null, 'tester']] },
  },
  {
    name: 'a reserve takes all that is available, and not one more',
    records: [record(3, 0)],
    steps: [
      reserve(4, {}, noStock(4, 3, 'Cannot reserve 4 units. Only 3 units are currently available.')),
      reserve(3, { reference: 'A' }, now(3, 3)),
      reserve(1, {}, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
    ],
    holds: { [ID]: { A: 3 } },
  },
  {
    name: 'one unit is singular, on either side of the message',
    records: [record(10, 9)],
    steps: [
      reserve(2, {}, noStock(2, 1, 'Cannot reserve 2 units. Only 1 unit is currently available.')),
      reserve(1, { reference: 'A' }, now(10, 10)),
      reserve(1, {}, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      release(
        2,
        { reference: 'A' },
        noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved for A.', 'A'),
      ),
      release(
        1,
        { reference: 'B' },
        noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved for B.', 'B'),
      ),
    ],
    holds: { [ID]: { '': 9, A: 1 } },
  },
  {
    name: 'too few reserved, without a reference',
    records: [record(50, 3)],
    steps: [
      release(5, {}, noReserved(5, 3, 'Cannot release 5 units. Only 3 units are currently reserved.')),
      release(2, {}, now(50, 1)),
      release(2, {}, noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved.')),
      release(1, {}, now(50, 0)),
      release(1, {}, noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved.')),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'too few held under the reference, whatever else is reserved',
    records: [record(50, 5)],
    steps: [
      reserve(3, { reference: ORDER }, now(50, 8)),
      release(
        5,
        { reference: ORDER },
        noReserved(5, 3, `Cannot release 5 units. Only 3 units are currently reserved for ${ORDER}.`, ORDER),
      ),
    ],
    holds: { [ID]: { '': 5, [ORDER]: 3 } },
  },
  {
    name: 'releasing an order twice frees nobody else’s units',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: 'A' }, now(50, 7)),
      reserve(2, { reference: 'B' }, now(50, 9)),
      release(2, { reference: 'A' }, now(50, 7)),
      release(
        2,
        { reference: 'A' },
        noReserved(2, 0, 'Cannot release 2 units. Only 0 units are currently reserved for A.', 'A'),
      ),
    ],
    holds: { [ID]: { '': 5, B: 2 } },
  },
  {
    name: 'reserves under one reference add up in one hold',
    records: [record(20, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(20, 2)),
      reserve(3, { reference: 'B' }, now(20, 5)),
      reserve(4, { reference: 'A' }, now(20, 9)),
      release(5, { reference: 'A' }, now(20, 4)),
    ],
    holds: { [ID]: { A: 1, B: 3 } },
  },
  {
    name: 'references are told apart by case, spaces and accents',
    records: [record(20, 0)],
    steps: [
      reserve(1, { reference: 'ord' }, now(20, 1)),
      reserve(1, { reference: 'ORD' }, now(20, 2)),
      reserve(1, { reference: 'ord ' }, now(20, 3)),
      reserve(1, { reference: 'órd' }, now(20, 4)),
      reserve(1, { reference: '订单🧾' }, now(20, 5)),
      release(1, { reference: '订单🧾' }, now(20, 4)),
      release(
        2,
        { reference: 'ord' },
        noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved for ord.', 'ord'),
      ),
    ],
    holds: { [ID]: { ord: 1, ORD: 1, 'ord ': 1, órd: 1 } },
  },
  {
    name: 'a message repeats a reference as it was given',
    records: [record(1, 0)],
    steps: [
      `a b,c;d:e/f?g@h&i=j+k$l#m%n"o'p<q>r\\s^t\`u{v|w}x~y!z*(0)`,
      '100%25 of %2C',
      'órd-订单🧾',
      ' a  b ',
      'a\r\nx-injected: 1\tb',
    ].map((reference) =>
      release(
        2,
        { reference },
        noReserved(
          2,
          0,
          `Cannot release 2 units. Only 0 units are currently reserved for ${reference}.`,
          reference,
        ),
      ),
    ),
  },
  {
    name: 'a release without a reference draws on unreferenced units first',
    records: [record(50, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(50, 2)),
      reserve(3, {}, now(50, 5)),
      release(3, {}, now(50, 2)),
    ],
    holds: { [ID]: { A: 2 } },
  },
  {
    name: 'then on the oldest holds, in part if need be',
    records: [record(50, 1)],
    steps: [
      reserve(2, { reference: 'first' }, now(50, 3)),
      reserve(2, { reference: 'second' }, now(50, 5)),
      reserve(2, { reference: 'third' }, now(50, 7)),
      // Adding to a hold does not make it younger.
      reserve(1, { reference: 'first' }, now(50, 8)),
      release(5, {}, now(50, 3)),
    ],
    holds: { [ID]: { second: 1, third: 2 } },
  },
  {
    name: 'a hold that ended and begins again is a young one',
    records: [record(50, 0)],
    steps: [
      reserve(1, { reference: 'A' }, now(50, 1)),
      reserve(1, { reference: 'B' }, now(50, 2)),
      release(1, { reference: 'A' }, now(50, 1)),
      reserve(1, { reference: 'A' }, now(50, 2)),
      release(1, {}, now(50, 1)),
    ],
    holds: { [ID]: { A: 1 } },
  },
  {
    name: 'an empty reference counts as absent',
    records: [record(50, 0)],
    steps: [reserve(2, { reference: '' }, now(50, 2)), release(1, { reference: '' }, now(50, 1))],
    holds: { [ID]: { '': 1 } },
    log: {
      [ID]: [
        ['RESERVED', -2, null, null, 'tester'],
        ['RELEASED', 1, null, null, 'tester'],
      ],
    },
  },
  {
    name: 'zero is written out',
    records: [record(2, 2), record(2, 0, 'inv_full')],
    steps: [release(2, {}, now(2, 0)), reserve(2, { id: 'inv_full' }, now(2, 2, 'inv_full'))],
  },
  {
    name: 'quantities reach the end of int32',
    records: [record(QTY_MAX, 0)],
    steps: [
      reserve(QTY_MAX, { reference: 'A' }, now(QTY_MAX, QTY_MAX)),
      release(QTY_MAX, {}, now(QTY_MAX, 0)),
      release(
        QTY_MAX,
        {},
        noReserved(QTY_MAX, 0, 'Cannot release 2147483647 units. Only 0 units are currently reserved.'),
      ),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'records do not mix',
    records: [record(5, 0), record(5, 0, OTHER)],
    steps: [
      reserve(5, { reference: 'A' }, now(5, 5)),
      release(
        1,
        { id: OTHER, reference: 'A' },
        noReserved(1, 0, 'Cannot release 1 unit. Only 0 units are currently reserved for A.', 'A'),
      ),
      reserve(2, { id: OTHER, reference: 'A' }, now(5, 2, OTHER)),
    ],
    holds: { [ID]: { A: 5 }, [OTHER]: { A: 2 } },
  },
  {
    name: 'a record that does not exist',
    records: [],
    steps: [reserve(1, {}, notFound), release(1, {}, notFound), release(1, { reference: 'A' }, notFound)],
  },
];
