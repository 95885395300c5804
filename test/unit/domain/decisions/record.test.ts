import { describe, expect, test } from 'vitest';
import type { CreateRecordCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { RecordIdentity } from '../../../../src/domain/inventory-record.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { description, NOW_MS, record, said, who, world } from '../world.js';

const { lastAdjustedAtMs, lastAdjustedBy, createdAtMs, ...details } = description;
const { merchantId, actor } = who;

describe('create', () => {
  const create = (initialQty: number): CreateRecordCommand => ({
    kind: 'create_record',
    ...who,
    id: 'inv_new',
    initialQty,
    details,
  });
  const identity: RecordIdentity = { productId: 'prod_1', skuId: 'sku_1', warehouseId: 'wh_1' };
  const twice = 'An inventory record for this product already exists in the specified warehouse.';
  const negative = (qty: number): string =>
    `Adjustment would result in negative stock. Current on-hand: 0, requested change: ${qty}.`;

  test.each<[number, Partial<RecordIdentity> | undefined, string]>([
    // units, what there is of product, SKU and warehouse → outcome
    [0, undefined, 'created'],
    [7, undefined, 'created'],
    [QTY_MAX, undefined, 'created'],
    [7, { productId: 'prod_2' }, 'created'],
    [7, { skuId: '' }, 'created'],
    [7, { warehouseId: 'wh_2' }, 'created'],
    [7, {}, twice],
    [0, {}, twice],
    [-1, undefined, negative(-1)],
    [-QTY_MAX - 1, undefined, negative(-QTY_MAX - 1)],
    // What is wrong with the call comes before what is there.
    [-1, {}, negative(-1)],
  ])('%i units with %j there → %s', (initialQty, there, outcome) => {
    const rest = there === undefined ? {} : { taken: { id: 'inv_1', ...identity, ...there } };
    const decision = decide(create(initialQty), world([], rest));
    expect(decision.accepted ? 'created' : said(decision)).toBe(outcome);
  });

  test('under an id that is taken: refused by its name, before its place is looked at', () => {
    const rest = { taken: { id: 'inv_1', ...identity } };
    const decision = decide({ ...create(7), id: 'inv_2' }, world([record('inv_2', 1)], rest));
    expect(decision).toEqual({
      accepted: false,
      rejection: { reason: 'INVENTORY_ALREADY_EXISTS', id: 'inv_2' },
    });
    expect(said(decision)).toBe('An inventory record inv_2 already exists.');
  });

  test.each([0, 7])('with %i units: the record, its entry, and the answer', (initialQty) => {
    const times = { lastAdjustedAtMs: NOW_MS, lastAdjustedBy: 'ann', createdAtMs: NOW_MS };
    expect(decide(create(initialQty), world([]))).toEqual({
      accepted: true,
      changes: {
        records: [],
        created: {
          stock: { id: 'inv_new', onHandQty: initialQty, reservedQty: 0, revision: 1, nextExpiryAtMs: null },
          description: { ...details, ...times },
          movement: {
            inventoryId: 'inv_new',
            revision: 1,
            action: 'RECEIVED',
            onHandDelta: initialQty,
            reservedDelta: 0,
            reference: '',
            notes: 'why',
            actor: 'ann',
          },
        },
      },
      success: {
        record: {
          id: 'inv_new',
          onHandQty: initialQty,
          reservedQty: 0,
          ...details,
          ...times,
          updatedAtMs: NOW_MS,
        },
      },
    });
  });
});

describe('update', () => {
  test.each([
    [{}],
    [{ location: '' }],
    [{ location: 'B-2' }],
    [{ warehouseName: 'South', reorderLevel: 0, reorderQty: QTY_MAX }],
    // A map is replaced as a whole.
    [{ variantAttributes: {} }],
    [{ variantAttributes: { colour: 'red' } }],
  ])('%j: all else stays, and no quantity changes', (update) => {
    const on = record('inv_1', 10, [['A', 4]]);
    const decision = decide({ kind: 'update_record', merchantId, actor, id: 'inv_1', update }, world([on]));
    const changed = { ...description, ...update };
    expect(decision).toEqual({
      accepted: true,
      changes: { records: [], described: { record: on, description: changed } },
      success: { record: { id: 'inv_1', onHandQty: 10, reservedQty: 4, ...changed, updatedAtMs: NOW_MS } },
    });
  });

  test('no such record → INVENTORY_NOT_FOUND', () => {
    const command = { kind: 'update_record', merchantId, actor, id: 'inv_2', update: {} } as const;
    expect(decide(command, world([record('inv_1', 1)]))).toEqual({
      accepted: false,
      rejection: { reason: 'INVENTORY_NOT_FOUND' },
    });
  });
});
