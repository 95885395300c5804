import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  call,
  type Extras,
  hold,
  holds,
  ID,
  listHolds,
  now,
  ok,
  record,
  reserve,
  reservedOrder,
  reserveOrder,
  stock,
} from './words.js';

const HOUR = 3600;
const DAYS_30 = 2592000;

const get = (defaultTtlSeconds: number, extras: Extras = {}) =>
  call('GetSettings', {}, ok({ defaultTtlSeconds }), extras);
const set = (defaultTtlSeconds: number) =>
  call('UpdateSettings', { defaultTtlSeconds }, ok({ defaultTtlSeconds }));

/** The answer of a Reserve that gave its hold an expiry. */
const until = (seconds: number, onHandQty: number, reservedQty: number) =>
  now(onHandQty, reservedQty, ID, { expiresAt: inSeconds(seconds) });

export const settings: readonly Scenario[] = [
  {
    name: 'off unless set, and each merchant its own',
    records: [],
    steps: [
      get(0),
      set(HOUR),
      get(HOUR),
      get(0, { caller: 'stranger' }),
      set(DAYS_30),
      get(DAYS_30),
      call('UpdateSettings', {}, ok({ defaultTtlSeconds: DAYS_30 })),
      set(0),
      get(0),
    ],
  },
  {
    name: 'the default TTL is for holds under a reference whose Reserve says nothing of one',
    records: [record(20, 0)],
    steps: [
      reserve(1, { reference: 'before' }, now(20, 1)),
      set(HOUR),
      reserve(1, { reference: 'A' }, until(HOUR, 20, 2)),
      reserve(1, { reference: 'B', ttlSeconds: 2 * HOUR }, until(2 * HOUR, 20, 3)),
      reserve(1, {}, now(20, 4)),
      reserve(1, { reference: '' }, now(20, 5)),
      reserve(
        9,
        { reference: 'C', allowPartial: true },
        now(20, 14, ID, {
          expiresAt: inSeconds(HOUR),
          line: { id: ID, requested: 9, reserved: 9 },
        }),
      ),
      listHolds(
        holds(
          hold(2, null),
          hold(1, 'before'),
          hold(1, 'A', ID, inSeconds(HOUR)),
          hold(1, 'B', ID, inSeconds(2 * HOUR)),
          hold(9, 'C', ID, inSeconds(HOUR)),
        ),
      ),
      // A request that says that its hold never ends takes no default.
      reserve(1, { reference: 'D', openEnded: true }, now(20, 15)),
      reserve(1, { reference: 'A', openEnded: true }, now(20, 16)),
      set(0),
      // An existing hold keeps its expiry.
      reserve(1, { reference: 'C' }, until(HOUR, 20, 17)),
    ],
  },
  {
    name: 'the default TTL is for orders too',
    records: [record(20, 0)],
    steps: [
      set(HOUR),
      reserveOrder(
        'A',
        [[ID, 1]],
        reservedOrder('A', [[ID, 1, 1]], [stock(20, 1, ID, HOUR)], { expiresAt: inSeconds(HOUR) }),
      ),
      reserveOrder(
        'B',
        [[ID, 1]],
        reservedOrder('B', [[ID, 1, 1]], [stock(20, 2, ID, 2 * HOUR)], { expiresAt: inSeconds(2 * HOUR) }),
        { ttlSeconds: 2 * HOUR },
      ),
      listHolds(holds(hold(1, 'A', ID, inSeconds(HOUR)), hold(1, 'B', ID, inSeconds(2 * HOUR)))),
      reserveOrder('B', [[ID, 1]], reservedOrder('B', [[ID, 1, 1]], [stock(20, 3)]), { openEnded: true }),
    ],
  },
  {
    name: 'holds that stand keep their expiry when the default changes',
    records: [record(20, 0)],
    steps: [
      set(HOUR),
      reserve(1, { reference: 'A' }, until(HOUR, 20, 1)),
      set(2 * HOUR),
      listHolds(holds(hold(1, 'A', ID, inSeconds(HOUR)))),
    ],
  },
];
