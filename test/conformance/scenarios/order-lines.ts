import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  alreadyConfirmed,
  alreadyReleased,
  call,
  confirm,
  endedOrder,
  expired,
  noneOf,
  notHeld,
  now,
  pass,
  record,
  reserve,
  stock,
  unheldLines,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';
const both = [record(10, 0, a), record(10, 0, b)];

/** Five units of a and two of b. */
const held = [
  reserve(5, { id: a, reference: 'A' }, now(10, 5, a)),
  reserve(2, { id: b, reference: 'A' }, now(10, 2, b)),
];

type Lines = readonly (readonly [id: string, qty: number])[];
const linesOf = (lines: Lines) => lines.map(([id, qty]) => ({ id, qty }));
const releaseLines = (lines: Lines, expected: ReturnType<typeof endedOrder>, reference = 'A') =>
  call('ReleaseOrder', { reference, lines: linesOf(lines) }, expected);
const confirmLines = (lines: Lines, expected: ReturnType<typeof endedOrder>, reference = 'A') =>
  call('ConfirmOrder', { reference, lines: linesOf(lines) }, expected);

/** A release or confirm of an order with lines takes exactly these lines, or none. */
export const orderLines: readonly Scenario[] = [
  {
    name: 'three of five ship, the other two are cancelled',
    records: both,
    steps: [
      ...held,
      confirmLines([[a, 3]], endedOrder('A', [[a, 3]], [stock(7, 2, a)])),
      releaseLines([[a, 2]], endedOrder('A', [[a, 2]], [stock(7, 0, a)])),
      confirmLines([[b, 2]], endedOrder('A', [[b, 2]], [stock(8, 0, b)])),
    ],
    holds: { [a]: {}, [b]: {} },
    log: {
      [a]: [
        ['RESERVED', -5, 'A', null, 'tester'],
        ['SOLD', -3, 'A', null, 'tester'],
        ['RELEASED', 2, 'A', null, 'tester'],
      ],
      [b]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['SOLD', -2, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a record named twice counts with its sum, and the answer is in order of records',
    records: both,
    steps: [
      ...held,
      releaseLines(
        [
          [b, 1],
          [a, 2],
          [b, 1],
        ],
        endedOrder(
          'A',
          [
            [a, 2],
            [b, 2],
          ],
          [stock(10, 3, a), stock(10, 0, b)],
        ),
      ),
    ],
    holds: { [a]: { A: 3 }, [b]: {} },
  },
  {
    name: 'confirmed only if the whole order is still held',
    records: both,
    steps: [
      reserve(5, { id: a, reference: 'A' }, now(10, 5, a)),
      reserve(2, { id: b, reference: 'A', ttlSeconds: HOUR }, now(10, 2, b, { expiresAt: inSeconds(HOUR) })),
      pass(HOUR),
      confirmLines(
        [
          [a, 5],
          [b, 2],
        ],
        unheldLines('confirm', 'A', [b, 2, 0]),
      ),
    ],
    holds: { [a]: { A: 5 }, [b]: {} },
  },
  {
    name: 'each short line is listed, and nothing changes',
    records: [...both, record(10, 0, 'inv_c')],
    steps: [
      ...held,
      // Units that others hold do not count for the order.
      reserve(9, { id: 'inv_c', reference: 'B' }, now(10, 9, 'inv_c')),
      releaseLines(
        [
          [b, 2],
          ['inv_c', 1],
          [a, 3],
          [a, 3],
        ],
        unheldLines('release', 'A', ['inv_c', 1, 0], [a, 6, 5]),
      ),
      confirmLines([[b, 3]], unheldLines('confirm', 'A', [b, 3, 2])),
      releaseLines(
        [
          ['inv_none', 1],
          [a, 9],
        ],
        noneOf('inv_none'),
      ),
    ],
    holds: { [a]: { A: 5 }, [b]: { A: 2 }, inv_c: { B: 9 } },
  },
  {
    name: 'an order that holds something elsewhere is short, one that has ended says how',
    records: both,
    steps: [
      releaseLines([[a, 1]], notHeld('A')),
      ...held,
      releaseLines([[b, 2]], endedOrder('A', [[b, 2]], [stock(10, 0, b)])),
      releaseLines([[b, 2]], unheldLines('release', 'A', [b, 2, 0])),
      releaseLines([[a, 5]], endedOrder('A', [[a, 5]], [stock(10, 0, a)])),
      releaseLines([[a, 5]], alreadyReleased('A')),
      confirmLines(
        [
          [a, 5],
          [b, 2],
        ],
        alreadyReleased('A'),
      ),
      reserve(1, { id: a, reference: 'B' }, now(10, 1, a)),
      confirm(1, { id: a, reference: 'B' }, now(9, 0, a)),
      confirmLines([[b, 1]], alreadyConfirmed('B'), 'B'),
      reserve(1, { id: a, reference: 'C', ttlSeconds: HOUR }, now(9, 1, a, { expiresAt: inSeconds(HOUR) })),
      pass(HOUR),
      // The same for another record, on which the order never had a hold.
      releaseLines([[b, 1]], expired('C'), 'C'),
      releaseLines([[a, 1]], expired('C'), 'C'),
    ],
  },
];
