import { describe, expect, test } from 'vitest';
import type { ReserveCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { Term } from '../../../../src/domain/decisions/term.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { type Held, NOW_MS, REVISION, record, said, who, world } from '../world.js';

function reserve(qty: number, reference: string, more: Partial<ReserveCommand> = {}): ReserveCommand {
  const plain = { ttlSeconds: undefined, allowPartial: false };
  return { kind: 'reserve', ...who, id: 'inv_1', qty, reference, ...plain, ...more };
}

const none: Held = [];
const two: Held = [
  ['A', 2],
  ['', 3],
];

describe('all or nothing', () => {
  test.each<[number, string, number, Held, string]>([
    // qty, reference, on hand, held → outcome
    [1, '', 1, none, 'inv_1 1 of 1, =1'],
    [5, 'A', 5, none, 'inv_1 5 of 5, A=5'],
    [5, 'A', 10, two, 'inv_1 10 of 10, A=7'],
    [5, '', 10, two, 'inv_1 10 of 10, =8'],
    [5, 'B', 10, two, 'inv_1 10 of 10, B=5'],
    [5, 'a', 10, two, 'inv_1 10 of 10, a=5'],
    [QTY_MAX, 'A', QTY_MAX, none, `inv_1 ${QTY_MAX} of ${QTY_MAX}, A=${QTY_MAX}`],
    [QTY_MAX - 5, 'A', QTY_MAX, two, `inv_1 ${QTY_MAX} of ${QTY_MAX}, A=${QTY_MAX - 3}`],
    [6, '', 10, two, 'Cannot reserve 6 units. Only 5 units are currently available.'],
    [5, '', 8, two, 'Cannot reserve 5 units. Only 3 units are currently available.'],
    [2, '', 6, two, 'Cannot reserve 2 units. Only 1 unit is currently available.'],
    [1, 'A', 5, two, 'Cannot reserve 1 unit. Only 0 units are currently available.'],
    [1, '', 0, none, 'Cannot reserve 1 unit. Only 0 units are currently available.'],
    [QTY_MAX, '', 0, none, `Cannot reserve ${QTY_MAX} units. Only 0 units are currently available.`],
  ])('%i for "%s" of %i on hand with %j → %s', (qty, reference, onHand, held, outcome) => {
    expect(said(decide(reserve(qty, reference), world([record('inv_1', onHand, held)])))).toBe(outcome);
  });
});

describe('partial, when asked: what is available, at least 1 unit', () => {
  test.each<[number, number, string]>([
    // qty, on hand of which 5 are held → outcome
    [3, 10, 'inv_1 8 of 10, A=5'],
    [5, 10, 'inv_1 10 of 10, A=7'],
    [6, 10, 'inv_1 10 of 10, A=7'],
    [QTY_MAX, 10, 'inv_1 10 of 10, A=7'],
    [QTY_MAX, 6, 'inv_1 6 of 6, A=3'],
    [2, 5, 'Cannot reserve 2 units. Only 0 units are currently available.'],
  ])('%i of %i → %s', (qty, onHand, outcome) => {
    const command = reserve(qty, 'A', { allowPartial: true });
    expect(said(decide(command, world([record('inv_1', onHand, two)])))).toBe(outcome);
  });

  test.each([
    [3, 3],
    [6, 5],
  ])('%i requested → the answer says %i reserved, as does the log', (requested, reserved) => {
    const command = reserve(requested, 'A', { allowPartial: true });
    expect(decide(command, world([record('inv_1', 10, two)]))).toMatchObject({
      changes: { records: [{ movement: { reservedDelta: reserved } }] },
      success: {
        line: { id: 'inv_1', requested, reserved },
        stock: { onHandQty: 10, reservedQty: 5 + reserved },
      },
    });
  });
});

describe('when the hold ends', () => {
  test.each<[string, Term, string, number | null]>([
    // for, term; → the hold ends
    ['nobody’s hold, none given', {}, 'B', null],
    ['nobody’s hold, a second', { ttlSeconds: 1 }, 'B', NOW_MS + 1000],
    ['nobody’s hold, 30 days', { ttlSeconds: 2592000 }, 'B', NOW_MS + 2592000_000],
    ['nobody’s hold, open-ended', { openEnded: true }, 'B', null],
    // A reserve never cuts the term of the units that were held before it.
    ['a hold that ends, later', { ttlSeconds: 60 }, 'A', NOW_MS + 60_000],
    ['a hold that ends, sooner', { ttlSeconds: 1 }, 'A', NOW_MS + 30_000],
    ['a hold that ends, none given', {}, 'A', NOW_MS + 30_000],
    ['a hold that ends, open-ended', { openEnded: true }, 'A', null],
    ['an open-ended hold, a minute', { ttlSeconds: 60 }, 'C', null],
    ['an open-ended hold, none given', {}, 'C', null],
    ['an open-ended hold, open-ended', { openEnded: true }, 'C', null],
  ])('%s (%o) for %s → %s', (_, term, reference, expected) => {
    const ending = { reference: 'A', qty: 2, openedRevision: 1, expiresAtMs: NOW_MS + 30_000 };
    const endless = { reference: 'C', qty: 1, openedRevision: 2, expiresAtMs: null };
    const plain = record('inv_1', 10, [
      ['A', 2],
      ['C', 1],
    ]);
    const view = {
      ...plain,
      stock: { ...plain.stock, nextExpiryAtMs: NOW_MS + 30_000 },
      hold: (name: string) => [ending, endless].find((hold) => hold.reference === name),
      holds: () => [ending, endless],
    };
    const decision = decide(reserve(1, reference, term), world([view]));
    expect(decision).toMatchObject({
      changes: { records: [{ holds: [{ reference, expiresAtMs: expected }] }] },
    });
    const success = decision.accepted ? decision.success : {};
    // Only the caller of a hold that ends is told when.
    expect(success).toEqual(
      expected === null ? { stock: expect.anything() } : { stock: expect.anything(), expiresAtMs: expected },
    );
  });

  test.each<[number | null, number | undefined, number | null]>([
    // the record's bound, ttl → its bound
    [null, undefined, null],
    [null, 60, NOW_MS + 60_000],
    [NOW_MS + 30_000, undefined, NOW_MS + 30_000],
    [NOW_MS + 30_000, 60, NOW_MS + 30_000],
    [NOW_MS + 90_000, 60, NOW_MS + 60_000],
  ])('nothing of the record ends before %s; with a ttl of %s → before %s', (bound, ttlSeconds, expected) => {
    const plain = record('inv_1', 10);
    const view = { ...plain, stock: { ...plain.stock, nextExpiryAtMs: bound } };
    expect(decide(reserve(1, 'A', { ttlSeconds }), world([view]))).toMatchObject({
      changes: { records: [{ stock: { nextExpiryAtMs: expected } }] },
    });
  });
});

test.each([
  // A hold keeps its age while it has units; a new one is as old as the revision that opened it.
  ['A', { reference: 'A', qty: 3, openedRevision: 1, expiresAtMs: null }],
  ['B', { reference: 'B', qty: 1, openedRevision: REVISION + 1, expiresAtMs: null }],
])('1 for %s leaves the hold %j', (reference, hold) => {
  const decision = decide(reserve(1, reference), world([record('inv_1', 20, two)]));
  expect(decision.accepted && decision.changes.records[0]!.holds).toEqual([hold]);
});

test.each(['A', ''])('4 for "%s": one log entry, of the record’s next revision', (reference) => {
  expect(decide(reserve(4, reference), world([record('inv_1', 20, two)]))).toMatchObject({
    accepted: true,
    changes: {
      records: [
        {
          stock: { id: 'inv_1', onHandQty: 20, reservedQty: 9, revision: REVISION + 1 },
          movement: {
            inventoryId: 'inv_1',
            revision: REVISION + 1,
            action: 'RESERVED',
            onHandDelta: 0,
            reservedDelta: 4,
            reference,
            notes: 'why',
            actor: 'ann',
          },
        },
      ],
    },
    success: { stock: { id: 'inv_1', onHandQty: 20, reservedQty: 9 } },
  });
});

test.each([false, true])('on no record → INVENTORY_NOT_FOUND, partial or not (%s)', (allowPartial) => {
  expect(decide(reserve(1, 'A', { allowPartial }), world([record('inv_2', 5)]))).toEqual({
    accepted: false,
    rejection: { reason: 'INVENTORY_NOT_FOUND' },
  });
});
