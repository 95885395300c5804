import { expect } from 'vitest';
import type { Scenario } from '../scenario.js';
import {
  call,
  ID,
  invalid,
  keyReused,
  keyRule,
  keyWords,
  noReserved,
  noStock,
  notFound,
  now,
  OTHER,
  qtyRule,
  record,
  release,
  reserve,
} from './words.js';

const otherThanHeader = { idempotencyKey: 'must be the same key wherever it is given' };

export const idempotency: readonly Scenario[] = [
  {
    name: 'without a key each call counts again',
    records: [record(10, 0)],
    steps: [reserve(2, { reference: 'A' }, now(10, 2)), reserve(2, { reference: 'A' }, now(10, 4))],
    holds: { [ID]: { A: 4 } },
  },
  {
    name: 'a key replays a success, as it was then',
    records: [record(10, 0)],
    steps: [
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1' }),
      reserve(5, { reference: 'B' }, now(10, 7)),
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1', replayed: true }),
      release(2, { reference: 'A' }, now(10, 5), { idempotencyKey: 'k2' }),
      release(2, { reference: 'A' }, now(10, 5), { idempotencyKey: 'k2', replayed: true }),
      reserve(2, { reference: 'A' }, now(10, 2), { idempotencyKey: 'k1', replayed: true }),
    ],
    holds: { [ID]: { B: 5 } },
    log: {
      [ID]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RESERVED', -5, 'B', null, 'tester'],
        ['RELEASED', 2, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'a key replays a rejection, as it was then',
    records: [record(10, 8)],
    steps: [
      reserve(5, {}, noStock(5, 2, 'Cannot reserve 5 units. Only 2 units are currently available.'), {
        idempotencyKey: 'k1',
      }),
      release(8, {}, now(10, 0)),
      reserve(5, {}, noStock(5, 2, 'Cannot reserve 5 units. Only 2 units are currently available.'), {
        idempotencyKey: 'k1',
        replayed: true,
      }),
      release(
        3,
        { reference: 'A' },
        noReserved(3, 0, 'Cannot release 3 units. Only 0 units are currently reserved for A.', 'A'),
        { idempotencyKey: 'k2' },
      ),
      reserve(3, { reference: 'A' }, now(10, 3)),
      release(
        3,
        { reference: 'A' },
        noReserved(3, 0, 'Cannot release 3 units. Only 0 units are currently reserved for A.', 'A'),
        { idempotencyKey: 'k2', replayed: true },
      ),
      reserve(1, { id: 'inv_none' }, notFound, { idempotencyKey: 'k3' }),
      reserve(1, { id: 'inv_none' }, notFound, { idempotencyKey: 'k3', replayed: true }),
    ],
    holds: { [ID]: { A: 3 } },
  },
  {
    name: 'a key with another request or method is refused, and the first outcome stays',
    records: [record(50, 5), record(50, 5, OTHER)],
    steps: [
      reserve(2, { reference: 'A', notes: 'n' }, now(50, 7), { idempotencyKey: 'k' }),
      reserve(3, { reference: 'A', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'B', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'm' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'n', id: OTHER }, keyReused, { idempotencyKey: 'k' }),
      release(2, { reference: 'A', notes: 'n' }, keyReused, { idempotencyKey: 'k' }),
      reserve(2, { reference: 'A', notes: 'n' }, now(50, 7), { idempotencyKey: 'k', replayed: true }),
    ],
    holds: { [ID]: { '': 5, A: 2 }, [OTHER]: { '': 5 } },
  },
  {
    name: 'a key belongs to its merchant',
    records: [record(50, 5)],
    steps: [
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k' }),
      reserve(2, {}, notFound, { idempotencyKey: 'k', caller: 'stranger' }),
      release(3, {}, keyReused, { idempotencyKey: 'k', caller: 'stranger' }),
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k', replayed: true }),
    ],
    holds: { [ID]: { '': 7 } },
  },
  {
    name: 'a refused request leaves its key unused',
    records: [record(50, 5)],
    steps: [
      reserve(0, {}, invalid(qtyRule), { idempotencyKey: 'k' }),
      reserve(2, {}, now(50, 7), { idempotencyKey: 'k' }),
    ],
  },
  {
    name: 'keys at the end of their bounds, and beyond',
    records: [record(50, 5)],
    steps: [
      reserve(1, {}, now(50, 6), { idempotencyKey: 'k'.repeat(255) }),
      reserve(1, {}, now(50, 6), { idempotencyKey: 'k'.repeat(255), replayed: true }),
      reserve(1, {}, now(50, 7), { idempotencyKey: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|} ~' }),
      reserve(1, {}, invalid(keyRule), { idempotencyKey: 'k'.repeat(256) }),
      reserve(1, {}, invalid(keyRule), { idempotencyKey: '' }),
    ],
    holds: { [ID]: { '': 7 } },
  },
  {
    name: 'a key in the field: its alphabet and bounds are those of the header',
    records: [record(50, 5)],
    steps: [
      reserve(1, { idempotencyKey: 'k'.repeat(255) }, now(50, 6)),
      reserve(1, {}, now(50, 6), { idempotencyKey: 'k'.repeat(255), replayed: true }),
      reserve(1, { idempotencyKey: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|} ~' }, now(50, 7)),
      reserve(1, {}, now(50, 7), { idempotencyKey: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|} ~', replayed: true }),
      reserve(
        1,
        { idempotencyKey: 'k'.repeat(256) },
        invalid({ idempotencyKey: 'must be at most 255 characters' }),
      ),
      ...['', ' ', 'order-31 ', ' order-31', 'a\tb', 'a\n', '\u0000', 'é', 'order-31\u00a0'].map((key) =>
        reserve(1, { idempotencyKey: key }, invalid({ idempotencyKey: keyWords })),
      ),
    ],
    holds: { [ID]: { '': 7 } },
  },
  {
    name: 'a key in header and field: equal is fine, different is refused and does nothing',
    records: [record(50, 5)],
    steps: [
      reserve(1, { idempotencyKey: 'k' }, now(50, 6), { idempotencyKey: 'k' }),
      reserve(1, { idempotencyKey: 'k' }, now(50, 6), { idempotencyKey: 'k', replayed: true }),
      reserve(1, { idempotencyKey: 'l' }, invalid(otherThanHeader), { idempotencyKey: 'k' }),
      reserve(1, { idempotencyKey: 'K' }, invalid(otherThanHeader), { idempotencyKey: 'k' }),
      reserve(1, { idempotencyKey: 'l' }, invalid(keyRule), { idempotencyKey: '' }),
      call(
        'BatchAdjust',
        { lines: [{ id: ID, qty: 1, action: 'SOLD', idempotencyKey: 'k' }], idempotencyKey: 'k' },
        invalid({ 'lines[0].idempotencyKey': 'must not be given in a line: the batch has one key' }),
      ),
      call(
        'UpdateInventory',
        { id: ID, details: {}, updateMask: 'idempotencyKey' },
        invalid({ updateMask: expect.stringContaining('cannot be changed') }),
      ),
    ],
    holds: { [ID]: { '': 6 } },
  },
];
