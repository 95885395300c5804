import { inSeconds } from '../matchers.js';
import type { Scenario } from '../scenario.js';
import {
  alreadyReleased,
  getOrder,
  hold,
  ID,
  noStock,
  notFound,
  now,
  order,
  pass,
  QTY_MAX,
  record,
  release,
  releaseOrder,
  reserve,
  setHold,
} from './words.js';

const HOUR = 3600;

/** SetHold: afterwards, a reference holds exactly this many units of one record. */
export const setHolds: readonly Scenario[] = [
  {
    name: 'more, fewer, as many, none; each difference is logged once, and no difference is not',
    records: [record(10, 1)],
    steps: [
      setHold('A', 4, now(10, 5), { notes: 'cart' }),
      setHold('A', 6, now(10, 7)),
      setHold('A', 6, now(10, 7), { notes: 'again' }),
      setHold('A', 2, now(10, 3)),
      setHold('A', 2, now(10, 3)),
      setHold('A', 0, now(10, 1), { notes: 'left' }),
      setHold('A', 0, now(10, 1)),
      setHold('B', 0, now(10, 1)),
      releaseOrder('A', alreadyReleased('A')),
    ],
    holds: { [ID]: { '': 1 } },
    log: {
      [ID]: [
        ['RESERVED', -4, 'A', 'cart', 'tester'],
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RELEASED', 4, 'A', null, 'tester'],
        ['RELEASED', 2, 'A', 'left', 'tester'],
      ],
    },
  },
  {
    name: 'units that it holds already are not asked for again: all that there are, held twice over',
    records: [record(10, 0)],
    steps: [
      reserve(7, { reference: 'A' }, now(10, 7)),
      reserve(1, { reference: 'B' }, now(10, 8)),
      setHold('A', 10, noStock(3, 2, 'Cannot reserve 3 units. Only 2 units are currently available.')),
      setHold('A', 9, now(10, 10)),
      setHold('A', 9, now(10, 10)),
      setHold('C', 1, noStock(1, 0, 'Cannot reserve 1 unit. Only 0 units are currently available.')),
      setHold(
        'A',
        QTY_MAX,
        noStock(QTY_MAX - 9, 0, `Cannot reserve ${QTY_MAX - 9} units. Only 0 units are currently available.`),
      ),
      // B has released a unit since.
      release(1, { reference: 'B' }, now(10, 9)),
      setHold('A', 10, now(10, 10)),
    ],
    holds: { [ID]: { A: 10 } },
  },
  {
    name: 'a record that does not exist, or is another merchant’s',
    records: [record(5, 0)],
    steps: [
      setHold('A', 1, notFound, { id: 'inv_none' }),
      setHold('A', 0, notFound, { id: 'inv_none' }),
      setHold('A', 1, notFound, {}, { caller: 'stranger' }),
    ],
    holds: {},
    log: {},
  },
  {
    name: 'a term is set exactly, longer or shorter, with units or without, and kept where none is stated',
    records: [record(10, 0)],
    steps: [
      setHold('A', 2, now(10, 2, ID, { expiresAt: inSeconds(HOUR) }), { ttlSeconds: HOUR }),
      setHold('A', 3, now(10, 3, ID, { expiresAt: inSeconds(HOUR) })),
      setHold('A', 1, now(10, 1, ID, { expiresAt: inSeconds(600) }), { ttlSeconds: 600 }),
      setHold('A', 1, now(10, 1, ID, { expiresAt: inSeconds(2 * HOUR) }), { ttlSeconds: 2 * HOUR }),
      getOrder('A', order('A', 'HELD', hold(1, 'A', ID, inSeconds(2 * HOUR)))),
      setHold('A', 1, now(10, 1), { openEnded: true }),
      pass(3 * HOUR),
      setHold('A', 1, now(10, 1)),
      setHold('A', 2, now(10, 2, ID, { expiresAt: inSeconds(600) }), { ttlSeconds: 600 }),
    ],
    holds: { [ID]: { A: 2 } },
    log: {
      [ID]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RESERVED', -1, 'A', null, 'tester'],
        ['RELEASED', 2, 'A', null, 'tester'],
        ['RESERVED', -1, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a shortened hold ends at its new instant, and is not revived',
    records: [record(5, 0)],
    steps: [
      setHold('A', 5, now(5, 5, ID, { expiresAt: inSeconds(HOUR) }), { ttlSeconds: HOUR }),
      setHold('A', 5, now(5, 5, ID, { expiresAt: inSeconds(60) }), { ttlSeconds: 60 }),
      pass(61),
      reserve(1, { reference: 'B' }, now(5, 1)),
      // The hold has expired, so all of its units have to be reserved again.
      setHold('A', 5, noStock(5, 4, 'Cannot reserve 5 units. Only 4 units are currently available.')),
      setHold('A', 4, now(5, 5)),
      pass(2 * HOUR),
      getOrder('A', order('A', 'HELD', hold(4, 'A'))),
    ],
    log: {
      [ID]: [
        ['RESERVED', -5, 'A', null, 'tester'],
        ['RELEASED', 5, 'A', 'expired', 'system'],
        ['RESERVED', -1, 'B', null, 'tester'],
        ['RESERVED', -4, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'references as they are, in the path, too',
    records: [record(50, 0)],
    steps: ['ord ', 'órd 订单🧾', '2024/12#99?a=b&c%2F', '~!$\'()*+,;:@"<>[]{}|^`\\'].map((reference, i) =>
      setHold(reference, 1, now(50, i + 1)),
    ),
  },
];
