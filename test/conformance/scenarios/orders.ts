import type { Scenario } from '../scenario.js';
import {
  endedOrder,
  getOrder,
  hold,
  ID,
  noneOf,
  now,
  ORDER,
  order,
  QTY_MAX,
  record,
  releaseOrder,
  reserve,
  reservedOrder,
  reserveOrder,
  shortLines,
  stock,
} from './words.js';

const a = 'inv_a';
const b = 'inv_b';
const c = 'inv_c';

/** Lines of an order: all or none. How orders end is in order-endings.ts. */
export const orders: readonly Scenario[] = [
  {
    name: 'all lines at once, answered in the order of the request',
    records: [record(10, 0, a), record(20, 3, b), record(5, 0, c)],
    steps: [
      reserveOrder(
        ORDER,
        [
          [b, 4],
          [a, 2],
        ],
        reservedOrder(
          ORDER,
          [
            [b, 4, 4],
            [a, 2, 2],
          ],
          [stock(20, 7, b), stock(10, 2, a)],
        ),
        { notes: 'checkout' },
      ),
      getOrder(ORDER, order(ORDER, 'HELD', hold(2, ORDER, a), hold(4, ORDER, b))),
    ],
    holds: { [a]: { [ORDER]: 2 }, [b]: { '': 3, [ORDER]: 4 } },
    log: {
      [a]: [['RESERVED', -2, ORDER, 'checkout', 'tester']],
      [b]: [['RESERVED', -4, ORDER, 'checkout', 'tester']],
    },
  },
  {
    name: 'one short line, and no line is reserved',
    records: [record(10, 0, a), record(3, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 2],
          [b, 5],
        ],
        shortLines([b, 5, 3]),
      ),
      getOrder('A', order('A', 'NOT_HELD')),
    ],
    holds: {},
    log: {},
  },
  {
    name: 'every short line is listed',
    records: [record(10, 9, a), record(3, 0, b), record(7, 7, c)],
    steps: [
      reserveOrder(
        'A',
        [
          [c, 1],
          [b, 3],
          [a, 2],
        ],
        shortLines([c, 1, 0], [a, 2, 1]),
      ),
    ],
    log: {},
  },
  {
    name: 'a record named twice counts with its sum',
    records: [record(10, 0, a), record(5, 0, b)],
    steps: [
      reserveOrder(
        'A',
        [
          [a, 6],
          [b, 5],
          [a, 5],
        ],
        shortLines([a, 11, 10]),
      ),
      reserveOrder(
        'A',
        [
          [a, 6],
          [b, 5],
          [a, 4],
        ],
        reservedOrder(
          'A',
          [
            [a, 6, 6],
            [b, 5, 5],
            [a, 4, 4],
          ],
          [stock(10, 10, a), stock(5, 5, b)],
        ),
      ),
    ],
    holds: { [a]: { A: 10 }, [b]: { A: 5 } },
  },
  {
    name: 'a sum beyond int32 is short, not wrong',
    records: [record(50, 0)],
    steps: [
      reserveOrder(
        'A',
        [
          [ID, QTY_MAX],
          [ID, QTY_MAX],
        ],
        shortLines([ID, 2 * QTY_MAX, 50]),
      ),
      reserveOrder('A', [[ID, 50]], reservedOrder('A', [[ID, 50, 50]], [stock(50, 50)])),
    ],
  },
  {
    name: 'one line, and 500',
    records: [record(1000, 0)],
    steps: [
      reserveOrder('A', [[ID, 1]], reservedOrder('A', [[ID, 1, 1]], [stock(1000, 1)])),
      reserveOrder(
        'B',
        Array(500).fill([ID, 1]),
        reservedOrder('B', Array(500).fill([ID, 1, 1]), [stock(1000, 501)]),
      ),
    ],
    holds: { [ID]: { A: 1, B: 500 } },
  },
  {
    name: '500 records',
    records: Array.from({ length: 500 }, (_, i) => record(1, 0, `inv_${i}`)),
    steps: [
      reserveOrder(
        'A',
        Array.from({ length: 500 }, (_, i) => [`inv_${i}`, 1] as const),
        reservedOrder(
          'A',
          Array.from({ length: 500 }, (_, i) => [`inv_${i}`, 1, 1] as const),
          Array.from({ length: 500 }, (_, i) => stock(1, 1, `inv_${i}`)),
        ),
      ),
    ],
  },
  {
    name: 'records that do not exist are listed, each once, before any that are short',
    records: [record(1, 0, a)],
    steps: [
      reserveOrder(
        'A',
        [
          ['inv_no2', 1],
          [a, 5],
          ['inv_no1', 1],
          ['inv_no2', 1],
        ],
        noneOf('inv_no2', 'inv_no1'),
      ),
      reserveOrder('A', [[a, 1]], noneOf(a), {}, { caller: 'stranger' }),
    ],
    holds: {},
    log: {},
  },
  {
    name: 'repeated calls under one reference add up, whichever the RPC',
    records: [record(10, 0, a), record(10, 0, b)],
    steps: [
      reserveOrder('A', [[a, 1]], reservedOrder('A', [[a, 1, 1]], [stock(10, 1, a)])),
      reserve(2, { id: a, reference: 'A' }, now(10, 3, a)),
      reserveOrder(
        'A',
        [
          [a, 4],
          [b, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 4, 4],
            [b, 1, 1],
          ],
          [stock(10, 7, a), stock(10, 1, b)],
        ),
      ),
      getOrder('A', order('A', 'HELD', hold(7, 'A', a), hold(1, 'A', b))),
      releaseOrder(
        'A',
        endedOrder(
          'A',
          [
            [a, 7],
            [b, 1],
          ],
          [stock(10, 0, a), stock(10, 0, b)],
        ),
      ),
    ],
    holds: {},
  },
  {
    name: 'orders do not mix, and references are kept as they are',
    records: [record(50, 0)],
    steps: ['ord', 'ORD', 'ord ', 'órd 订单🧾', '2024/12#99?a=b&c%2F', '~!$\'()*+,;:@"<>[]{}|^`\\'].flatMap(
      (reference, i) => [
        reserveOrder(reference, [[ID, 2]], reservedOrder(reference, [[ID, 2, 2]], [stock(50, i + 2)])),
        getOrder(reference, order(reference, 'HELD', hold(2, reference))),
        releaseOrder(reference, endedOrder(reference, [[ID, 2]], [stock(50, i)])),
        reserveOrder(reference, [[ID, 1]], reservedOrder(reference, [[ID, 1, 1]], [stock(50, i + 1)])),
      ],
    ),
  },
];
