import { expect } from 'vitest';
import type { JsonRequest } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  alreadyReleased,
  call,
  confirmOrder,
  endedOrder,
  expired,
  getOrder,
  getRecord,
  hold,
  movedOrder,
  noneOf,
  noStock,
  notHeld,
  now,
  ok,
  onlyPage,
  order,
  pass,
  record,
  recordData,
  reserve,
  stock,
  unheldLines,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';
const both = [record(5, 0, a), record(5, 0, b)];

const until = (id: string, seconds: number, reservedQty: number) =>
  now(5, reservedQty, id, { expiresAt: inSeconds(seconds) });
/** All of a and two of b. */
const cart = [
  reserve(5, { id: a, reference: 'cart', ttlSeconds: HOUR }, until(a, HOUR, 5)),
  reserve(2, { id: b, reference: 'cart', ttlSeconds: HOUR }, until(b, HOUR, 2)),
];
const allLines = [
  [a, 5],
  [b, 2],
] as const;
const move = (more: JsonRequest, expected: Expected) =>
  call('MoveOrder', { reference: 'cart', toReference: 'O', ...more }, expected);
const endsIn = (seconds: number) => ({ expiresAt: inSeconds(seconds) });

/** Units pass from one order to another: they are reserved all the time. */
export const moveOrders: readonly Scenario[] = [
  {
    name: 'a cart becomes an order, which takes over its term',
    records: both,
    steps: [
      ...cart,
      move(
        { notes: 'paid' },
        movedOrder('cart', 'O', allLines, [stock(5, 5, a, HOUR), stock(5, 2, b, HOUR)], endsIn(HOUR)),
      ),
      reserve(1, { id: a }, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      getOrder('cart', order('cart', 'RELEASED')),
      getOrder('O', order('O', 'HELD', hold(5, 'O', a, inSeconds(HOUR)), hold(2, 'O', b, inSeconds(HOUR)))),
      move({}, alreadyReleased('cart')),
      // No units came in or went out.
      getRecord(a, ok(recordData(5, 5, a))),
      confirmOrder('O', endedOrder('O', allLines, [stock(0, 0, a), stock(3, 0, b)])),
    ],
    holds: { [a]: {}, [b]: {} },
    log: {
      [a]: [
        ['RESERVED', -5, 'cart', null, 'tester'],
        ['MOVED', 0, 'cart', 'paid', 'tester'],
        ['SOLD', -5, 'O', null, 'tester'],
      ],
      [b]: [
        ['RESERVED', -2, 'cart', null, 'tester'],
        ['MOVED', 0, 'cart', 'paid', 'tester'],
        ['SOLD', -2, 'O', null, 'tester'],
      ],
    },
  },
  {
    name: 'the log tells where they went',
    records: both,
    steps: [
      ...cart,
      move(
        { lines: [{ id: a, qty: 3 }] },
        movedOrder('cart', 'O', [[a, 3]], [stock(5, 5, a, HOUR)], endsIn(HOUR)),
      ),
      call(
        'ListLogs',
        { action: 'MOVED' },
        onlyPage(expect.objectContaining({ qtyChange: 0, reference: 'cart', toReference: 'O', movedQty: 3 })),
      ),
      call(
        'ListLogs',
        { inventoryId: b },
        onlyPage(
          expect.objectContaining({ action: 'RESERVED', toReference: null, movedQty: null }),
          expect.objectContaining({ action: 'RECEIVED', toReference: null, movedQty: null }),
        ),
      ),
    ],
    holds: { [a]: { cart: 2, O: 3 }, [b]: { cart: 2 } },
  },
  {
    name: 'the term that the call states is that of the order, sooner too',
    records: both,
    steps: [
      ...cart,
      reserve(1, { id: b, reference: 'O' }, now(5, 3, b)),
      move(
        { openEnded: true, lines: [{ id: a, qty: 5 }] },
        movedOrder('cart', 'O', [[a, 5]], [stock(5, 5, a)]),
      ),
      move({ ttlSeconds: 600 }, movedOrder('cart', 'O', [[b, 2]], [stock(5, 3, b, 600)], endsIn(600))),
      getOrder('O', order('O', 'HELD', hold(5, 'O', a), hold(3, 'O', b, inSeconds(600)))),
      pass(600),
      getRecord(b, ok(recordData(5, 0, b))),
      pass(HOUR),
      getOrder('O', order('O', 'HELD', hold(5, 'O', a))),
    ],
  },
  {
    name: 'a hold that is there adds up and keeps its own term; the first end is told',
    records: both,
    steps: [
      reserve(1, { id: a, reference: 'O', ttlSeconds: 2 * HOUR }, until(a, 2 * HOUR, 1)),
      reserve(1, { id: b, reference: 'O' }, now(5, 1, b)),
      reserve(2, { id: a, reference: 'cart', ttlSeconds: HOUR }, until(a, HOUR, 3)),
      reserve(2, { id: b, reference: 'cart', ttlSeconds: HOUR }, until(b, HOUR, 3)),
      move(
        {},
        movedOrder(
          'cart',
          'O',
          [
            [a, 2],
            [b, 2],
          ],
          [stock(5, 3, a, 2 * HOUR), stock(5, 3, b)],
          endsIn(2 * HOUR),
        ),
      ),
      pass(HOUR),
      getOrder('O', order('O', 'HELD', hold(3, 'O', a, inSeconds(HOUR)), hold(3, 'O', b))),
    ],
    holds: { [a]: { O: 3 }, [b]: { O: 3 } },
  },
  {
    name: 'a hold that has expired takes nothing with it, and gets no units',
    records: both,
    steps: [
      reserve(1, { id: a, reference: 'O', ttlSeconds: 600 }, until(a, 600, 1)),
      ...[reserve(2, { id: a, reference: 'cart', ttlSeconds: HOUR }, until(a, HOUR, 3))],
      pass(600),
      move({}, movedOrder('cart', 'O', [[a, 2]], [stock(5, 2, a, HOUR - 600)], endsIn(HOUR - 600))),
      pass(HOUR),
      call('MoveOrder', { reference: 'O', toReference: 'cart' }, expired('O')),
      call(
        'MoveOrder',
        { reference: 'never', toReference: 'cart', lines: [{ id: a, qty: 1 }] },
        notHeld('never'),
      ),
    ],
    holds: { [a]: {} },
  },
  {
    name: 'some lines, or none: each short one is listed',
    records: both,
    steps: [
      ...cart,
      move(
        {
          lines: [
            { id: b, qty: 2 },
            { id: a, qty: 3 },
            { id: a, qty: 3 },
            { id: b, qty: 1 },
          ],
        },
        unheldLines('move', 'cart', [b, 3, 2], [a, 6, 5]),
      ),
      move({ lines: [{ id: 'inv_none', qty: 1 }] }, noneOf('inv_none')),
      move(
        {
          openEnded: true,
          lines: [
            { id: b, qty: 1 },
            { id: a, qty: 2 },
            { id: a, qty: 2 },
          ],
        },
        movedOrder(
          'cart',
          'O',
          [
            [a, 4],
            [b, 1],
          ],
          [stock(5, 5, a), stock(5, 2, b)],
        ),
      ),
    ],
    holds: { [a]: { cart: 1, O: 4 }, [b]: { cart: 1, O: 1 } },
  },
];
