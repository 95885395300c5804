import { expect } from 'vitest';
import type { JsonRequest } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import { inSeconds, justNow } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  alreadyConfirmed,
  alreadyReleased,
  call,
  confirmOrder,
  endedOrder,
  expired,
  getOrder,
  getRecord,
  heldOrder,
  hold,
  noneOf,
  noStock,
  notHeld,
  now,
  ok,
  order,
  orderLine,
  orderWith,
  pass,
  QTY_MAX,
  record,
  recordData,
  releaseOrder,
  reserve,
  stock,
  unheldLines,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';
const both = [record(5, 0, a), record(5, 0, b)];

const until = (id: string, seconds: number, reservedQty: number, onHandQty = 5) =>
  now(onHandQty, reservedQty, id, { expiresAt: inSeconds(seconds) });
const held = [
  reserve(5, { id: a, reference: 'A', ttlSeconds: HOUR }, until(a, HOUR, 5)),
  reserve(2, { id: b, reference: 'A', ttlSeconds: HOUR }, until(b, HOUR, 2)),
];
const extend = (reference: string, more: JsonRequest, expected: Expected) =>
  call('ExtendOrder', { reference, ...more }, expected);
const shown = (aSeconds: number | undefined, bSeconds: number | undefined) =>
  [
    hold(5, 'A', a, aSeconds === undefined ? undefined : inSeconds(aSeconds)),
    hold(2, 'A', b, bSeconds === undefined ? undefined : inSeconds(bSeconds)),
  ] as const;

/** ExtendOrder answers as GetOrder does. */
const shownByBoth = (lines: object[], ...holds: object[]) => [
  extend('A', { openEnded: true }, orderWith('A', 'HELD', lines, ...holds)),
  getOrder('A', orderWith('A', 'HELD', lines, ...holds)),
];

/** When the holds of an order end: later, sooner, or never, without a change of any quantity. */
export const extendOrders: readonly Scenario[] = [
  {
    name: 'a paid order is kept, though its record is sold out',
    records: both,
    steps: [
      ...held,
      extend('A', { openEnded: true }, heldOrder('A', ...shown(undefined, undefined))),
      pass(24 * HOUR),
      reserve(1, { id: a }, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      getOrder('A', order('A', 'HELD', ...shown(undefined, undefined))),
      confirmOrder(
        'A',
        endedOrder(
          'A',
          [
            [a, 5],
            [b, 2],
          ],
          [stock(0, 0, a), stock(3, 0, b)],
        ),
      ),
    ],
    log: {
      [a]: [
        ['RESERVED', -5, 'A', null, 'tester'],
        ['SOLD', -5, 'A', null, 'tester'],
      ],
      [b]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['SOLD', -2, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a later end',
    records: both,
    steps: [
      ...held,
      extend('A', { ttlSeconds: 2 * HOUR }, heldOrder('A', ...shown(2 * HOUR, 2 * HOUR))),
      pass(HOUR),
      getOrder('A', order('A', 'HELD', ...shown(HOUR, HOUR))),
      getRecord(a, ok(recordData(5, 5, a))),
      pass(HOUR),
      getOrder('A', order('A', 'EXPIRED')),
      reserve(5, { id: a, reference: 'B' }, now(5, 5, a)),
    ],
  },
  {
    name: 'a sooner end, also of a hold that had none',
    records: both,
    steps: [
      held[0]!,
      extend('A', { openEnded: true }, heldOrder('A', hold(5, 'A', a))),
      extend('A', { ttlSeconds: 600 }, heldOrder('A', hold(5, 'A', a, inSeconds(600)))),
      pass(600),
      getOrder('A', order('A', 'EXPIRED')),
      getRecord(a, ok(recordData(5, 0, a))),
      reserve(5, { id: a, reference: 'B' }, now(5, 5, a)),
    ],
    log: {
      [a]: [
        ['RESERVED', -5, 'A', null, 'tester'],
        ['RELEASED', 5, 'A', 'expired', 'system'],
        ['RESERVED', -5, 'B', null, 'tester'],
      ],
    },
  },
  {
    name: 'only on the records that are named; the answer shows all',
    records: both,
    steps: [
      ...held,
      extend(
        'A',
        { openEnded: true, lines: [{ id: b }, { id: b }] },
        heldOrder('A', ...shown(HOUR, undefined)),
      ),
      extend('A', { ttlSeconds: 60, lines: [{ id: a }] }, heldOrder('A', ...shown(60, undefined))),
      pass(60),
      getOrder('A', order('A', 'HELD', hold(2, 'A', b))),
    ],
  },
  {
    name: 'what has expired is never revived',
    records: [...both, record(1, 0, 'inv_c')],
    steps: [
      reserve(5, { id: a, reference: 'A', ttlSeconds: HOUR }, until(a, HOUR, 5)),
      reserve(2, { id: b, reference: 'A' }, now(5, 2, b)),
      pass(HOUR),
      extend('A', { openEnded: true, lines: [{ id: b }, { id: a }] }, unheldLines('extend', 'A', [a, 1, 0])),
      extend('A', { openEnded: true }, heldOrder('A', hold(2, 'A', b))),
      getRecord(a, ok(recordData(5, 0, a))),
      extend('A', { openEnded: true, lines: [{ id: 'inv_c' }] }, unheldLines('extend', 'A', ['inv_c', 1, 0])),
      extend('A', { openEnded: true, lines: [{ id: 'inv_none' }] }, noneOf('inv_none')),
      reserve(1, { id: 'inv_c', reference: 'C', ttlSeconds: HOUR }, until('inv_c', HOUR, 1, 1)),
      pass(HOUR),
      extend('C', { ttlSeconds: 60 }, expired('C')),
    ],
    holds: { [a]: {}, [b]: { A: 2 }, inv_c: {} },
  },
  {
    name: 'the answer tells what became of the other units, too',
    records: both,
    steps: [
      ...held,
      call('ConfirmOrder', { reference: 'A', lines: [{ id: a, qty: 3 }] }, ok(expect.anything())),
      call('ReleaseOrder', { reference: 'A', lines: [{ id: b, qty: 2 }] }, ok(expect.anything())),
      call(
        'MoveOrder',
        { reference: 'A', toReference: 'B', lines: [{ id: a, qty: 1 }] },
        ok(expect.anything()),
      ),
      ...shownByBoth(
        [orderLine(a, 1, { confirmed: 3, moved: 1 }), orderLine(b, 0, { released: 2 })],
        hold(1, 'A', a),
      ),
    ],
  },
  {
    name: 'units that leave in turns add up to more than a quantity can be; shown is as much as it can',
    records: [record(QTY_MAX, 0, a), record(QTY_MAX, 0, b)],
    steps: [
      ...Array.from({ length: 2 }, () => [
        reserve(QTY_MAX, { id: a, reference: 'A' }, now(QTY_MAX, QTY_MAX, a)),
        releaseOrder('A', endedOrder('A', [[a, QTY_MAX]], [stock(QTY_MAX, 0, a)])),
      ]).flat(),
      reserve(QTY_MAX, { id: a, reference: 'A' }, now(QTY_MAX, QTY_MAX, a)),
      reserve(1, { id: b, reference: 'A' }, now(QTY_MAX, 1, b)),
      ...shownByBoth(
        [orderLine(a, QTY_MAX, { released: QTY_MAX }), orderLine(b, 1)],
        hold(QTY_MAX, 'A', a),
        hold(1, 'A', b),
      ),
      call(
        'ListOrders',
        {},
        ok({
          content: [{ reference: 'A', heldQty: QTY_MAX, records: 2, oldestHeldAt: justNow }],
          limit: 50,
          nextPageToken: '',
        }),
      ),
    ],
  },
  {
    name: 'an order that has ended says how',
    records: both,
    steps: [
      extend('A', { openEnded: true }, notHeld('A')),
      reserve(1, { id: a, reference: 'A' }, now(5, 1, a)),
      releaseOrder('A', endedOrder('A', [[a, 1]], [stock(5, 0, a)])),
      extend('A', { ttlSeconds: 60 }, alreadyReleased('A')),
      reserve(1, { id: a, reference: 'B' }, now(5, 1, a)),
      confirmOrder('B', endedOrder('B', [[a, 1]], [stock(4, 0, a)])),
      extend('B', { ttlSeconds: 60, lines: [{ id: a }] }, alreadyConfirmed('B')),
    ],
  },
];
