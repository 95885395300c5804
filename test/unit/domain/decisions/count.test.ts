import { expect, test } from 'vitest';
import type { CountRecordCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { description, REVISION, record, said, who, world } from '../world.js';

const { lastAdjustedAtMs, lastAdjustedBy, createdAtMs, ...details } = description;
const identity = { productId: 'prod_1', skuId: 'sku_1', warehouseId: 'wh_1' };

const count = (qty: number): CountRecordCommand => ({
  kind: 'count_record',
  ...who,
  newId: 'inv_new',
  qty,
  details: { ...details, location: 'Z-9' },
  reference: 'COUNT-1',
});

const there = (onHandQty: number) =>
  world([record('inv_1', onHandQty, [['A', 2]])], { taken: { id: 'inv_1', ...identity } });

test.each<[number, string, string, number]>([
  // counted, of 10 of which 2 are reserved → what changes, and by how many
  [10, '', 'unchanged', 0],
  [11, 'inv_1 2 of 11', 'adjusted', 1],
  [3, 'inv_1 2 of 3', 'adjusted', -7],
  [2, 'inv_1 2 of 2', 'adjusted', -8],
  [QTY_MAX, `inv_1 2 of ${QTY_MAX}`, 'adjusted', QTY_MAX - 10],
])('%i counted of 10 → %s', (qty, outcome, effect, difference) => {
  const decision = decide(count(qty), there(10));
  expect(said(decision)).toBe(outcome);
  expect(decision).toMatchObject({ success: { counted: { id: 'inv_1', effect, difference } } });
});

test.each([
  [1, 'Adjustment would leave 1 unit on hand, but 2 units are reserved.'],
  [0, 'Adjustment would leave 0 units on hand, but 2 units are reserved.'],
])('%i counted where 2 are reserved is refused with the figures', (qty, message) => {
  const decision = decide(count(qty), there(10));
  expect(said(decision)).toBe(message);
  expect(decision).toMatchObject({
    rejection: { reason: 'NEGATIVE_STOCK', onHand: 10, reserved: 2, change: qty - 10 },
  });
});

test('the entry tells the difference', () => {
  expect(decide(count(3), there(10))).toMatchObject({
    changes: {
      records: [
        {
          movement: {
            action: 'ADJUSTED',
            revision: REVISION + 1,
            onHandDelta: -7,
            reservedDelta: 0,
            reference: 'COUNT-1',
            notes: 'why',
            actor: 'ann',
          },
        },
      ],
    },
  });
});

test.each([0, 7, QTY_MAX])('%i counted of what there is no record of: created with them', (qty) => {
  expect(decide(count(qty), world([record('inv_1', 10)]))).toMatchObject({
    changes: {
      created: {
        stock: { id: 'inv_new', onHandQty: qty, reservedQty: 0, revision: 1 },
        movement: { action: 'RECEIVED', onHandDelta: qty },
      },
    },
    success: { counted: { id: 'inv_new', effect: 'created', difference: qty } },
  });
});

test('a description without its stock level is refused', () => {
  expect(decide(count(1), world([], { taken: { id: 'inv_1', ...identity } }))).toMatchObject({
    rejection: { reason: 'INVENTORY_NOT_FOUND' },
  });
});
