import { describe, expect, test } from 'vitest';
import type { MoveOrderCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { RecordView } from '../../../../src/domain/decisions/decision.js';
import type { Term } from '../../../../src/domain/decisions/term.js';
import { NOW_MS, REVISION, record, said, who, world } from '../world.js';

function move(more: Partial<MoveOrderCommand> = {}): MoveOrderCommand {
  return { kind: 'move_order', ...who, reference: 'A', toReference: 'B', ...more };
}

const shop = world([
  record('inv_1', 10, [
    ['A', 2],
    ['B', 3],
  ]),
  record('inv_2', 3, [['A', 1]]),
  record('inv_3', 4, [['', 4]]),
]);

test.each<[string, Partial<MoveOrderCommand>, string]>([
  ['all', {}, 'inv_1 5 of 10, A=0 B=5; inv_2 1 of 3, A=0 B=1'],
  ['to a third', { toReference: 'C' }, 'inv_1 5 of 10, A=0 C=2; inv_2 1 of 3, A=0 C=1'],
  ['a part', { lines: [{ id: 'inv_1', qty: 1 }] }, 'inv_1 5 of 10, A=1 B=4'],
  [
    'too many of one',
    { lines: [{ id: 'inv_1', qty: 3 }] },
    'Cannot move the order. 1 line asks for more units than are currently reserved for A.',
  ],
  ['nothing held', { reference: 'X' }, 'Nothing is held for X.'],
  ['a record that is not there', { lines: [{ id: 'inv_9', qty: 1 }] }, 'Inventory record not found.'],
])('%s: %o → %s', (_, more, outcome) => {
  expect(said(decide(move(more), shop))).toBe(outcome);
});

test('one entry a record, without a change of its counters', () => {
  const decision = decide(move(), shop);
  expect(decision.accepted && decision.changes.records[0]).toMatchObject({
    stock: { onHandQty: 10, reservedQty: 5, revision: REVISION + 1 },
    movement: {
      action: 'MOVED',
      onHandDelta: 0,
      reservedDelta: 0,
      reference: 'A',
      moved: { toReference: 'B', qty: 2 },
      revision: REVISION + 1,
    },
  });
});

describe('when the hold that gets them ends', () => {
  const MINUTE_MS = 60_000;
  const at = (minutes: number | null): number | null =>
    minutes === null ? null : NOW_MS + minutes * MINUTE_MS;
  test.each<[number | null, number | null | undefined, Term, number | null]>([
    // minutes left of the units, of the hold (undefined: it is new), what is stated → minutes left
    [15, undefined, {}, 15],
    [null, undefined, {}, null],
    [15, 30, {}, 30],
    [15, 5, {}, 5],
    [15, null, {}, null],
    [15, undefined, { ttlSeconds: 60 }, 1],
    [15, 30, { ttlSeconds: 60 }, 1],
    [15, null, { ttlSeconds: 60 }, 1],
    [15, 30, { openEnded: true }, null],
    [15, undefined, { openEnded: true }, null],
  ])('%s and %s, stated %o → %s', (left, leftOfTarget, term, expected) => {
    const held = leftOfTarget === undefined ? [] : ([['B', 3]] as const);
    const plain = record('inv_1', 10, [['A', 2], ...held]);
    const ends: Record<string, number | null> = { A: at(left), B: at(leftOfTarget ?? null) };
    const view: RecordView = {
      ...plain,
      hold: (name) => {
        const hold = plain.hold(name);
        return hold && { ...hold, expiresAtMs: ends[name]! };
      },
    };
    const decision = decide(move(term), world([view]));
    expect(decision.accepted && decision.changes.records[0]!.holds[1]).toMatchObject({
      reference: 'B',
      expiresAtMs: at(expected),
    });
    expect(decision.accepted && decision.changes.records[0]!.stock.nextExpiryAtMs).toBe(at(expected));
    const told = expected === null ? {} : { expiresAtMs: at(expected) };
    expect(decision).toMatchObject({ success: told });
    expect(decision.accepted && 'expiresAtMs' in decision.success).toBe(expected !== null);
  });
});
