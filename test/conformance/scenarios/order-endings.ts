import { expect } from 'vitest';
import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  adjusted,
  alreadyConfirmed,
  alreadyReleased,
  call,
  confirm,
  confirmOrder,
  endedOrder,
  expired,
  getOrder,
  hold,
  notHeld,
  now,
  ORDER,
  ok,
  order,
  orderLine,
  orderWith,
  pass,
  record,
  release,
  releaseOrder,
  reserve,
  reservedOrder,
  reserveOrder,
  stock,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';

/** Two units of a and three of b, of ten each. */
const reserveBoth = reserveOrder(
  ORDER,
  [
    [a, 2],
    [b, 3],
  ],
  reservedOrder(
    ORDER,
    [
      [a, 2, 2],
      [b, 3, 3],
    ],
    [stock(10, 2, a), stock(10, 3, b)],
  ),
);
const both = [record(10, 0, a), record(10, 0, b)];
/** What is left of both, once two units of b are gone. */
const bothLeft = [
  [a, 2],
  [b, 1],
] as const;
const bothLines = [
  [a, 2],
  [b, 3],
] as const;

/** Once an order holds nothing, every call says how it ended, and changes nothing. */
const ended = (
  state: 'NOT_HELD' | 'RELEASED' | 'CONFIRMED' | 'EXPIRED',
  failure: ReturnType<typeof expired>,
  lines: unknown = expect.any(Array),
) => [
  getOrder(ORDER, orderWith(ORDER, state, lines)),
  releaseOrder(ORDER, failure),
  confirmOrder(ORDER, failure),
  getOrder(ORDER, orderWith(ORDER, state, lines)),
];
const wasReleased = ended('RELEASED', alreadyReleased(ORDER));
const wasConfirmed = ended('CONFIRMED', alreadyConfirmed(ORDER));
const hasExpired = ended('EXPIRED', expired(ORDER));

/** How orders end, and how calls distinguish the endings afterwards. */
export const orderEndings: readonly Scenario[] = [
  {
    name: 'nothing was ever held',
    records: both,
    steps: [
      releaseOrder(ORDER, notHeld(ORDER)),
      confirmOrder(ORDER, notHeld(ORDER)),
      getOrder(ORDER, order(ORDER, 'NOT_HELD')),
    ],
    log: {},
  },
  {
    name: 'a release gives back all that is held, once',
    records: both,
    steps: [
      reserveBoth,
      call(
        'ReleaseOrder',
        { reference: ORDER, notes: 'cancelled' },
        endedOrder(ORDER, bothLines, [stock(10, 0, a), stock(10, 0, b)]),
      ),
      ...wasReleased,
    ],
    holds: {},
    log: {
      [a]: [
        ['RESERVED', -2, ORDER, null, 'tester'],
        ['RELEASED', 2, ORDER, 'cancelled', 'tester'],
      ],
      [b]: [
        ['RESERVED', -3, ORDER, null, 'tester'],
        ['RELEASED', 3, ORDER, 'cancelled', 'tester'],
      ],
    },
  },
  {
    name: 'a confirm takes all that is held out of stock, once, logged as SOLD',
    records: both,
    steps: [
      reserveBoth,
      call(
        'ConfirmOrder',
        { reference: ORDER, notes: 'shipped' },
        endedOrder(ORDER, bothLines, [stock(8, 0, a), stock(7, 0, b)]),
      ),
      ...wasConfirmed,
    ],
    holds: {},
    log: {
      [a]: [
        ['RESERVED', -2, ORDER, null, 'tester'],
        ['SOLD', -2, ORDER, 'shipped', 'tester'],
      ],
      [b]: [
        ['RESERVED', -3, ORDER, null, 'tester'],
        ['SOLD', -3, ORDER, 'shipped', 'tester'],
      ],
    },
  },
  {
    name: 'an order releases and confirms nobody else’s units',
    records: [record(10, 1, a), record(10, 1, b)],
    steps: [
      reserve(2, { id: a, reference: 'A' }, now(10, 3, a)),
      reserve(3, { id: a, reference: 'B' }, now(10, 6, a)),
      reserve(4, { id: b, reference: 'B' }, now(10, 5, b)),
      releaseOrder('A', endedOrder('A', [[a, 2]], [stock(10, 4, a)])),
      releaseOrder('A', alreadyReleased('A')),
      confirmOrder(
        'B',
        endedOrder(
          'B',
          [
            [a, 3],
            [b, 4],
          ],
          [stock(7, 1, a), stock(6, 1, b)],
        ),
      ),
    ],
    holds: { [a]: { '': 1 }, [b]: { '': 1 } },
  },
  {
    name: 'what was released or confirmed in part is not ended again',
    records: both,
    steps: [
      reserveBoth,
      release(1, { id: a, reference: ORDER }, now(10, 1, a)),
      confirm(2, { id: b, reference: ORDER }, now(8, 1, b)),
      getOrder(ORDER, order(ORDER, 'HELD', hold(1, ORDER, a), hold(1, ORDER, b))),
      confirmOrder(
        ORDER,
        endedOrder(
          ORDER,
          [
            [a, 1],
            [b, 1],
          ],
          [stock(9, 0, a), stock(7, 0, b)],
        ),
      ),
      ...wasConfirmed,
    ],
    holds: {},
  },
  {
    name: 'released bit by bit is released too',
    records: both,
    steps: [
      reserveBoth,
      release(2, { id: a, reference: ORDER }, now(10, 0, a)),
      getOrder(ORDER, order(ORDER, 'HELD', hold(3, ORDER, b))),
      release(3, { id: b, reference: ORDER }, now(10, 0, b)),
      ...wasReleased,
    ],
  },
  {
    name: 'confirmed bit by bit is confirmed too',
    records: both,
    steps: [
      reserveBoth,
      confirm(3, { id: b, reference: ORDER }, now(7, 0, b)),
      confirm(2, { id: a, reference: ORDER }, now(8, 0, a)),
      ...wasConfirmed,
    ],
  },
  {
    name: 'confirmed in part, and the rest released: it was confirmed, and the lines tell the rest',
    records: both,
    steps: [
      reserveBoth,
      confirm(2, { id: b, reference: ORDER }, now(8, 1, b)),
      getOrder(
        ORDER,
        orderWith(
          ORDER,
          'HELD',
          [orderLine(a, 2), orderLine(b, 1, { confirmed: 2 })],
          hold(2, ORDER, a),
          hold(1, ORDER, b),
        ),
      ),
      releaseOrder(ORDER, endedOrder(ORDER, bothLeft, [stock(10, 0, a), stock(8, 0, b)])),
      ...ended('CONFIRMED', alreadyConfirmed(ORDER), [
        orderLine(a, 0, { released: 2 }),
        orderLine(b, 0, { confirmed: 2, released: 1 }),
      ]),
    ],
  },
  {
    name: 'released in part, and the rest confirmed: it was confirmed',
    records: both,
    steps: [
      reserveBoth,
      release(3, { id: b, reference: ORDER }, now(10, 0, b)),
      confirmOrder(ORDER, endedOrder(ORDER, [[a, 2]], [stock(8, 0, a)])),
      ...ended('CONFIRMED', alreadyConfirmed(ORDER), [
        orderLine(a, 0, { confirmed: 2 }),
        orderLine(b, 0, { released: 3 }),
      ]),
    ],
  },
  {
    name: 'units that a release without a reference took were released',
    records: [record(10, 0, a)],
    steps: [
      reserve(2, { id: a, reference: ORDER }, now(10, 2, a)),
      release(2, { id: a }, now(10, 0, a)),
      ...ended('RELEASED', alreadyReleased(ORDER), [orderLine(a, 0, { released: 2 })]),
    ],
  },
  {
    name: 'units that a confirmation without a reference took were confirmed',
    records: [record(10, 0, a)],
    steps: [
      reserve(2, { id: a, reference: ORDER }, now(10, 2, a)),
      call('Confirm', { id: a, qty: 2 }, now(8, 0, a)),
      ...ended('CONFIRMED', alreadyConfirmed(ORDER), [orderLine(a, 0, { confirmed: 2 })]),
    ],
  },
  {
    name: 'expired, whether or not anything has come by since',
    records: both,
    steps: [
      reserve(
        2,
        { id: a, reference: ORDER, ttlSeconds: HOUR },
        now(10, 2, a, { expiresAt: inSeconds(HOUR) }),
      ),
      pass(HOUR),
      ...hasExpired,
      reserve(1, { id: a }, now(10, 1, a)),
      ...hasExpired,
    ],
    holds: { [a]: { '': 1 } },
  },
  {
    name: 'what has not expired of an order can still be confirmed',
    records: both,
    steps: [
      reserve(
        2,
        { id: a, reference: ORDER, ttlSeconds: HOUR },
        now(10, 2, a, { expiresAt: inSeconds(HOUR) }),
      ),
      reserve(3, { id: b, reference: ORDER }, now(10, 3, b)),
      pass(HOUR),
      getOrder(
        ORDER,
        orderWith(ORDER, 'HELD', [orderLine(a, 0, { expired: 2 }), orderLine(b, 3)], hold(3, ORDER, b)),
      ),
      confirmOrder(ORDER, endedOrder(ORDER, [[b, 3]], [stock(7, 0, b)])),
      releaseOrder(ORDER, alreadyConfirmed(ORDER)),
    ],
  },
  {
    name: 'released in part, and the rest expired: it was released',
    records: both,
    steps: [
      reserve(
        2,
        { id: a, reference: ORDER, ttlSeconds: HOUR },
        now(10, 2, a, { expiresAt: inSeconds(HOUR) }),
      ),
      reserve(3, { id: b, reference: ORDER }, now(10, 3, b)),
      release(3, { id: b, reference: ORDER }, now(10, 0, b)),
      pass(HOUR),
      ...ended('RELEASED', alreadyReleased(ORDER), [
        orderLine(a, 0, { expired: 2 }),
        orderLine(b, 0, { released: 3 }),
      ]),
    ],
  },
  {
    name: 'an order that ended can be held again',
    records: both,
    steps: [
      reserveBoth,
      releaseOrder(ORDER, endedOrder(ORDER, bothLines, [stock(10, 0, a), stock(10, 0, b)])),
      reserveBoth,
      getOrder(ORDER, order(ORDER, 'HELD', hold(2, ORDER, a), hold(3, ORDER, b))),
      confirmOrder(ORDER, endedOrder(ORDER, bothLines, [stock(8, 0, a), stock(7, 0, b)])),
      ...wasConfirmed,
      reserve(1, { id: a, reference: ORDER, ttlSeconds: HOUR }, now(8, 1, a, { expiresAt: inSeconds(HOUR) })),
      pass(HOUR),
      ...ended('CONFIRMED', alreadyConfirmed(ORDER), [
        orderLine(a, 0, { confirmed: 2, released: 2, expired: 1 }),
        orderLine(b, 0, { confirmed: 3, released: 3 }),
      ]),
    ],
  },
  {
    name: 'an adjustment under an order’s reference is no part of it',
    records: both,
    steps: [
      call('Adjust', { id: a, qty: -1, action: 'SOLD', reference: ORDER }, ok(adjusted(9, 0, a))),
      releaseOrder(ORDER, notHeld(ORDER)),
      reserve(2, { id: a, reference: ORDER }, now(9, 2, a)),
      releaseOrder(ORDER, endedOrder(ORDER, [[a, 2]], [stock(9, 0, a)])),
      call('Adjust', { id: a, qty: -1, action: 'SOLD', reference: ORDER }, ok(adjusted(8, 0, a))),
      ...wasReleased,
    ],
  },
];
