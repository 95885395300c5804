import type { Scenario } from '../scenario.js';
import {
  adjust,
  adjusted,
  type Extras,
  getRecord,
  ID,
  invalid,
  negative,
  notFound,
  now,
  OTHER,
  ok,
  QTY_MAX,
  record,
  recordData,
  reserve,
  stale,
} from './words.js';

const change = (qty: number, action: string, onHandQty: number, reservedQty: number, more: object = {}) =>
  adjust(qty, { action, ...more }, ok(adjusted(onHandQty, reservedQty)));
const refused = (qty: number, expected: Parameters<typeof adjust>[2], more: object = {}, extras?: Extras) =>
  adjust(qty, { action: 'ADJUSTED', ...more }, expected, extras);

export const adjustments: readonly Scenario[] = [
  {
    name: 'each action, up and down, with what accounts for it',
    records: [record(50, 5)],
    steps: [
      change(10, 'RECEIVED', 60, 5, { reference: 'PO-1', notes: 'pallet 3' }),
      change(-3, 'SOLD', 57, 5, { reference: 'POS-7' }),
      change(2, 'ADJUSTED', 59, 5, { notes: 'stocktaking' }),
      change(-1, 'ADJUSTED', 58, 5),
      change(-4, 'DAMAGED', 54, 5),
      change(1, 'RETURNED', 55, 5),
      getRecord(ID, ok(recordData(55, 5, ID, { lastAdjustedBy: 'tester' }))),
    ],
    holds: { [ID]: { '': 5 } },
    log: {
      [ID]: [
        ['RECEIVED', 10, 'PO-1', 'pallet 3', 'tester'],
        ['SOLD', -3, 'POS-7', null, 'tester'],
        ['ADJUSTED', 2, null, 'stocktaking', 'tester'],
        ['ADJUSTED', -1, null, null, 'tester'],
        ['DAMAGED', -4, null, null, 'tester'],
        ['RETURNED', 1, null, null, 'tester'],
      ],
    },
  },
  {
    name: 'never below zero',
    records: [record(3, 0)],
    steps: [
      refused(
        -5,
        negative(
          3,
          0,
          -5,
          'Adjustment would result in negative stock. Current on-hand: 3, requested change: -5.',
        ),
      ),
      refused(
        -2147483648,
        negative(
          3,
          0,
          -2147483648,
          'Adjustment would result in negative stock. Current on-hand: 3, requested change: -2147483648.',
        ),
      ),
      change(-3, 'SOLD', 0, 0),
    ],
    log: { [ID]: [['SOLD', -3, null, null, 'tester']] },
  },
  {
    name: 'never below what is reserved',
    records: [record(7, 5)],
    steps: [
      refused(-5, negative(7, 5, -5, 'Adjustment would leave 2 units on hand, but 5 units are reserved.')),
      refused(-6, negative(7, 5, -6, 'Adjustment would leave 1 unit on hand, but 5 units are reserved.')),
      refused(-7, negative(7, 5, -7, 'Adjustment would leave 0 units on hand, but 5 units are reserved.')),
      refused(
        -8,
        negative(
          7,
          5,
          -8,
          'Adjustment would result in negative stock. Current on-hand: 7, requested change: -8.',
        ),
      ),
      change(-2, 'DAMAGED', 5, 5),
      refused(-1, negative(5, 5, -1, 'Adjustment would leave 4 units on hand, but 5 units are reserved.')),
    ],
    holds: { [ID]: { '': 5 } },
    log: { [ID]: [['DAMAGED', -2, null, null, 'tester']] },
  },
  {
    name: 'one reserved unit is singular',
    records: [record(1, 1)],
    steps: [
      refused(-1, negative(1, 1, -1, 'Adjustment would leave 0 units on hand, but 1 unit is reserved.')),
    ],
  },
  {
    name: 'never beyond the end of int32',
    records: [record(QTY_MAX - 1, 0)],
    steps: [
      refused(2, invalid({ qty: 'must not bring the units on hand above 2147483647' })),
      refused(QTY_MAX, invalid({ qty: 'must not bring the units on hand above 2147483647' })),
      change(1, 'RECEIVED', QTY_MAX, 0),
      refused(1, invalid({ qty: 'must not bring the units on hand above 2147483647' })),
      change(-QTY_MAX, 'SOLD', 0, 0),
    ],
  },
  {
    name: 'new units can be reserved at once',
    records: [record(0, 0)],
    steps: [change(4, 'RECEIVED', 4, 0), reserve(4, { reference: 'A' }, now(4, 4))],
    holds: { [ID]: { A: 4 } },
  },
  {
    name: 'an adjustment under an order’s reference leaves its hold alone',
    records: [record(9, 0)],
    steps: [reserve(4, { reference: 'A' }, now(9, 4)), change(-2, 'SOLD', 7, 4, { reference: 'A' })],
    holds: { [ID]: { A: 4 } },
  },
  {
    name: 'compare and set: only from the units that the caller saw',
    records: [record(10, 2)],
    steps: [
      change(2, 'ADJUSTED', 12, 2, { expectedOnHandQty: 10 }),
      refused(2, stale(10, 12, 'Expected 10 units on hand, but there are 12.'), { expectedOnHandQty: 10 }),
      refused(-12, stale(0, 12, 'Expected 0 units on hand, but there are 12.'), { expectedOnHandQty: 0 }),
      // A reservation changes nothing on hand.
      reserve(1, {}, now(12, 3)),
      change(-9, 'SOLD', 3, 3, { expectedOnHandQty: 12 }),
      refused(-1, negative(3, 3, -1, 'Adjustment would leave 2 units on hand, but 3 units are reserved.'), {
        expectedOnHandQty: 3,
      }),
    ],
    log: {
      [ID]: [
        ['ADJUSTED', 2, null, null, 'tester'],
        ['RESERVED', -1, null, null, 'tester'],
        ['SOLD', -9, null, null, 'tester'],
      ],
    },
  },
  {
    name: 'compare and set on an empty record, and on one unit',
    records: [record(0, 0)],
    steps: [
      refused(1, stale(1, 0, 'Expected 1 unit on hand, but there are 0.'), { expectedOnHandQty: 1 }),
      change(1, 'RECEIVED', 1, 0, { expectedOnHandQty: 0 }),
      refused(1, stale(0, 1, 'Expected 0 units on hand, but there is 1.'), { expectedOnHandQty: 0 }),
    ],
  },
  {
    name: 'a record that does not exist',
    records: [record(5, 0)],
    steps: [
      refused(1, notFound, { id: OTHER }),
      refused(-9, notFound, { id: OTHER, expectedOnHandQty: 3 }),
      refused(1, notFound, {}, { caller: 'stranger' }),
    ],
    log: {},
  },
];
