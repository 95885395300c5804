import { describe, expect, test } from 'vitest';
import type { Command } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { type Held, NOW_MS, REVISION, record, said, who, world } from '../world.js';

const draw = (kind: 'release' | 'confirm', qty: number, reference: string): Command => ({
  kind,
  ...who,
  id: 'inv_1',
  qty,
  reference,
});

const mixed: Held = [
  ['A', 2],
  ['B', 3],
  ['', 4],
  ['C', 1],
];
const named: Held = [
  ['A', 2],
  ['B', 3],
];

describe('from which holds', () => {
  test.each<[number, string, Held, string]>([
    // With a reference: from that hold alone.
    [1, 'A', mixed, '9, A=1'],
    [2, 'A', mixed, '8, A=0'],
    [3, 'A', mixed, '3 units. Only 2 units are currently reserved for A.'],
    [2, 'C', mixed, '2 units. Only 1 unit is currently reserved for C.'],
    [1, 'D', mixed, '1 unit. Only 0 units are currently reserved for D.'],
    [1, 'a', mixed, '1 unit. Only 0 units are currently reserved for a.'],
    // Without one: the unreferenced units first, then the oldest holds.
    [3, '', mixed, '7, =1'],
    [4, '', mixed, '6, =0'],
    [5, '', mixed, '6, =0; 5, A=1'],
    [6, '', mixed, '6, =0; 4, A=0'],
    [8, '', mixed, '6, =0; 4, A=0; 2, B=1'],
    [10, '', mixed, '6, =0; 4, A=0; 1, B=0; 0, C=0'],
    [11, '', mixed, '11 units. Only 10 units are currently reserved.'],
    [1, '', named, '4, A=1'],
    [5, '', named, '3, A=0; 0, B=0'],
    [6, '', named, '6 units. Only 5 units are currently reserved.'],
    [2, '', [['A', 1]], '2 units. Only 1 unit is currently reserved.'],
    [1, '', [], '1 unit. Only 0 units are currently reserved.'],
    [QTY_MAX, '', [['A', QTY_MAX]], '0, A=0'],
  ])('%i for "%s" with %j → %s', (qty, reference, held, expected) => {
    const on = world([record('inv_1', QTY_MAX, held)]);
    const reservedBefore = held.reduce((units, [, heldQty]) => units + heldQty, 0);
    const outcome = (kind: 'release' | 'confirm', onHand: (reserved: number) => number): string =>
      expected.includes('Only')
        ? `Cannot ${kind} ${expected}`
        : expected.replaceAll(/(\d+), /g, (_, left) => `inv_1 ${left} of ${onHand(Number(left))}, `);
    expect(said(decide(draw('release', qty, reference), on))).toBe(outcome('release', () => QTY_MAX));
    // Shipped units leave the shelf, too.
    expect(said(decide(draw('confirm', qty, reference), on))).toBe(
      outcome('confirm', (reserved) => QTY_MAX - (reservedBefore - reserved)),
    );
  });
});

describe('what it changes', () => {
  const held: Held = [
    ['A', 2],
    ['', 3],
  ];
  test.each<['release' | 'confirm', number, string, [string, number][]]>([
    ['release', 1, 'A', [['A', 1]]],
    ['confirm', 1, 'A', [['A', 1]]],
    // An entry for each hold that pays for it, under that hold's reference.
    [
      'release',
      5,
      '',
      [
        ['', 3],
        ['A', 2],
      ],
    ],
    [
      'confirm',
      4,
      '',
      [
        ['', 3],
        ['A', 1],
      ],
    ],
  ])('%s %i for "%s": an entry for each of %j', (kind, qty, reference, drawn) => {
    const decision = decide(draw(kind, qty, reference), world([record('inv_1', 20, held)]));
    let [onHandQty, reservedQty, revision] = [20, 5, REVISION];
    const expected = drawn.map(([whose, units]) => {
      const onHandDelta = kind === 'confirm' ? -units : 0;
      onHandQty += onHandDelta;
      reservedQty -= units;
      revision += 1;
      const action = kind === 'confirm' ? 'SOLD' : 'RELEASED';
      const deltas = { onHandDelta, reservedDelta: -units };
      const said = { reference: whose, notes: 'why', actor: 'ann' };
      return {
        stock: { id: 'inv_1', onHandQty, reservedQty, revision },
        movement: { inventoryId: 'inv_1', revision, action, ...deltas, ...said },
      };
    });
    expect(decision).toMatchObject({
      accepted: true,
      changes: { records: expected },
      success: { stock: { id: 'inv_1', onHandQty, reservedQty } },
    });
  });

  test.each(['release', 'confirm'] as const)('a hold keeps its age and its end: %s', (kind) => {
    const ending = { reference: 'A', qty: 2, openedRevision: 7, expiresAtMs: NOW_MS + 1 };
    const plain = record('inv_1', 10, [['A', 2]]);
    const view = {
      ...plain,
      stock: { ...plain.stock, nextExpiryAtMs: NOW_MS + 1 },
      hold: () => ending,
      holds: () => [ending],
    };
    const decision = decide(draw(kind, 1, 'A'), world([view]));
    const [change] = decision.accepted ? decision.changes.records : [];
    expect(change!.holds).toEqual([{ ...ending, qty: 1 }]);
    expect(change!.stock.nextExpiryAtMs).toBe(NOW_MS + 1);
  });
});

test.each(['release', 'confirm'] as const)('%s on no record → INVENTORY_NOT_FOUND', (kind) => {
  expect(decide(draw(kind, 1, 'A'), world([]))).toEqual({
    accepted: false,
    rejection: { reason: 'INVENTORY_NOT_FOUND' },
  });
});

test.each(['release', 'confirm'] as const)(
  'holds that fall short of the counter are a fault, never a %s of units that nobody holds',
  (kind) => {
    const drifted = record('inv_1', 20, [['A', 2]]);
    const view = { ...drifted, stock: { ...drifted.stock, reservedQty: 3 } };
    expect(() => decide(draw(kind, 3, ''), world([view]))).toThrow('short of the counter by 1');
  },
);
