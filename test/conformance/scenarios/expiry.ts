import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  adjust,
  adjusted,
  call,
  confirm,
  expired,
  getOrder,
  getRecord,
  hold,
  holds,
  ID,
  listHolds,
  noReserved,
  noStock,
  now,
  ok,
  order,
  pass,
  record,
  recordData,
  release,
  releaseOrder,
  reserve,
} from './words.js';

const MINUTES = 60;
const HOUR = 3600;
const DAYS_30 = 2592000;

/** The answer of a Reserve that gave its hold an expiry. */
const until = (seconds: number, onHandQty: number, reservedQty: number) =>
  now(onHandQty, reservedQty, ID, { expiresAt: inSeconds(seconds) });

const partly = (seconds: number, qty: number, onHandQty: number, reservedQty: number) =>
  now(onHandQty, reservedQty, ID, {
    expiresAt: inSeconds(seconds),
    line: { id: ID, requested: qty, reserved: qty },
  });

export const expiry: readonly Scenario[] = [
  {
    name: 'a TTL is answered with the instant of expiry',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      listHolds(holds(hold(2, 'A', ID, inSeconds(HOUR)))),
      getOrder('A', order('A', 'HELD', hold(2, 'A', ID, inSeconds(HOUR)))),
    ],
  },
  {
    name: 'a TTL at both ends of its bounds',
    records: [record(10, 0)],
    steps: [
      reserve(1, { reference: 'A', ttlSeconds: 1 }, until(1, 10, 1)),
      reserve(1, { reference: 'B', ttlSeconds: DAYS_30 }, until(DAYS_30, 10, 2)),
    ],
  },
  {
    name: 'the units of an expired hold go to the very next command',
    records: [record(5, 0)],
    steps: [
      reserve(5, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 5, 5)),
      pass(HOUR - 10 * MINUTES),
      reserve(1, {}, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      pass(10 * MINUTES),
      reserve(5, { reference: 'B' }, now(5, 5)),
    ],
    holds: { [ID]: { B: 5 } },
    log: {
      [ID]: [
        ['RESERVED', -5, 'A', null, 'tester'],
        ['RELEASED', 5, 'A', 'expired', 'system'],
        ['RESERVED', -5, 'B', null, 'tester'],
      ],
    },
  },
  {
    name: 'every read shows an expired hold’s units as available',
    records: [record(10, 1)],
    steps: [
      reserve(4, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 5)),
      reserve(2, { reference: 'B' }, now(10, 7)),
      pass(HOUR),
      getRecord(ID, ok(recordData(10, 3))),
      call('ListInventory', {}, ok(lists(recordData(10, 3)))),
      call('ListInventoryByProduct', { productId: ID }, ok([recordData(10, 3)])),
      listHolds(holds(hold(1, null), hold(2, 'B'))),
      getOrder('A', order('A', 'EXPIRED')),
      getOrder('B', order('B', 'HELD', hold(2, 'B'))),
    ],
  },
  {
    name: 'a record is low by what expired holds left available',
    records: [record(10, 0, ID, { reorderLevel: 4 })],
    steps: [
      reserve(6, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 6)),
      call('ListLowStock', {}, ok([recordData(10, 6, ID, { reorderLevel: 4 })])),
      pass(HOUR),
      call('ListLowStock', {}, ok([])),
    ],
  },
  {
    name: 'nothing can be released or confirmed from an expired hold',
    records: [record(10, 1)],
    steps: [
      reserve(4, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 5)),
      pass(HOUR),
      confirm(
        1,
        { reference: 'A' },
        noReserved(1, 0, 'Cannot confirm 1 unit. Only 0 units are currently reserved for A.', 'A'),
      ),
      release(
        4,
        { reference: 'A' },
        noReserved(4, 0, 'Cannot release 4 units. Only 0 units are currently reserved for A.', 'A'),
      ),
      release(2, {}, noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved.')),
      confirm(2, {}, noReserved(2, 1, 'Cannot confirm 2 units. Only 1 unit is currently reserved.')),
      release(1, {}, now(10, 0)),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'a release without a reference passes over expired holds',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(3, { reference: 'B' }, now(10, 5)),
      pass(HOUR),
      release(2, {}, now(10, 1)),
    ],
    holds: { [ID]: { B: 1 } },
    log: {
      [ID]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RESERVED', -3, 'B', null, 'tester'],
        ['RELEASED', 2, 'A', 'expired', 'system'],
        ['RELEASED', 2, 'B', null, 'tester'],
      ],
    },
  },
  {
    name: 'what has expired no longer stands in the way of an adjustment',
    records: [record(5, 0)],
    steps: [
      reserve(5, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 5, 5)),
      pass(HOUR),
      adjust(-5, { action: 'DAMAGED' }, ok(adjusted(0, 0))),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'each hold ends by itself',
    records: [record(10, 0)],
    steps: [
      reserve(1, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 1)),
      reserve(2, { reference: 'B', ttlSeconds: 2 * HOUR }, until(2 * HOUR, 10, 3)),
      reserve(4, { reference: 'C' }, now(10, 7)),
      pass(HOUR),
      reserve(1, {}, now(10, 7)),
      pass(HOUR),
      reserve(1, {}, now(10, 6)),
      pass(DAYS_30),
      reserve(1, {}, now(10, 7)),
    ],
    holds: { [ID]: { '': 3, C: 4 } },
  },
  {
    name: 'adding to a hold makes it end later',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(3, { reference: 'A', ttlSeconds: 2 * HOUR }, until(2 * HOUR, 10, 5)),
      pass(HOUR),
      listHolds(holds(hold(5, 'A', ID, inSeconds(HOUR)))),
      pass(HOUR),
      listHolds(holds()),
    ],
  },
  {
    name: 'adding to a hold never makes it end sooner',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: 2 * HOUR }, until(2 * HOUR, 10, 2)),
      reserve(3, { reference: 'A', ttlSeconds: HOUR }, until(2 * HOUR, 10, 5)),
      pass(HOUR),
      listHolds(holds(hold(5, 'A', ID, inSeconds(HOUR)))),
      pass(HOUR),
      reserve(10, { reference: 'B' }, now(10, 10)),
    ],
    holds: { [ID]: { B: 10 } },
  },
  {
    name: 'adding to a hold without stating a term leaves its own',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(3, { reference: 'A' }, until(HOUR, 10, 5)),
      reserve(1, { reference: 'A', openEnded: false, allowPartial: true }, partly(HOUR, 1, 10, 6)),
      listHolds(holds(hold(6, 'A', ID, inSeconds(HOUR)))),
      pass(HOUR),
      listHolds(holds()),
    ],
  },
  {
    name: 'a hold that is made open-ended never ends',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(3, { reference: 'A', openEnded: true }, now(10, 5)),
      listHolds(holds(hold(5, 'A'))),
      pass(DAYS_30),
      release(5, { reference: 'A' }, now(10, 0)),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'adding to an open-ended hold gives it no end',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(10, 2)),
      reserve(3, { reference: 'A', ttlSeconds: HOUR }, now(10, 5)),
      pass(HOUR),
      getRecord(ID, ok(recordData(10, 5))),
    ],
  },
  {
    name: 'a refused reserve leaves the expiry as it was',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(
        9,
        { reference: 'A', ttlSeconds: 2 * HOUR },
        noStock(9, 8, 'Cannot reserve 9 units. Only 8 units are currently available.'),
      ),
      listHolds(holds(hold(2, 'A', ID, inSeconds(HOUR)))),
    ],
  },
  {
    name: 'a release in part leaves the expiry as it was',
    records: [record(10, 0)],
    steps: [
      reserve(3, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 3)),
      release(1, { reference: 'A' }, now(10, 2)),
      confirm(1, { reference: 'A' }, now(9, 1)),
      listHolds(holds(hold(1, 'A', ID, inSeconds(HOUR)))),
    ],
  },
  {
    name: 'a reference whose hold expired starts again',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2)),
      reserve(1, { reference: 'B' }, now(10, 3)),
      pass(HOUR),
      reserve(3, { reference: 'A' }, now(10, 4)),
      // By now, A is younger than B.
      listHolds(holds(hold(1, 'B'), hold(3, 'A'))),
      getOrder('A', order('A', 'HELD', hold(3, 'A'))),
    ],
    holds: { [ID]: { A: 3, B: 1 } },
    log: {
      [ID]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RESERVED', -1, 'B', null, 'tester'],
        ['RELEASED', 2, 'A', 'expired', 'system'],
        ['RESERVED', -3, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a replay tells the expiry of then',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2), { idempotencyKey: 'k' }),
      pass(HOUR),
      reserve(2, { reference: 'A', ttlSeconds: HOUR }, until(HOUR, 10, 2), {
        idempotencyKey: 'k',
        replayed: true,
      }),
      releaseOrder('A', expired('A')),
    ],
  },
];

function lists(...content: object[]) {
  return { content, page: 0, limit: 50, totalElements: content.length, nextPageToken: '' };
}
