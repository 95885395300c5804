import { describe, expect, test } from 'vitest';
import type { AdjustmentLine, Command } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { NOW_MS, REVISION, record, said, who, world } from '../world.js';

const { merchantId, actor } = who;

/** `inv_1 -3`, `inv_1 -3 if 10`; `inv_1 -3!` takes what is missing from holds. */
function lineOf(text: string): AdjustmentLine {
  const [, id, qty, release, expected] = /^(\w+) ([+-]\d+)(!)?(?: if (\d+))?$/.exec(text)!;
  const expectedOnHandQty = expected === undefined ? undefined : Number(expected);
  return {
    id: id!,
    qty: Number(qty),
    action: 'ADJUSTED',
    reference: 'PO-1',
    notes: 'count',
    expectedOnHandQty,
    releaseShortfall: release !== undefined,
  };
}

const adjust = (text: string): Command => ({ kind: 'adjust', merchantId, actor, ...lineOf(text) });

const batch = (text: string): Command => ({
  kind: 'batch_adjust',
  merchantId,
  actor,
  lines: text.split(', ').map(lineOf),
});

/** 10 on hand and 4 of them held; 3 on hand; as many on hand as a record can have. */
const shop = world([record('inv_1', 10, [['A', 4]]), record('inv_2', 3), record('inv_full', QTY_MAX)]);

describe('one adjustment', () => {
  test.each([
    ['inv_1 +1', 'inv_1 4 of 11'],
    ['inv_1 -1', 'inv_1 4 of 9'],
    ['inv_1 -6', 'inv_1 4 of 4'],
    ['inv_1 -7', 'Adjustment would leave 3 units on hand, but 4 units are reserved.'],
    ['inv_1 -10', 'Adjustment would leave 0 units on hand, but 4 units are reserved.'],
    ['inv_1 -11', 'Adjustment would result in negative stock. Current on-hand: 10, requested change: -11.'],
    ['inv_1 -6!', 'inv_1 4 of 4'],
    ['inv_1 -7!', 'inv_1 3 of 10, A=3; inv_1 3 of 3'],
    ['inv_1 -10!', 'inv_1 0 of 10, A=0; inv_1 0 of 0'],
    ['inv_1 -11!', 'Adjustment would result in negative stock. Current on-hand: 10, requested change: -11.'],
    ['inv_1 -7! if 9', 'Expected 9 units on hand, but there are 10.'],
    ['inv_2 -3', 'inv_2 0 of 0'],
    ['inv_2 -4', 'Adjustment would result in negative stock. Current on-hand: 3, requested change: -4.'],
    [
      `inv_2 -${QTY_MAX}`,
      `Adjustment would result in negative stock. Current on-hand: 3, requested change: -${QTY_MAX}.`,
    ],
    [`inv_2 +${QTY_MAX - 3}`, `inv_2 0 of ${QTY_MAX}`],
    [`inv_2 +${QTY_MAX - 2}`, 'Validation error'],
    ['inv_full +1', 'Validation error'],
    ['inv_none +1', 'Inventory record not found.'],
    // The caller states the quantity that it saw.
    ['inv_1 -1 if 10', 'inv_1 4 of 9'],
    ['inv_1 -1 if 9', 'Expected 9 units on hand, but there are 10.'],
    ['inv_1 -1 if 1', 'Expected 1 unit on hand, but there are 10.'],
    ['inv_2 -3 if 0', 'Expected 0 units on hand, but there are 3.'],
    // The order of failures: first the stale quantity, then missing units, then bounds.
    ['inv_1 -11 if 9', 'Expected 9 units on hand, but there are 10.'],
    ['inv_full +1 if 9', `Expected 9 units on hand, but there are ${QTY_MAX}.`],
    ['inv_none +1 if 9', 'Inventory record not found.'],
  ])('%s → %s', (text, outcome) => {
    expect(said(decide(adjust(text), shop))).toBe(outcome);
  });

  test.each(['RECEIVED', 'SOLD', 'ADJUSTED', 'DAMAGED', 'RETURNED'] as const)(
    '%s is the entry’s action, whatever the sign',
    (action) => {
      const decision = decide({ ...adjust('inv_1 +2'), action } as Command, shop);
      expect(decision.accepted && decision.changes.records[0]).toMatchObject({
        stock: { onHandQty: 12, reservedQty: 4, revision: REVISION + 1, nextExpiryAtMs: null },
        holds: [],
        movement: {
          inventoryId: 'inv_1',
          revision: REVISION + 1,
          action,
          onHandDelta: 2,
          reservedDelta: 0,
          reference: 'PO-1',
          notes: 'count',
          actor: 'ann',
        },
      });
    },
  );

  test('the answer has what the caller needs to show the record', () => {
    expect(decide(adjust('inv_1 +2'), shop)).toMatchObject({
      success: {
        adjusted: [
          {
            id: 'inv_1',
            onHandQty: 12,
            reservedQty: 4,
            productId: 'prod_1',
            warehouseId: 'wh_1',
            warehouseName: 'North',
            lastAdjustedAtMs: NOW_MS,
            lastAdjustedBy: 'ann',
          },
        ],
      },
    });
  });

  test('too many units: by field', () => {
    const description = `must not bring the units on hand above ${QTY_MAX}`;
    expect(decide(adjust('inv_full +1'), shop)).toEqual({
      accepted: false,
      rejection: { reason: 'VALIDATION_FAILED', violations: [{ field: 'qty', description }] },
    });
  });
});

describe('several adjustments, each on what those before it left', () => {
  test.each([
    ['inv_1 +1, inv_2 -1', 'inv_1 4 of 11; inv_2 0 of 2'],
    ['inv_2 +1, inv_2 +1', 'inv_2 0 of 4; inv_2 0 of 5'],
    // Possible only in this order.
    ['inv_2 +1, inv_2 -4', 'inv_2 0 of 4; inv_2 0 of 0'],
    [
      'inv_2 -4, inv_2 +1',
      'Adjustment would result in negative stock. Current on-hand: 3, requested change: -4.',
    ],
    ['inv_full -1, inv_full +1', `inv_full 0 of ${QTY_MAX - 1}; inv_full 0 of ${QTY_MAX}`],
    ['inv_full +1, inv_full -1', 'Validation error'],
    // A line sees what the lines before it took from holds.
    ['inv_1 -7!, inv_1 -1!', 'inv_1 3 of 10, A=3; inv_1 3 of 3; inv_1 2 of 3, A=2; inv_1 2 of 2'],
    ['inv_1 -7!, inv_1 -1', 'Adjustment would leave 2 units on hand, but 3 units are reserved.'],
    // A line must expect what the lines before it left.
    ['inv_2 +1 if 3, inv_2 +1 if 4', 'inv_2 0 of 4; inv_2 0 of 5'],
    ['inv_2 +1 if 3, inv_2 +1 if 3', 'Expected 3 units on hand, but there are 4.'],
    ['inv_1 +1, inv_none +1', 'Inventory record not found.'],
    ['inv_2 -4, inv_none +1 if 9', 'Inventory record not found.'],
    // The same order of failures, whichever line comes first.
    ['inv_2 -4, inv_1 +1 if 9', 'Expected 9 units on hand, but there are 10.'],
    [
      'inv_full +1, inv_2 -4',
      'Adjustment would result in negative stock. Current on-hand: 3, requested change: -4.',
    ],
    ['inv_full +1, inv_1 -7', 'Adjustment would leave 3 units on hand, but 4 units are reserved.'],
    ['inv_full +1, inv_1 -7, inv_2 +1 if 4', 'Expected 4 units on hand, but there are 3.'],
  ])('%s → %s', (text, outcome) => {
    expect(said(decide(batch(text), shop))).toBe(outcome);
  });

  test('of one record: a log entry and a revision each', () => {
    const decision = decide(batch('inv_2 +1, inv_1 +1, inv_2 -2'), shop);
    expect(
      decision.accepted &&
        decision.changes.records.map(({ movement }) => [
          movement.inventoryId,
          movement.revision,
          movement.onHandDelta,
          movement.notes,
        ]),
    ).toEqual([
      ['inv_2', REVISION + 1, 1, 'count'],
      ['inv_1', REVISION + 1, 1, 'count'],
      ['inv_2', REVISION + 2, -2, 'count'],
    ]);
    expect(decision.accepted && decision.success).toMatchObject({
      adjusted: [
        { id: 'inv_2', onHandQty: 4 },
        { id: 'inv_1', onHandQty: 11 },
        { id: 'inv_2', onHandQty: 2 },
      ],
    });
  });

  test.each([
    // All stale lines, by place. A line that fails changes nothing for the lines after it.
    [
      'inv_2 +1 if 9, inv_1 +1, inv_2 +1 if 8, inv_2 +1 if 3',
      {
        reason: 'STALE_QUANTITY',
        expected: 9,
        onHand: 3,
        lines: [
          { line: 0, id: 'inv_2', expected: 9, onHand: 3 },
          { line: 2, id: 'inv_2', expected: 8, onHand: 3 },
        ],
      },
    ],
    [
      'inv_1 +1, inv_2 -4, inv_2 -3, inv_1 -8',
      {
        reason: 'NEGATIVE_STOCK',
        onHand: 3,
        reserved: 0,
        change: -4,
        lines: [
          { line: 1, id: 'inv_2', onHand: 3, reserved: 0, change: -4 },
          { line: 3, id: 'inv_1', onHand: 11, reserved: 4, change: -8 },
        ],
      },
    ],
    [
      'inv_full +2, inv_1 +1, inv_full +3',
      {
        reason: 'VALIDATION_FAILED',
        violations: [0, 2].map((line) => ({
          field: `lines[${line}].qty`,
          description: `must not bring the units on hand above ${QTY_MAX}`,
        })),
      },
    ],
    ['inv_z +1, inv_1 +1, inv_y +1, inv_z +1', { reason: 'INVENTORY_NOT_FOUND', ids: ['inv_z', 'inv_y'] }],
  ])('%s → all that fail for the reason that comes first: %j', (text, rejection) => {
    expect(decide(batch(text), shop)).toEqual({ accepted: false, rejection });
  });
});
