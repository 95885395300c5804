import { expect, test } from 'vitest';
import type { CountRecordCommand, SetOnHandCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { Decision, RecordView } from '../../../../src/domain/decisions/decision.js';
import type { AdjustedSuccess } from '../../../../src/domain/outcome.js';
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

test.each<[string, number, string]>([
  ['no id', 3, 'inv_1 2 of 3'],
  ['inv_1', 3, 'inv_1 2 of 3'],
  ['inv_2', 3, 'An inventory record for this product already exists in the specified warehouse.'],
])('a line that names %s', (id, qty, outcome) => {
  expect(said(decide({ ...count(qty), ...(id === 'no id' ? {} : { id }) }, there(10)))).toBe(outcome);
});

test('a line whose id is another product’s', () => {
  const decision = decide({ ...count(3), id: 'inv_1' }, world([record('inv_1', 10)]));
  expect(said(decision)).toBe('An inventory record inv_1 already exists.');
});

/** Of 10 on hand: held by A, then nobody, then B, then C. */
const shelf = world([
  record('inv_1', 10, [
    ['A', 3],
    ['', 1],
    ['B', 4],
    ['C', 2],
  ]),
]);
const set = (qty: number, more: Partial<SetOnHandCommand> = {}): Decision<RecordView, AdjustedSuccess> =>
  decide(
    {
      kind: 'set_on_hand',
      ...who,
      id: 'inv_1',
      qty,
      reference: 'COUNT-1',
      expectedOnHandQty: undefined,
      releaseShortfall: true,
      ...more,
    },
    shelf,
  );

test.each<[number, Partial<SetOnHandCommand>, string]>([
  [12, {}, 'inv_1 10 of 12'],
  [10, {}, ''],
  [10, { expectedOnHandQty: 7 }, ''],
  [11, { expectedOnHandQty: 7 }, 'Expected 7 units on hand, but there are 10.'],
  [9, { releaseShortfall: false }, 'Adjustment would leave 9 units on hand, but 10 units are reserved.'],
  [9, { id: 'inv_none' }, 'Inventory record not found.'],
  [9, {}, 'inv_1 9 of 10, C=1; inv_1 9 of 9'],
  [8, {}, 'inv_1 8 of 10, C=0; inv_1 8 of 8'],
  [4, {}, 'inv_1 8 of 10, C=0; inv_1 4 of 10, B=0; inv_1 4 of 4'],
  [2, {}, 'inv_1 8 of 10, C=0; inv_1 4 of 10, B=0; inv_1 3 of 10, =0; inv_1 2 of 10, A=2; inv_1 2 of 2'],
])('%i counted on a shelf of 10 that are held, %j → %s', (qty, more, outcome) => {
  expect(said(set(qty, more))).toBe(outcome);
});

test('the answer names the holds that lose units, those opened last first', () => {
  expect(set(3)).toMatchObject({
    success: {
      adjusted: [
        {
          onHandQty: 3,
          reservedQty: 3,
          shortfall: [
            { reference: 'C', qty: 2 },
            { reference: 'B', qty: 4 },
            { reference: '', qty: 1 },
          ],
        },
      ],
    },
  });
});

test('each hold that loses units has an entry, and the count one', () => {
  const decision = set(7);
  expect(decision.accepted && decision.changes.records.map(({ movement }) => movement)).toMatchObject([
    {
      revision: REVISION + 1,
      action: 'RELEASED',
      reservedDelta: -2,
      reference: 'C',
      notes: 'shortfall',
      actor: 'ann',
    },
    {
      revision: REVISION + 2,
      action: 'RELEASED',
      reservedDelta: -1,
      reference: 'B',
      notes: 'shortfall',
      actor: 'ann',
    },
    {
      revision: REVISION + 3,
      action: 'ADJUSTED',
      onHandDelta: -3,
      reference: 'COUNT-1',
      notes: 'why',
      actor: 'ann',
    },
  ]);
});

test('a count that was right says who last changed the units', () => {
  expect(set(10)).toMatchObject({ success: { adjusted: [{ lastAdjustedAtMs: 1, lastAdjustedBy: 'bob' }] } });
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

test.each([0, 7, QTY_MAX])('%i counted where there is no record: it is created with them', (qty) => {
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
