import { describe, expect, test } from 'vitest';
import type { OrderLine, ReserveOrderCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { OrderView } from '../../../../src/domain/decisions/decision.js';
import { ORDER_RECORDS_MAX } from '../../../../src/domain/decisions/held-units.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { NOW_MS, REVISION, record, said, who, world } from '../world.js';

/** `inv_1 3, inv_2 1` */
function linesOf(text: string): OrderLine[] {
  return text.split(', ').map((line) => {
    const [id, qty] = line.split(' ');
    return { id: id!, qty: Number(qty) };
  });
}

function reserveOrder(lines: string, more: Partial<ReserveOrderCommand> = {}): ReserveOrderCommand {
  const plain = { ttlSeconds: undefined, allowPartial: false };
  return { kind: 'reserve_order', ...who, reference: 'A', lines: linesOf(lines), ...plain, ...more };
}

/** 5 available of 10, 3 of 3, none of 4. */
const shop = world([
  record('inv_1', 10, [
    ['A', 2],
    ['B', 3],
  ]),
  record('inv_2', 3),
  record('inv_3', 4, [['', 4]]),
]);

const oneShort = 'Cannot reserve the order. 1 line asks for more units than are currently available.';
const twoShort = 'Cannot reserve the order. 2 lines ask for more units than are currently available.';

describe('an order: all lines or none', () => {
  test.each([
    ['inv_1 5', 'inv_1 10 of 10, A=7'],
    ['inv_1 5, inv_2 3', 'inv_1 10 of 10, A=7; inv_2 3 of 3, A=3'],
    ['inv_2 1, inv_1 1', 'inv_2 1 of 3, A=1; inv_1 6 of 10, A=3'],
    // A record named twice counts with its sum, and changes once.
    ['inv_1 2, inv_1 3', 'inv_1 10 of 10, A=7'],
    ['inv_1 2, inv_2 1, inv_1 3', 'inv_1 10 of 10, A=7; inv_2 1 of 3, A=1'],
    ['inv_1 3, inv_1 3', oneShort],
    ['inv_1 6', oneShort],
    ['inv_1 5, inv_2 4', oneShort],
    ['inv_1 6, inv_2 4', twoShort],
    ['inv_3 1', oneShort],
    [`inv_1 ${QTY_MAX}, inv_1 ${QTY_MAX}`, oneShort],
    ['inv_none 1', 'Inventory record not found.'],
    ['inv_1 1, inv_none 1', 'Inventory record not found.'],
    // What does not exist comes before what is short.
    ['inv_1 6, inv_none 1', 'Inventory record not found.'],
  ])('%s → %s', (lines, outcome) => {
    expect(said(decide(reserveOrder(lines), shop))).toBe(outcome);
  });

  test.each([
    ['inv_1 6, inv_2 1', [{ id: 'inv_1', requested: 6, available: 5 }]],
    ['inv_1 3, inv_2 9, inv_1 3', [6, 9]],
    ['inv_3 1, inv_2 4', [1, 4]],
    [`inv_1 ${QTY_MAX}, inv_1 ${QTY_MAX}`, [2 * QTY_MAX]],
  ])('%s: each short record once, with its sum → %j', (lines, short) => {
    const available: Record<string, number> = { inv_1: 5, inv_2: 3, inv_3: 0 };
    const ids = [...new Set(linesOf(lines).map((line) => line.id))];
    const shortLines = short.map((one, i) =>
      typeof one === 'object' ? one : { id: ids[i]!, requested: one, available: available[ids[i]!]! },
    );
    expect(decide(reserveOrder(lines), shop)).toEqual({
      accepted: false,
      rejection: { reason: 'INSUFFICIENT_STOCK', shortLines },
    });
  });

  test('all that do not exist are listed, each once, in the order of the lines', () => {
    expect(decide(reserveOrder('inv_z 1, inv_1 1, inv_y 1, inv_z 2'), shop)).toEqual({
      accepted: false,
      rejection: { reason: 'INVENTORY_NOT_FOUND', ids: ['inv_z', 'inv_y'] },
    });
  });
});

describe('a partial order: what is available, line by line', () => {
  test.each([
    // lines → reserved of each line; what changes
    ['inv_1 5, inv_2 3', [5, 3], 'inv_1 10 of 10, A=7; inv_2 3 of 3, A=3'],
    ['inv_1 9, inv_2 3', [5, 3], 'inv_1 10 of 10, A=7; inv_2 3 of 3, A=3'],
    ['inv_1 1, inv_3 1', [1, 0], 'inv_1 6 of 10, A=3'],
    ['inv_3 1, inv_1 1', [0, 1], 'inv_1 6 of 10, A=3'],
    // Of a record named twice, the first line comes first.
    ['inv_1 4, inv_1 4', [4, 1], 'inv_1 10 of 10, A=7'],
    ['inv_1 9, inv_1 1', [5, 0], 'inv_1 10 of 10, A=7'],
    [`inv_2 ${QTY_MAX}`, [3], 'inv_2 3 of 3, A=3'],
  ])('%s → %j reserved; %s', (text, reserved, outcome) => {
    const decision = decide(reserveOrder(text, { allowPartial: true }), shop);
    expect(said(decision)).toBe(outcome);
    const lines = linesOf(text).map(({ id, qty }, i) => ({ id, requested: qty, reserved: reserved[i] }));
    expect(decision).toMatchObject({ success: { lines } });
  });

  test.each([
    ['inv_3 1', oneShort],
    ['inv_3 1, inv_3 2', oneShort],
    ['inv_1 1, inv_none 1', 'Inventory record not found.'],
  ])('%s → %s', (lines, outcome) => {
    expect(said(decide(reserveOrder(lines, { allowPartial: true }), shop))).toBe(outcome);
  });

  test('the answer has each record’s figures once, also those of records that gave nothing', () => {
    expect(decide(reserveOrder('inv_3 1, inv_1 9, inv_3 1', { allowPartial: true }), shop)).toMatchObject({
      success: {
        stocks: [
          { id: 'inv_3', onHandQty: 4, reservedQty: 4 },
          { id: 'inv_1', onHandQty: 10, reservedQty: 10 },
        ],
      },
    });
  });
});

test.each([
  [{ ttlSeconds: 60 }, NOW_MS + 60_000],
  [{}, null],
  [{ openEnded: true }, null],
])('an order with the term %o: all of its holds end at %s', (term, expiresAtMs) => {
  const decision = decide(reserveOrder('inv_1 1, inv_2 1', { reference: 'N', ...term }), shop);
  const changes = decision.accepted ? decision.changes.records : [];
  expect(changes.map(({ holds }) => holds[0]!.expiresAtMs)).toEqual([expiresAtMs, expiresAtMs]);
  expect(changes.map(({ stock }) => stock.nextExpiryAtMs)).toEqual([expiresAtMs, expiresAtMs]);
  const told = decision.accepted ? decision.success : {};
  expect('expiresAtMs' in told ? told.expiresAtMs : null).toBe(expiresAtMs);
});

test('each record of an order has one log entry', () => {
  const decision = decide(reserveOrder('inv_1 1, inv_2 1, inv_1 2'), shop);
  const entry = { action: 'RESERVED', onHandDelta: 0, reference: 'A', notes: 'why', actor: 'ann' };
  expect(decision.accepted && decision.changes.records.map(({ movement }) => movement)).toEqual([
    { ...entry, inventoryId: 'inv_1', revision: REVISION + 1, reservedDelta: 3 },
    { ...entry, inventoryId: 'inv_2', revision: REVISION + 1, reservedDelta: 1 },
  ]);
});

describe('the end of an order', () => {
  const held = world([
    record('inv_1', 10, [
      ['A', 2],
      ['B', 3],
    ]),
    record('inv_2', 3, [['B', 3]]),
    record('inv_3', 4, [['', 4]]),
  ]);
  test.each([
    ['release_order', 'A', 'inv_1 3 of 10, A=0'],
    ['release_order', 'B', 'inv_1 2 of 10, B=0; inv_2 0 of 3, B=0'],
    ['confirm_order', 'A', 'inv_1 3 of 8, A=0'],
    ['confirm_order', 'B', 'inv_1 2 of 7, B=0; inv_2 0 of 0, B=0'],
    ['release_order', 'C', 'Nothing is held for C.'],
    ['confirm_order', 'C', 'Nothing is held for C.'],
    ['release_order', 'b', 'Nothing is held for b.'],
  ] as const)('%s %s → %s', (kind, reference, outcome) => {
    expect(said(decide({ kind, ...who, reference }, held))).toBe(outcome);
  });

  const lines = (...of: readonly (readonly [id: string, qty: number])[]) =>
    of.map(([id, qty]) => ({ id, qty }));
  test.each([
    ['release_order', lines(['inv_2', 2]), 'inv_2 1 of 3, B=1'],
    [
      'confirm_order',
      lines(['inv_2', 1], ['inv_1', 3], ['inv_2', 2]),
      'inv_1 2 of 7, B=0; inv_2 0 of 0, B=0',
    ],
    ['release_order', lines(['inv_2', 2], ['inv_2', 2]), 1],
    ['confirm_order', lines(['inv_1', 4], ['inv_2', 4], ['inv_3', 1]), 3],
    ['release_order', lines(['inv_9', 1], ['inv_1', 9]), 'Inventory record not found.'],
  ] as const)('%s of the lines %j → %s', (kind, lines, outcome) => {
    const text =
      typeof outcome === 'string'
        ? outcome
        : `Cannot ${kind.split('_')[0]} the order. ${outcome === 1 ? '1 line asks' : `${outcome} lines ask`} for more units than are currently reserved for B.`;
    expect(said(decide({ kind, ...who, reference: 'B', lines }, held))).toBe(text);
  });

  test.each([
    [true, 'INSUFFICIENT_RESERVED'],
    [false, 'ORDER_NOT_HELD'],
  ])('a line of nothing, of an order that holds something elsewhere: %s → %s', (heldElsewhere, reason) => {
    const command = { kind: 'release_order', ...who, reference: 'C', lines: lines(['inv_1', 1]) } as const;
    const view = world([record('inv_1', 10)], { heldElsewhere });
    expect(decide(command, view)).toMatchObject({ accepted: false, rejection: { reason } });
  });

  test.each([
    ['release_order', 'RELEASED', 0],
    ['confirm_order', 'SOLD', -1],
  ] as const)('%s: one entry %s a record, and the answer says what ended', (kind, action, sign) => {
    const decision = decide({ kind, ...who, reference: 'B' }, held);
    expect(decision.accepted && decision.changes.records.map(({ movement }) => movement)).toMatchObject(
      ['inv_1', 'inv_2'].map((inventoryId) => ({
        inventoryId,
        revision: REVISION + 1,
        action,
        onHandDelta: sign === 0 ? 0 : -3,
        reservedDelta: -3,
        reference: 'B',
        notes: 'why',
        actor: 'ann',
      })),
    );
    expect(decision).toMatchObject({
      success: {
        ended: [
          { id: 'inv_1', qty: 3 },
          { id: 'inv_2', qty: 3 },
        ],
        stocks: [
          { id: 'inv_1', onHandQty: 10 + 3 * sign, reservedQty: 2 },
          { id: 'inv_2', onHandQty: 3 + 3 * sign, reservedQty: 0 },
        ],
      },
    });
  });

  const last = (
    action: 'RESERVED' | 'RELEASED' | 'SOLD',
    actor = 'ann',
    notes = '',
  ): OrderView['endedBy'] => ({
    action,
    actor,
    notes,
  });
  test.each<[string, OrderView['endedBy'], string]>([
    ['never held', undefined, 'ORDER_NOT_HELD'],
    ['released', last('RELEASED'), 'ORDER_ALREADY_RELEASED'],
    ['confirmed', last('SOLD'), 'ORDER_ALREADY_CONFIRMED'],
    ['expired', last('RELEASED', 'system', 'expired'), 'ORDER_EXPIRED'],
    // Only the system's own entry means that the hold expired.
    [
      'released by somebody who notes "expired"',
      last('RELEASED', 'ann', 'expired'),
      'ORDER_ALREADY_RELEASED',
    ],
    ['released by the system', last('RELEASED', 'system'), 'ORDER_ALREADY_RELEASED'],
    ['drawn without its reference, before entries showed that', last('RESERVED'), 'ORDER_NOT_HELD'],
  ])('nothing held any more: %s (%j) → %s', (_, endedBy, reason) => {
    for (const kind of ['release_order', 'confirm_order'] as const) {
      expect(decide({ kind, ...who, reference: 'X' }, world([], { endedBy }))).toEqual({
        accepted: false,
        rejection: { reason, reference: 'X' },
      });
    }
  });

  test('what is held counts, not the last entry', () => {
    const view = world([record('inv_1', 5, [['A', 2]])], { endedBy: last('SOLD') });
    expect(said(decide({ kind: 'release_order', ...who, reference: 'A' }, view))).toBe('inv_1 0 of 5, A=0');
  });

  test.each(['release', 'confirm'] as const)('too large to %s as a whole', (verb) => {
    const command = { kind: `${verb}_order` as const, ...who, reference: 'A' };
    expect(decide(command, world([], { tooLarge: true }))).toEqual({
      accepted: false,
      rejection: {
        reason: 'VALIDATION_FAILED',
        violations: [
          {
            field: 'reference',
            description: `holds units of more than ${ORDER_RECORDS_MAX} records; ${verb} them record by record`,
          },
        ],
      },
    });
  });
});
