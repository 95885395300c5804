import { describe, expect, test } from 'vitest';
import type { StockCommand } from '../../../src/domain/command.js';
import { decide, type RecordView } from '../../../src/domain/decide.js';
import { failureMessage } from '../../../src/domain/failure-message.js';
import type { Hold } from '../../../src/domain/hold.js';
import { QTY_MAX } from '../../../src/domain/stock.js';

/** Holds by age, each as [reference, qty]; '' is the unreferenced one. The n-th was opened at revision n. */
type Held = readonly (readonly [string, number])[];

const REVISION = 100;

function record(onHandQty: number, held: Held): RecordView {
  const holds = new Map<string, Hold>(
    held.map(([reference, qty], i) => [reference, { reference, qty, openedRevision: i + 1 }]),
  );
  const reservedQty = held.reduce((sum, [, qty]) => sum + qty, 0);
  return {
    stock: { id: 'inv_1', onHandQty, reservedQty, revision: REVISION },
    hold: (reference) => holds.get(reference),
    holds: () => holds.values(),
  };
}

function command(kind: StockCommand['kind'], qty: number, reference: string): StockCommand {
  return { kind, merchantId: 'mer_1', id: 'inv_1', qty, reference, notes: 'why', actor: 'ann' };
}

/** `reserved R; ref=qty …` of what changes, or the message. */
function outcomeOf(kind: StockCommand['kind'], qty: number, reference: string, onHand: number, held: Held) {
  const decision = decide(command(kind, qty, reference), record(onHand, held));
  if (!decision.accepted) return failureMessage(decision.rejection);
  const holds = decision.holds.map((hold) => `${hold.reference}=${hold.qty}`).join(' ');
  return `reserved ${decision.stock.reservedQty}; ${holds}`;
}

describe('reserve', () => {
  const none: Held = [];
  const two: Held = [
    ['A', 2],
    ['', 3],
  ];
  test.each<[number, string, number, Held, string]>([
    // qty, reference, on hand, held → outcome
    [1, '', 1, none, 'reserved 1; =1'],
    [5, 'A', 5, none, 'reserved 5; A=5'],
    [5, 'A', 10, two, 'reserved 10; A=7'],
    [5, '', 10, two, 'reserved 10; =8'],
    [5, 'B', 10, two, 'reserved 10; B=5'],
    [5, 'a', 10, two, 'reserved 10; a=5'],
    [QTY_MAX, 'A', QTY_MAX, none, `reserved ${QTY_MAX}; A=${QTY_MAX}`],
    [QTY_MAX - 5, 'A', QTY_MAX, two, `reserved ${QTY_MAX}; A=${QTY_MAX - 3}`],
    [6, '', 10, two, 'Cannot reserve 6 units. Only 5 units are currently available.'],
    [5, '', 8, two, 'Cannot reserve 5 units. Only 3 units are currently available.'],
    [2, '', 6, two, 'Cannot reserve 2 units. Only 1 unit is currently available.'],
    [1, 'A', 5, two, 'Cannot reserve 1 unit. Only 0 units are currently available.'],
    [1, '', 0, none, 'Cannot reserve 1 unit. Only 0 units are currently available.'],
    [QTY_MAX, '', 0, none, `Cannot reserve ${QTY_MAX} units. Only 0 units are currently available.`],
  ])('%i for "%s" of %i on hand with %j → %s', (qty, reference, onHand, held, outcome) => {
    expect(outcomeOf('reserve', qty, reference, onHand, held)).toBe(outcome);
  });
});

describe('release', () => {
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
  test.each<[number, string, Held, string]>([
    // With a reference: from that hold alone.
    [1, 'A', mixed, 'reserved 9; A=1'],
    [2, 'A', mixed, 'reserved 8; A=0'],
    [3, 'A', mixed, 'Cannot release 3 units. Only 2 units are currently reserved for A.'],
    [2, 'C', mixed, 'Cannot release 2 units. Only 1 unit is currently reserved for C.'],
    [1, 'D', mixed, 'Cannot release 1 unit. Only 0 units are currently reserved for D.'],
    [1, 'a', mixed, 'Cannot release 1 unit. Only 0 units are currently reserved for a.'],
    // Without one: the unreferenced units first, then the oldest holds.
    [3, '', mixed, 'reserved 7; =1'],
    [4, '', mixed, 'reserved 6; =0'],
    [5, '', mixed, 'reserved 5; =0 A=1'],
    [6, '', mixed, 'reserved 4; =0 A=0'],
    [8, '', mixed, 'reserved 2; =0 A=0 B=1'],
    [10, '', mixed, 'reserved 0; =0 A=0 B=0 C=0'],
    [11, '', mixed, 'Cannot release 11 units. Only 10 units are currently reserved.'],
    [1, '', named, 'reserved 4; A=1'],
    [5, '', named, 'reserved 0; A=0 B=0'],
    [6, '', named, 'Cannot release 6 units. Only 5 units are currently reserved.'],
    [2, '', [['A', 1]], 'Cannot release 2 units. Only 1 unit is currently reserved.'],
    [1, '', [], 'Cannot release 1 unit. Only 0 units are currently reserved.'],
    [QTY_MAX, '', [['A', QTY_MAX]], 'reserved 0; A=0'],
  ])('%i for "%s" with %j → %s', (qty, reference, held, outcome) => {
    expect(outcomeOf('release', qty, reference, QTY_MAX, held)).toBe(outcome);
  });
});

describe('what an accepted command changes', () => {
  const held: Held = [
    ['A', 2],
    ['', 3],
  ];
  test.each([
    ['reserve', 4, 'A', { action: 'RESERVED', reservedDelta: 4 }],
    ['reserve', 4, '', { action: 'RESERVED', reservedDelta: 4 }],
    ['release', 1, 'A', { action: 'RELEASED', reservedDelta: -1 }],
    // One log entry, also when several holds pay for it.
    ['release', 5, '', { action: 'RELEASED', reservedDelta: -5 }],
  ] as const)('%s %i for "%s" → %o', (kind, qty, reference, movement) => {
    expect(decide(command(kind, qty, reference), record(20, held))).toMatchObject({
      accepted: true,
      stock: {
        id: 'inv_1',
        onHandQty: 20,
        reservedQty: 5 + movement.reservedDelta,
        revision: REVISION + 1,
      },
      movement: {
        inventoryId: 'inv_1',
        revision: REVISION + 1,
        onHandDelta: 0,
        reference,
        notes: 'why',
        actor: 'ann',
        ...movement,
      },
    });
  });

  test.each([
    // A hold keeps its age while it has units; a new one is as old as the revision that opened it.
    ['reserve', 1, 'A', [{ reference: 'A', qty: 3, openedRevision: 1 }]],
    ['reserve', 1, 'B', [{ reference: 'B', qty: 1, openedRevision: REVISION + 1 }]],
    ['release', 1, 'A', [{ reference: 'A', qty: 1, openedRevision: 1 }]],
  ] as const)('%s %i for "%s" leaves the hold %j', (kind, qty, reference, holds) => {
    const decision = decide(command(kind, qty, reference), record(20, held));
    expect(decision.accepted && decision.holds).toEqual(holds);
  });

  test('the record that was shown to it stays as it was', () => {
    const shown = record(20, held);
    decide(command('release', 5, ''), shown);
    expect(shown.stock).toEqual({ id: 'inv_1', onHandQty: 20, reservedQty: 5, revision: REVISION });
    expect([...shown.holds()].map((hold) => [hold.reference, hold.qty])).toEqual(held);
  });
});

test.each(['reserve', 'release'] as const)('%s on no record → INVENTORY_NOT_FOUND', (kind) => {
  expect(decide(command(kind, 1, 'A'), undefined)).toEqual({
    accepted: false,
    rejection: { reason: 'INVENTORY_NOT_FOUND' },
  });
});

test('holds that fall short of the counter are a fault, never a release of units that nobody holds', () => {
  const drifted = record(20, [['A', 2]]);
  const view: RecordView = {
    stock: { ...drifted.stock, reservedQty: 3 },
    hold: (reference) => drifted.hold(reference),
    holds: () => drifted.holds(),
  };
  expect(() => decide(command('release', 3, ''), view)).toThrow('short of the counter by 1');
});
