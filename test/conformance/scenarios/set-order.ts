import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  alreadyReleased,
  confirmOrder,
  endedOrder,
  getOrder,
  hold,
  noneOf,
  now,
  order,
  pass,
  QTY_MAX,
  record,
  releaseOrder,
  reserve,
  reservedOrder,
  reserveOrder,
  setOrder,
  shortLines,
  stock,
} from './words.js';

const HOUR = 3600;
const a = 'inv_a';
const b = 'inv_b';
const c = 'inv_c';

/** SetOrder: afterwards, a reference holds exactly these lines. */
export const setOrders: readonly Scenario[] = [
  {
    name: 'missing is reserved, too much is released, what no line names is released, and the rest stays',
    records: [record(10, 0, a), record(20, 3, b), record(5, 0, c)],
    steps: [
      setOrder(
        'A',
        [
          [b, 4],
          [a, 2],
        ],
        reservedOrder(
          'A',
          [
            [b, 4, 4],
            [a, 2, 2],
          ],
          [stock(20, 7, b), stock(10, 2, a)],
        ),
        { notes: 'cart' },
      ),
      reserve(1, { id: a, reference: 'B' }, now(10, 3, a)),
      setOrder(
        'A',
        [
          [c, 5],
          [b, 3],
        ],
        reservedOrder(
          'A',
          [
            [c, 5, 5],
            [b, 3, 3],
          ],
          [stock(5, 5, c), stock(20, 6, b), stock(10, 1, a)],
        ),
        { notes: 'changed' },
      ),
      getOrder('A', order('A', 'HELD', hold(3, 'A', b), hold(5, 'A', c))),
    ],
    holds: { [a]: { B: 1 }, [b]: { '': 3, A: 3 }, [c]: { A: 5 } },
    log: {
      [a]: [
        ['RESERVED', -2, 'A', 'cart', 'tester'],
        ['RESERVED', -1, 'B', null, 'tester'],
        ['RELEASED', 2, 'A', 'changed', 'tester'],
      ],
      [b]: [
        ['RESERVED', -4, 'A', 'cart', 'tester'],
        ['RELEASED', 1, 'A', 'changed', 'tester'],
      ],
      [c]: [['RESERVED', -5, 'A', 'changed', 'tester']],
    },
  },
  {
    name: 'the same call twice is the same as once, without a key, and on what is sold out',
    records: [record(3, 0, a), record(2, 0, b)],
    steps: [1, 2, 3].map(() =>
      setOrder(
        'A',
        [
          [a, 3],
          [b, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 3, 3],
            [b, 1, 1],
          ],
          [stock(3, 3, a), stock(2, 1, b)],
        ),
      ),
    ),
    holds: { [a]: { A: 3 }, [b]: { A: 1 } },
    log: { [a]: [['RESERVED', -3, 'A', null, 'tester']], [b]: [['RESERVED', -1, 'A', null, 'tester']] },
  },
  {
    name: 'without lines, all is released; with nothing held, that is no error',
    records: [record(10, 0, a), record(20, 0, b)],
    steps: [
      setOrder('A', [], reservedOrder('A', [], [])),
      getOrder('A', order('A', 'NOT_HELD')),
      reserveOrder(
        'A',
        [
          [b, 4],
          [a, 2],
        ],
        reservedOrder(
          'A',
          [
            [b, 4, 4],
            [a, 2, 2],
          ],
          [stock(20, 4, b), stock(10, 2, a)],
        ),
      ),
      setOrder('A', [], reservedOrder('A', [], [stock(10, 0, a), stock(20, 0, b)])),
      setOrder('A', [], reservedOrder('A', [], []), { lines: undefined }),
      releaseOrder('A', alreadyReleased('A')),
    ],
    holds: {},
  },
  {
    name: 'every short record is listed, with the difference, and nothing changes, not even what was too much',
    records: [record(10, 6, a), record(3, 0, b), record(7, 7, c)],
    steps: [
      setOrder(
        'A',
        [
          [a, 3],
          [b, 3],
        ],
        reservedOrder(
          'A',
          [
            [a, 3, 3],
            [b, 3, 3],
          ],
          [stock(10, 9, a), stock(3, 3, b)],
        ),
      ),
      setOrder(
        'A',
        [
          [c, 1],
          [b, 1],
          [a, 5],
        ],
        shortLines([c, 1, 0], [a, 2, 1]),
      ),
      // A record named twice counts with its sum.
      setOrder(
        'A',
        [
          [a, 3],
          [b, 3],
          [a, 2],
        ],
        shortLines([a, 2, 1]),
      ),
      setOrder(
        'A',
        [
          [b, QTY_MAX],
          [b, QTY_MAX],
        ],
        shortLines([b, 2 * QTY_MAX - 3, 0]),
      ),
      setOrder(
        'A',
        [
          ['inv_no2', 1],
          [a, 9],
          ['inv_no1', 1],
          ['inv_no2', 1],
        ],
        noneOf('inv_no2', 'inv_no1'),
      ),
      setOrder('A', [[a, 1]], noneOf(a), {}, { caller: 'stranger' }),
      setOrder(
        'A',
        [
          [a, 2],
          [a, 2],
        ],
        reservedOrder(
          'A',
          [
            [a, 2, 2],
            [a, 2, 2],
          ],
          [stock(10, 10, a), stock(3, 0, b)],
        ),
      ),
    ],
    holds: { [a]: { '': 6, A: 4 }, [c]: { '': 7 } },
    log: {
      [a]: [
        ['RESERVED', -3, 'A', null, 'tester'],
        ['RESERVED', -1, 'A', null, 'tester'],
      ],
      [b]: [
        ['RESERVED', -3, 'A', null, 'tester'],
        ['RELEASED', 3, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a stated term is that of all its holds, longer or shorter; none stated keeps each',
    records: [record(10, 0, a), record(10, 0, b)],
    steps: [
      reserve(1, { id: a, reference: 'A', ttlSeconds: HOUR }, now(10, 1, a, { expiresAt: inSeconds(HOUR) })),
      setOrder(
        'A',
        [
          [a, 2],
          [b, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 2, 2],
            [b, 1, 1],
          ],
          [{ ...stock(10, 2, a), ...at(HOUR) }, stock(10, 1, b)],
          at(HOUR),
        ),
      ),
      setOrder(
        'A',
        [
          [a, 2],
          [b, 1],
        ],
        reservedOrder(
          'A',
          [
            [a, 2, 2],
            [b, 1, 1],
          ],
          [
            { ...stock(10, 2, a), ...at(600) },
            { ...stock(10, 1, b), ...at(600) },
          ],
          at(600),
        ),
        { ttlSeconds: 600 },
      ),
      setOrder('A', [[a, 1]], reservedOrder('A', [[a, 1, 1]], [stock(10, 1, a), stock(10, 0, b)]), {
        openEnded: true,
      }),
      pass(2 * HOUR),
      getOrder('A', order('A', 'HELD', hold(1, 'A', a))),
      confirmOrder('A', endedOrder('A', [[a, 1]], [stock(9, 0, a)])),
    ],
    holds: {},
  },
  {
    name: 'what has expired is missing, and reserved again',
    records: [record(3, 0, a), record(3, 0, b)],
    steps: [
      setOrder(
        'A',
        [
          [a, 2],
          [b, 2],
        ],
        reservedOrder(
          'A',
          [
            [a, 2, 2],
            [b, 2, 2],
          ],
          [
            { ...stock(3, 2, a), ...at(60) },
            { ...stock(3, 2, b), ...at(60) },
          ],
          at(60),
        ),
        { ttlSeconds: 60 },
      ),
      pass(61),
      reserve(2, { id: b, reference: 'B' }, now(3, 2, b)),
      setOrder(
        'A',
        [
          [a, 2],
          [b, 2],
        ],
        shortLines([b, 2, 1]),
      ),
      setOrder('A', [[a, 2]], reservedOrder('A', [[a, 2, 2]], [stock(3, 2, a)])),
    ],
    holds: { [a]: { A: 2 }, [b]: { B: 2 } },
  },
  {
    name: '500 records, and 500 others',
    records: Array.from({ length: 1000 }, (_, i) => record(1, 0, `inv_${i + 1000}`)),
    steps: [
      setOrder('A', ids(0).map(one), reservedOrder('A', ids(0).map(all), ids(0).map(held))),
      setOrder(
        'A',
        ids(500).map(one),
        reservedOrder('A', ids(500).map(all), [
          ...ids(500).map(held),
          ...ids(0).map((id) => stock(1, 0, id)),
        ]),
      ),
    ],
  },
];

function at(seconds: number) {
  return { expiresAt: inSeconds(seconds) };
}

function ids(from: number): string[] {
  return Array.from({ length: 500 }, (_, i) => `inv_${from + i + 1000}`);
}

function one(id: string) {
  return [id, 1] as const;
}

function all(id: string) {
  return [id, 1, 1] as const;
}

function held(id: string) {
  return stock(1, 1, id);
}
