import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  getOrder,
  hold,
  ID,
  noneOf,
  noStock,
  now,
  order,
  pass,
  record,
  reserve,
  reservedOrder,
  reserveOrder,
  shortLines,
  stock,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';
const c = 'inv_c';
const partial = { allowPartial: true };

/** The answer of a Reserve that may get less than it asks for. */
const got = (requested: number, reserved: number, onHandQty: number, reservedQty: number, beyond = {}) =>
  now(onHandQty, reservedQty, ID, { line: { id: ID, requested, reserved }, ...beyond });

/** `allowPartial`: some units are better than none. */
export const partials: readonly Scenario[] = [
  {
    name: 'a reserve gets what is available, and is told how much that was',
    records: [record(8, 5)],
    steps: [reserve(5, { reference: 'A', ...partial }, got(5, 3, 8, 8))],
    holds: { [ID]: { '': 5, A: 3 } },
    log: { [ID]: [['RESERVED', -3, 'A', null, 'tester']] },
  },
  {
    name: 'all of it, where there is enough',
    records: [record(8, 0)],
    steps: [reserve(5, partial, got(5, 5, 8, 5)), reserve(3, partial, got(3, 3, 8, 8))],
    holds: { [ID]: { '': 8 } },
  },
  {
    name: 'at least one unit, else the usual error',
    records: [record(8, 7)],
    steps: [
      reserve(5, partial, got(5, 1, 8, 8)),
      reserve(5, partial, noStock(5, 0, 'Cannot reserve 5 units. Only 0 units are currently available.')),
      reserve(1, partial, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
    ],
    holds: { [ID]: { '': 8 } },
  },
  {
    name: 'off by default',
    records: [record(8, 5)],
    steps: [
      reserve(5, {}, noStock(5, 3, 'Cannot reserve 5 units. Only 3 units are currently available.')),
      reserve(
        5,
        { allowPartial: false },
        noStock(5, 3, 'Cannot reserve 5 units. Only 3 units are currently available.'),
      ),
      reserve(3, { allowPartial: false }, now(8, 8)),
    ],
  },
  {
    name: 'with a TTL, what was reserved expires',
    records: [record(4, 0)],
    steps: [
      reserve(
        5,
        { reference: 'A', ttlSeconds: HOUR, ...partial },
        got(5, 4, 4, 4, { expiresAt: inSeconds(HOUR) }),
      ),
      pass(HOUR),
      reserve(5, { reference: 'B', ...partial }, got(5, 4, 4, 4)),
    ],
    holds: { [ID]: { B: 4 } },
  },
  {
    name: 'an order gets of each line what is available',
    records: [record(10, 0, a), record(10, 8, b), record(10, 10, c)],
    steps: [
      reserveOrder(
        'A',
        [
          [c, 4],
          [a, 4],
          [b, 4],
        ],
        reservedOrder(
          'A',
          [
            [c, 4, 0],
            [a, 4, 4],
            [b, 4, 2],
          ],
          [stock(10, 10, c), stock(10, 4, a), stock(10, 10, b)],
        ),
        partial,
      ),
      getOrder('A', order('A', 'HELD', hold(4, 'A', a), hold(2, 'A', b))),
    ],
    holds: { [a]: { A: 4 }, [b]: { '': 8, A: 2 }, [c]: { '': 10 } },
    log: {
      [a]: [['RESERVED', -4, 'A', null, 'tester']],
      [b]: [['RESERVED', -2, 'A', null, 'tester']],
    },
  },
  {
    name: 'a record named twice is given out in the order of the lines',
    records: [record(5, 0, a)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 3],
          [a, 4],
          [a, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 3, 3],
            [a, 4, 2],
            [a, 1, 0],
          ],
          [stock(5, 5, a)],
        ),
        partial,
      ),
    ],
    holds: { [a]: { A: 5 } },
  },
  {
    name: 'an order of which nothing is available is refused with every line',
    records: [record(5, 5, a), record(0, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 3],
          [b, 4],
        ],
        shortLines([a, 3, 0], [b, 4, 0]),
        partial,
      ),
      getOrder('A', order('A', 'NOT_HELD')),
    ],
    log: {},
  },
  {
    name: 'one unit in all is enough',
    records: [record(5, 4, a), record(0, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [b, 4],
          [a, 3],
        ],
        reservedOrder(
          'A',
          [
            [b, 4, 0],
            [a, 3, 1],
          ],
          [stock(0, 0, b), stock(5, 5, a)],
        ),
        partial,
      ),
    ],
  },
  {
    name: 'a record that does not exist is no short line',
    records: [record(5, 0, a)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 3],
          [b, 4],
        ],
        noneOf(b),
        partial,
      ),
    ],
    log: {},
  },
  {
    name: 'an order without it is all or none',
    records: [record(5, 0, a), record(1, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 3],
          [b, 4],
        ],
        shortLines([b, 4, 1]),
        { allowPartial: false },
      ),
    ],
    log: {},
  },
];
