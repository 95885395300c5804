import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  confirmOrder,
  endedOrder,
  getOrder,
  getRecord,
  hold,
  ok,
  order,
  record,
  recordData,
  reservedOrder,
  reserveOrder,
  stock,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';

/** An order's holds end by themselves, on each of its records. */
export const orderTtl: readonly Scenario[] = [
  {
    name: 'orders with a TTL end together',
    records: [record(10, 0, a), record(10, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 1],
          [b, 2],
        ],
        reservedOrder(
          'A',
          [
            [a, 1, 1],
            [b, 2, 2],
          ],
          [stock(10, 1, a, HOUR), stock(10, 2, b, HOUR)],
          { expiresAt: inSeconds(HOUR) },
        ),
        { ttlSeconds: HOUR },
      ),
      getOrder('A', order('A', 'HELD', hold(1, 'A', a, inSeconds(HOUR)), hold(2, 'A', b, inSeconds(HOUR)))),
      { passSeconds: HOUR },
      getOrder('A', order('A', 'EXPIRED')),
      getRecord(a, ok(recordData(10, 0, a))),
      reserveOrder(
        'B',
        [
          [a, 10],
          [b, 10],
        ],
        reservedOrder(
          'B',
          [
            [a, 10, 10],
            [b, 10, 10],
          ],
          [stock(10, 10, a), stock(10, 10, b)],
        ),
      ),
    ],
    holds: { [a]: { B: 10 }, [b]: { B: 10 } },
    log: {
      [a]: [
        ['RESERVED', -1, 'A', null, 'tester'],
        ['RELEASED', 1, 'A', 'expired', 'system'],
        ['RESERVED', -10, 'B', null, 'tester'],
      ],
      [b]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RELEASED', 2, 'A', 'expired', 'system'],
        ['RESERVED', -10, 'B', null, 'tester'],
      ],
    },
  },
  {
    name: 'a call states the term of the order’s holds on its records, and of no other',
    records: [record(10, 0, a), record(10, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 1],
          [b, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 1, 1],
            [b, 1, 1],
          ],
          [stock(10, 1, a, HOUR), stock(10, 1, b, HOUR)],
          { expiresAt: inSeconds(HOUR) },
        ),
        { ttlSeconds: HOUR },
      ),
      reserveOrder('A', [[b, 1]], reservedOrder('A', [[b, 1, 1]], [stock(10, 2, b)]), { openEnded: true }),
      getOrder('A', order('A', 'HELD', hold(1, 'A', a, inSeconds(HOUR)), hold(2, 'A', b))),
      // The answer has the earliest of the expiries.
      reserveOrder(
        'A',
        [
          [b, 1],
          [a, 1],
        ],
        reservedOrder(
          'A',
          [
            [b, 1, 1],
            [a, 1, 1],
          ],
          [stock(10, 3, b), stock(10, 2, a, 2 * HOUR)],
          { expiresAt: inSeconds(2 * HOUR) },
        ),
        { ttlSeconds: 2 * HOUR },
      ),
      reserveOrder(
        'A',
        [[a, 1]],
        reservedOrder('A', [[a, 1, 1]], [stock(10, 3, a, 2 * HOUR)], { expiresAt: inSeconds(2 * HOUR) }),
        { ttlSeconds: HOUR },
      ),
      { passSeconds: HOUR },
      getOrder('A', order('A', 'HELD', hold(3, 'A', a, inSeconds(HOUR)), hold(3, 'A', b))),
      { passSeconds: HOUR },
      getOrder('A', order('A', 'HELD', hold(3, 'A', b))),
      confirmOrder('A', endedOrder('A', [[b, 3]], [stock(7, 0, b)])),
    ],
    holds: {},
  },
];
