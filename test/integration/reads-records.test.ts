import { describe, expect } from 'vitest';
import type { InventoryRecord } from '../../src/domain/inventory-record.js';
import type { ReadResult } from '../../src/service/reads/read-result.js';
import { test } from '../support/fixtures.js';
import {
  callOf,
  MERCHANT,
  NOON_MS,
  OTHER_MERCHANT,
  type ReadsStage,
  type SeedEntry,
  type SeedHold,
  shown,
} from '../support/reads-stage.js';

test.beforeEach(({ readsStage }) => readsStage.clear());

const firstPage = { page: 0, pageToken: '' };

/** Each read, as a function that returns the record with this id, or nothing. */
const everyRead: Readonly<Record<string, (stage: ReadsStage, id: string) => Promise<InventoryRecord[]>>> = {
  GetInventory: async ({ reads }, id) => {
    const result = await reads.getInventory(callOf(), id);
    return result.ok ? [result.value] : [];
  },
  ListInventory: async ({ reads }) => [...shown(await reads.listInventory(callOf(), firstPage)).content],
  'ListInventory by token': async ({ reads, seed }) => {
    await seed(MERCHANT, { id: '0', onHandQty: 0, reservedQty: 0 });
    const first = shown(await reads.listInventory(callOf(), { ...firstPage, limit: 1 }));
    if (first.nextPageToken === '') return [];
    const { nextPageToken: pageToken } = first;
    return [...shown(await reads.listInventory(callOf(), { page: 0, pageToken })).content];
  },
  ListInventoryByProduct: async ({ reads }) => shown(await reads.listInventoryByProduct(callOf(), 'shirt')),
  ListInventoryBySku: async ({ reads }) => shown(await reads.listInventoryBySku(callOf(), 'shirt-red')),
  ListLowStock: async ({ reads }) => shown(await reads.listLowStock(callOf(), { afterId: '' })),
};

const details = {
  productId: 'shirt',
  skuId: 'shirt-red',
  warehouseId: 'wh_1',
  warehouseName: 'North',
  location: 'A-1',
  reorderLevel: 100,
  reorderQty: 500,
  variantAttributes: { colour: 'red', größe: 'M' },
};

describe.each(Object.entries(everyRead))('%s', (_, read) => {
  test('shows the whole record', async ({ readsStage: stage }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty: 9, reservedQty: 4, details });
    const [record, ...others] = await read(stage, 'a');
    expect(others).toEqual([]);
    const { createdAtMs, updatedAtMs, lastAdjustedAtMs, ...rest } = record!;
    expect(rest).toEqual({ id: 'a', ...details, onHandQty: 9, reservedQty: 4, lastAdjustedBy: 'system' });
    for (const ms of [createdAtMs, updatedAtMs, lastAdjustedAtMs]) {
      expect(Math.abs(ms - Date.now())).toBeLessThan(3_600_000);
    }
  });

  // [holds, reserved]
  test.for<[string, Omit<SeedHold, 'id'>[], number]>([
    ['no expiry', [{ reference: 'A', qty: 3 }], 3],
    ['one to come', [{ reference: 'A', qty: 3, expiresIn: 600 }], 3],
    ['one past', [{ reference: 'A', qty: 3, expiresIn: -1 }], 0],
    [
      'one past, one to come, one without',
      [
        { reference: 'A', qty: 3, expiresIn: -1 },
        { reference: 'B', qty: 4, expiresIn: 600 },
        { reference: 'C', qty: 5 },
      ],
      9,
    ],
    [
      'two past',
      [
        { reference: 'A', qty: 3, expiresIn: -1 },
        { reference: 'B', qty: 4, expiresIn: -3600 },
      ],
      0,
    ],
  ])(
    'an expired hold is not reserved, swept or not: %s',
    async ([_, holds, expected], { readsStage: stage }) => {
      await stage.seed(MERCHANT, { id: 'a', onHandQty: 20, reservedQty: 0, details });
      await stage.hold(...holds.map((hold) => ({ id: 'a', ...hold })));
      expect(await read(stage, 'a')).toMatchObject([{ onHandQty: 20, reservedQty: expected }]);
    },
  );

  test('a bound of the next expiry that is too low costs one more look, and changes no figure', async ({
    readsStage: stage,
  }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty: 20, reservedQty: 0, details });
    await stage.hold({ id: 'a', reference: 'A', qty: 3, expiresIn: 600 });
    await stage.database.query("UPDATE stock_levels SET next_expiry_at = now() - interval '1 day'");
    expect(await read(stage, 'a')).toMatchObject([{ reservedQty: 3 }]);
  });

  test('another merchant’s record does not exist', async ({ readsStage: stage }) => {
    await stage.seed(OTHER_MERCHANT, { id: 'a', onHandQty: 9, reservedQty: 4, details });
    expect(await read(stage, 'a')).toEqual([]);
  });

  test('holds and log of another merchant’s record of the same id play no part', async ({
    readsStage: stage,
  }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty: 20, reservedQty: 0, details });
    await stage.hold({ id: 'a', reference: 'A', qty: 3, expiresIn: -1 });
    await stage.log({ id: 'a', revision: 2, action: 'SOLD', actor: 'bob', minute: 9e6 });
    await stage.database.query('UPDATE holds SET merchant_id = $1', [OTHER_MERCHANT]);
    await stage.database.query("UPDATE movement_log SET merchant_id = $1 WHERE action = 'SOLD'", [
      OTHER_MERCHANT,
    ]);
    expect(await read(stage, 'a')).toMatchObject([{ reservedQty: 3, lastAdjustedBy: 'system' }]);
  });
});

describe('who changed it last, and when', () => {
  const created: SeedEntry = { id: 'a', revision: 1, action: 'RECEIVED', actor: 'eve', minute: 0 };
  const at = (minute: number): number => NOON_MS + minute * 60_000;
  // [entries after the first, last adjusted at minute, by, updated at minute]
  test.for<[string, Omit<SeedEntry, 'id'>[], number, string, number]>([
    ['only created', [], 0, 'eve', 0],
    ['a reserve', [{ revision: 2, action: 'RESERVED', actor: 'bob', minute: 5 }], 0, 'eve', 5],
    ['a release', [{ revision: 2, action: 'RELEASED', actor: 'bob', minute: 5 }], 0, 'eve', 5],
    ['an adjustment', [{ revision: 2, action: 'DAMAGED', actor: 'bob', minute: 5 }], 5, 'bob', 5],
    ['a confirmed order', [{ revision: 2, action: 'SOLD', actor: 'bob', minute: 5 }], 5, 'bob', 5],
    [
      'an adjustment, then a reserve',
      [
        { revision: 2, action: 'RETURNED', actor: 'bob', minute: 5 },
        { revision: 3, action: 'RESERVED', actor: 'ann', minute: 6 },
      ],
      5,
      'bob',
      6,
    ],
    // Revisions say what came last, since a clock may have been set back.
    [
      'a later one with an earlier time',
      [
        { revision: 2, action: 'ADJUSTED', actor: 'bob', minute: 5 },
        { revision: 3, action: 'ADJUSTED', actor: 'ann', minute: 4 },
      ],
      4,
      'ann',
      4,
    ],
  ])('%s', async ([_, entries, adjustedAt, adjustedBy, updatedAt], { readsStage: stage }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty: 5, reservedQty: 0 });
    await stage.database.query('TRUNCATE movement_log');
    await stage.database.query(
      'UPDATE inventory_records SET created_at = to_timestamp($1), updated_at = to_timestamp($1)',
      [at(0) / 1000],
    );
    await stage.log(created, ...entries.map((entry) => ({ id: 'a', ...entry })));
    const record = shown(await stage.reads.getInventory(callOf(), 'a'));
    expect(record).toMatchObject({
      createdAtMs: at(0),
      lastAdjustedAtMs: at(adjustedAt),
      lastAdjustedBy: adjustedBy,
      updatedAtMs: at(updatedAt),
    });
  });

  test('a change of its description updates it too', async ({ readsStage: stage }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty: 5, reservedQty: 0 });
    await stage.database.query("UPDATE inventory_records SET updated_at = '2100-01-01T00:00:00.123Z'");
    const { updatedAtMs } = shown(await stage.reads.getInventory(callOf(), 'a'));
    expect(updatedAtMs).toBe(Date.UTC(2100, 0, 1, 0, 0, 0, 123));
  });
});

describe('low stock', () => {
  // [on hand, reserved, expired, reorder level]
  test.for<[string, number, number, number, number, string]>([
    ['none left, level 0', 0, 0, 0, 0, 'low'],
    ['one left, level 0', 1, 0, 0, 0, 'not'],
    ['as many as the level', 5, 0, 0, 5, 'low'],
    ['one more than the level', 6, 0, 0, 5, 'not'],
    ['one less than the level', 4, 0, 0, 5, 'low'],
    ['reserved down to the level', 9, 4, 0, 5, 'low'],
    ['reserved to one above it', 9, 3, 0, 5, 'not'],
    ['expiry lifts it to the level', 9, 3, 1, 6, 'low'],
    ['expiry lifts it above the level', 9, 3, 1, 5, 'not'],
    ['the largest quantities', 2147483647, 2147483647, 0, 0, 'low'],
    ['the largest level', 2147483647, 0, 0, 2147483647, 'low'],
  ])('%s', async ([_, onHandQty, reserved, expired, reorderLevel, expected], { readsStage: stage }) => {
    await stage.seed(MERCHANT, { id: 'a', onHandQty, reservedQty: 0, details: { reorderLevel } });
    if (reserved > 0) await stage.hold({ id: 'a', reference: 'A', qty: reserved });
    if (expired > 0) await stage.hold({ id: 'a', reference: 'B', qty: expired, expiresIn: -1 });
    const low = shown(await stage.reads.listLowStock(callOf(), { afterId: '' }));
    expect(low.map(({ id }) => id)).toEqual(expected === 'low' ? ['a'] : []);
  });

  test.for<[string, number | undefined, string[]]>([
    ['', undefined, ['a', 'b', 'c', 'd']],
    ['', 2, ['a', 'b']],
    ['b', 2, ['c', 'd']],
    ['bb', 1, ['c']],
    ['d', undefined, []],
  ])('after %j, limit %j', async ([afterId, limit, expected], { readsStage: stage }) => {
    const ids = ['d', 'b', 'a', 'c'];
    await stage.seed(MERCHANT, ...ids.map((id) => ({ id, onHandQty: 0, reservedQty: 0 })));
    await stage.seed(MERCHANT, { id: 'bz', onHandQty: 1, reservedQty: 0 });
    const low = shown(await stage.reads.listLowStock(callOf(), { afterId, limit }));
    expect(low.map(({ id }) => id)).toEqual(expected);
  });
});

test('the reorder level next to the quantities follows the record’s own', async ({ readsStage: stage }) => {
  await stage.seed(MERCHANT, { id: 'a', onHandQty: 5, reservedQty: 0, details: { reorderLevel: 4 } });
  await stage.seed(OTHER_MERCHANT, {
    id: 'a',
    onHandQty: 5,
    reservedQty: 0,
    details: { reorderLevel: 9 },
  });
  const levels = await stage.database.query(
    'SELECT merchant_id, reorder_level, low FROM stock_levels ORDER BY merchant_id',
  );
  expect(levels).toEqual([
    { merchant_id: MERCHANT, reorder_level: 4, low: false },
    { merchant_id: OTHER_MERCHANT, reorder_level: 9, low: true },
  ]);
});

test('a product’s records come in order of SKU and warehouse, a SKU’s in order of id', async ({
  readsStage: stage,
}) => {
  const place = (id: string, skuId: string, warehouseId: string, productId = 'p') => ({
    id,
    onHandQty: 1,
    reservedQty: 0,
    details: { productId, skuId, warehouseId },
  });
  await stage.seed(
    MERCHANT,
    place('a', 'red', 'w2'),
    place('b', '', 'w2'),
    place('c', 'blue', 'w1'),
    place('d', 'red', 'w1'),
    place('e', '', 'w1'),
    place('f', 'red', 'w1', 'q'),
  );
  const idsOf = (result: ReadResult<InventoryRecord[]>) => shown(result).map(({ id }) => id);
  expect(idsOf(await stage.reads.listInventoryByProduct(callOf(), 'p'))).toEqual(['e', 'b', 'c', 'd', 'a']);
  expect(idsOf(await stage.reads.listInventoryBySku(callOf(), 'red'))).toEqual(['a', 'd', 'f']);
  expect(idsOf(await stage.reads.listInventoryByProduct(callOf(), 'none'))).toEqual([]);
  expect(idsOf(await stage.reads.listInventoryBySku(callOf(), 'none'))).toEqual([]);
});

test('what a merchant has set', async ({ readsStage: stage }) => {
  expect(shown(await stage.reads.getSettings(callOf()))).toEqual({ defaultTtlSeconds: 0 });
  await stage.database.query('UPDATE merchants SET default_ttl_seconds = 900 WHERE merchant_id = $1', [
    MERCHANT,
  ]);
  expect(shown(await stage.reads.getSettings(callOf()))).toEqual({ defaultTtlSeconds: 900 });
  expect(shown(await stage.reads.getSettings(callOf(OTHER_MERCHANT)))).toEqual({ defaultTtlSeconds: 0 });
});
