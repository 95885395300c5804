import type { Scenario } from '../scenario.js';
import {
  adjust,
  adjusted,
  confirm,
  hold,
  holds,
  ID,
  listHolds,
  noReserved,
  notFound,
  now,
  OTHER,
  ok,
  QTY_MAX,
  record,
  release,
  reserve,
} from './words.js';

/** Confirm: reserved units leave the stock. */
export const confirms: readonly Scenario[] = [
  {
    name: 'confirmed units leave both the reserved ones and those on hand, logged as SOLD',
    records: [record(50, 5)],
    steps: [
      reserve(4, { reference: 'A' }, now(50, 9)),
      confirm(3, { reference: 'A', notes: 'parcel 1' }, now(47, 6)),
      confirm(1, { reference: 'A' }, now(46, 5)),
    ],
    holds: { [ID]: { '': 5 } },
    log: {
      [ID]: [
        ['RESERVED', -4, 'A', null, 'tester'],
        ['SOLD', -3, 'A', 'parcel 1', 'tester'],
        ['SOLD', -1, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a confirm with a reference draws only on its hold',
    records: [record(50, 5)],
    steps: [
      reserve(3, { reference: 'A' }, now(50, 8)),
      reserve(3, { reference: 'B' }, now(50, 11)),
      confirm(
        5,
        { reference: 'A' },
        noReserved(5, 3, 'Cannot confirm 5 units. Only 3 units are currently reserved for A.', 'A'),
      ),
      confirm(
        1,
        { reference: 'C' },
        noReserved(1, 0, 'Cannot confirm 1 unit. Only 0 units are currently reserved for C.', 'C'),
      ),
      confirm(3, { reference: 'A' }, now(47, 8)),
      confirm(
        3,
        { reference: 'A' },
        noReserved(3, 0, 'Cannot confirm 3 units. Only 0 units are currently reserved for A.', 'A'),
      ),
    ],
    holds: { [ID]: { '': 5, B: 3 } },
  },
  {
    name: 'a confirm without a reference draws on unreferenced units first, then on the oldest holds',
    records: [record(50, 2)],
    steps: [
      reserve(2, { reference: 'first' }, now(50, 4)),
      reserve(2, { reference: 'second' }, now(50, 6)),
      confirm(1, {}, now(49, 5)),
      listHolds(holds(hold(1, null), hold(2, 'first'), hold(2, 'second'))),
      confirm(2, {}, now(47, 3)),
      confirm(2, { reference: '' }, now(45, 1)),
    ],
    holds: { [ID]: { second: 1 } },
    log: {
      [ID]: [
        ['RESERVED', -2, 'first', null, 'tester'],
        ['RESERVED', -2, 'second', null, 'tester'],
        ['SOLD', -1, null, null, 'tester'],
        ['SOLD', -1, null, null, 'tester'],
        ['SOLD', -1, 'first', null, 'tester'],
        ['SOLD', -1, 'first', null, 'tester'],
        ['SOLD', -1, 'second', null, 'tester'],
      ],
    },
  },
  {
    name: 'too few reserved, without a reference',
    records: [record(50, 3)],
    steps: [
      confirm(5, {}, noReserved(5, 3, 'Cannot confirm 5 units. Only 3 units are currently reserved.')),
      confirm(2, {}, now(48, 1)),
      confirm(2, {}, noReserved(2, 1, 'Cannot confirm 2 units. Only 1 unit is currently reserved.')),
      confirm(1, {}, now(47, 0)),
      confirm(1, {}, noReserved(1, 0, 'Cannot confirm 1 unit. Only 0 units are currently reserved.')),
    ],
    holds: { [ID]: {} },
  },
  {
    name: 'the last unit of a record can leave it, and goods can come in again',
    records: [record(2, 2)],
    steps: [
      confirm(2, {}, now(0, 0)),
      adjust(3, { action: 'RECEIVED' }, ok(adjusted(3, 0))),
      reserve(3, {}, now(3, 3)),
    ],
  },
  {
    name: 'what is confirmed cannot be released',
    records: [record(9, 0)],
    steps: [
      reserve(4, { reference: 'A' }, now(9, 4)),
      confirm(3, { reference: 'A' }, now(6, 1)),
      release(
        2,
        { reference: 'A' },
        noReserved(2, 1, 'Cannot release 2 units. Only 1 unit is currently reserved for A.', 'A'),
      ),
      release(1, { reference: 'A' }, now(6, 0)),
    ],
  },
  {
    name: 'quantities reach the end of int32',
    records: [record(QTY_MAX, QTY_MAX)],
    steps: [confirm(QTY_MAX, {}, now(0, 0))],
  },
  {
    name: 'a record that does not exist',
    records: [record(5, 5)],
    steps: [
      confirm(1, { id: OTHER }, notFound),
      confirm(1, { id: OTHER, reference: 'A' }, notFound),
      confirm(1, {}, notFound, { caller: 'stranger' }),
    ],
    holds: { [ID]: { '': 5 } },
    log: {},
  },
];
