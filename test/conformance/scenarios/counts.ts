import { expect } from 'vitest';
import type { Scenario } from '../scenario.js';
import {
  adjust,
  adjusted,
  alreadyReleased,
  call,
  confirmOrder,
  endedOrder,
  hold,
  ID,
  invalid,
  listHolds,
  negative,
  notFound,
  now,
  OTHER,
  ok,
  pass,
  QTY_MAX,
  record,
  releaseOrder,
  reserve,
  stale,
  stock,
} from './words.js';

const set = (qty: unknown, expected: Parameters<typeof call>[2], more: object = {}) =>
  call('SetOnHand', { id: ID, qty, ...more }, expected);
const release = { releaseShortfall: true };
/** The answer with who lost how many units. */
const lost = (onHandQty: number, reservedQty: number, ...shortfall: (readonly [string | null, number])[]) =>
  ok({
    ...adjusted(onHandQty, reservedQty),
    ...(shortfall.length === 0
      ? {}
      : { shortfall: shortfall.map(([reference, qty]) => ({ reference, qty })) }),
  });
const few = 'Adjustment would leave 3 units on hand, but 5 units are reserved.';
const needsAction = 'needs the action DAMAGED or ADJUSTED';

/** Counts, and adjustments after which reserved units are missing. */
export const counts: readonly Scenario[] = [
  {
    name: 'a count is set, and the same twice is the same as once',
    records: [record(50, 5)],
    steps: [
      set(47, ok(adjusted(47, 5)), { reference: 'COUNT-1', notes: 'shelf 3' }),
      set(47, ok(adjusted(47, 5)), { reference: 'COUNT-1', notes: 'shelf 3' }),
      set(60, ok(adjusted(60, 5))),
      set(5, ok(adjusted(5, 5))),
      set(5, ok(adjusted(5, 5)), release),
    ],
    holds: { [ID]: { '': 5 } },
    log: {
      [ID]: [
        ['ADJUSTED', -3, 'COUNT-1', 'shelf 3', 'tester'],
        ['ADJUSTED', 13, null, null, 'tester'],
        ['ADJUSTED', -55, null, null, 'tester'],
      ],
    },
  },
  {
    name: 'a count that is right tells who last changed the units',
    records: [record(7, 0)],
    steps: [set(7, ok({ ...adjusted(7, 0), lastAdjustedBy: 'system' }))],
    log: {},
  },
  {
    name: 'counts at the ends of what there can be',
    records: [record(7, 0)],
    steps: [
      set(0, ok(adjusted(0, 0))),
      set(QTY_MAX, ok(adjusted(QTY_MAX, 0))),
      set(-1, invalid({ qty: 'must be greater than or equal to 0' })),
      set(undefined, invalid({ qty: 'is required' })),
    ],
  },
  {
    name: 'a count is refused as an adjustment is',
    records: [record(8, 5)],
    steps: [
      set(3, negative(8, 5, -5, few)),
      set(9, stale(7, 8, 'Expected 7 units on hand, but there are 8.'), { expectedOnHandQty: 7 }),
      set(9, ok(adjusted(9, 5)), { expectedOnHandQty: 8 }),
      // A count that is sent again after a lost answer is not stale.
      set(9, ok(adjusted(9, 5)), { expectedOnHandQty: 8 }),
      call('SetOnHand', { id: OTHER, qty: 1 }, notFound),
      call('SetOnHand', { id: ID, qty: 1 }, notFound, { caller: 'stranger' }),
    ],
    log: { [ID]: [['ADJUSTED', 1, null, null, 'tester']] },
  },
  {
    name: 'fewer are counted than are reserved: the holds opened last lose the difference',
    records: [record(10, 0)],
    steps: [
      reserve(3, { reference: 'A' }, now(10, 3)),
      reserve(4, { reference: 'B' }, now(10, 7)),
      reserve(2, { reference: 'C' }, now(10, 9)),
      // A is older than C, though units were added to it later.
      reserve(1, { reference: 'A' }, now(10, 10)),
      set(9, negative(10, 10, -1, 'Adjustment would leave 9 units on hand, but 10 units are reserved.')),
      set(9, lost(9, 9, ['C', 1]), release),
      set(9, lost(9, 9), release),
      set(5, lost(5, 5, ['C', 1], ['B', 3]), { ...release, reference: 'COUNT-7', notes: 'two crates' }),
      listHolds(ok({ content: [hold(4, 'A'), hold(1, 'B')], limit: 100, nextPageToken: '' })),
      releaseOrder('C', alreadyReleased('C')),
      confirmOrder('B', endedOrder('B', [[ID, 1]], [stock(4, 4)])),
    ],
    holds: { [ID]: { A: 4 } },
    log: {
      [ID]: [
        ['RESERVED', -3, 'A', null, 'tester'],
        ['RESERVED', -4, 'B', null, 'tester'],
        ['RESERVED', -2, 'C', null, 'tester'],
        ['RESERVED', -1, 'A', null, 'tester'],
        ['RELEASED', 1, 'C', 'shortfall', 'tester'],
        ['ADJUSTED', -1, null, null, 'tester'],
        ['RELEASED', 1, 'C', 'shortfall', 'tester'],
        ['RELEASED', 3, 'B', 'shortfall', 'tester'],
        ['ADJUSTED', -4, 'COUNT-7', 'two crates', 'tester'],
        ['SOLD', -1, 'B', null, 'tester'],
      ],
    },
  },
  {
    name: 'units without a reference lose theirs by their age, too',
    records: [record(8, 3)],
    steps: [
      reserve(2, { reference: 'A' }, now(8, 5)),
      adjust(-7, { action: 'DAMAGED', ...release }, lost(1, 1, ['A', 2], [null, 2])),
      adjust(-1, { action: 'ADJUSTED', ...release }, lost(0, 0, [null, 1])),
      adjust(
        -1,
        { action: 'DAMAGED', ...release },
        negative(
          0,
          0,
          -1,
          'Adjustment would result in negative stock. Current on-hand: 0, requested change: -1.',
        ),
      ),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'available units go first, and a hold that has expired has none to lose',
    records: [record(10, 0)],
    steps: [
      reserve(3, { reference: 'A' }, now(10, 3)),
      call(
        'Reserve',
        { id: ID, qty: 4, reference: 'B', ttlSeconds: 60 },
        ok({ ...stock(10, 7), expiresAt: expect.any(String) }),
      ),
      adjust(-3, { action: 'DAMAGED', ...release }, lost(7, 7)),
      adjust(-1, { action: 'DAMAGED', ...release }, lost(6, 6, ['B', 1])),
      pass(60),
      adjust(-2, { action: 'DAMAGED', ...release }, lost(4, 3)),
      adjust(-2, { action: 'DAMAGED', ...release }, lost(2, 2, ['A', 1])),
      // An increase takes no reserved units.
      adjust(3, { action: 'ADJUSTED', ...release }, lost(5, 2)),
    ],
    holds: { [ID]: { A: 2 } },
  },
  {
    name: 'only what is damaged or miscounted may take reserved units',
    records: [record(5, 5)],
    steps: [
      ...['RECEIVED', 'SOLD', 'RETURNED'].map((action) =>
        adjust(-1, { action, ...release }, invalid({ releaseShortfall: needsAction })),
      ),
      call(
        'BatchAdjust',
        {
          lines: [
            { id: ID, qty: -1, action: 'DAMAGED', ...release },
            { id: ID, qty: -1, action: 'SOLD', ...release },
          ],
        },
        invalid({ 'lines[1].releaseShortfall': needsAction }),
      ),
      adjust(
        -1,
        { action: 'DAMAGED', releaseShortfall: false },
        negative(5, 5, -1, 'Adjustment would leave 4 units on hand, but 5 units are reserved.'),
      ),
    ],
    log: {},
  },
  {
    name: 'several records of a crate that fell',
    records: [record(5, 0), record(5, 0, OTHER)],
    steps: [
      reserve(5, { reference: 'A' }, now(5, 5)),
      call('Reserve', { id: OTHER, qty: 2, reference: 'A' }, now(5, 2, OTHER)),
      call(
        'BatchAdjust',
        {
          lines: [
            { id: ID, qty: -2, action: 'DAMAGED', ...release },
            { id: OTHER, qty: -4, action: 'DAMAGED', ...release },
            { id: ID, qty: -1, action: 'DAMAGED', ...release },
          ],
        },
        ok([
          { ...adjusted(3, 3), shortfall: [{ reference: 'A', qty: 2 }] },
          { ...adjusted(1, 1, OTHER), shortfall: [{ reference: 'A', qty: 1 }] },
          { ...adjusted(2, 2), shortfall: [{ reference: 'A', qty: 1 }] },
        ]),
      ),
    ],
    holds: { [ID]: { A: 2 }, [OTHER]: { A: 1 } },
  },
];
