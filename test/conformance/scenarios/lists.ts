import { expect } from 'vitest';
import type { JsonRequest } from '../../support/doors.js';
import { inSeconds, justNow } from '../matchers.js';
import { Bound, type Scenario } from '../scenario.js';
import {
  call,
  hold,
  holds,
  ID,
  invalid,
  listHolds,
  now,
  ok,
  onlyPage,
  pass,
  record,
  recordData,
  release,
  reserve,
  token,
} from './words.js';

const next = new Bound('next');
const bindNext = { bind: { next: 'nextPageToken' } };
const notOurs = { pageToken: 'must be the nextPageToken of an answer to the same request' };

const ids = ['rec_A', 'rec_a', 'rec_b', 'rec_c', 'rec_d'];
const shop = ids.map((id, i) => record(10 + i, i, id));
const data = ids.map((id, i) => recordData(10 + i, i, id));
const page = (content: unknown[], numbers: { page: number; limit: number }, nextPageToken: unknown) =>
  ok({ content, ...numbers, totalElements: 5, nextPageToken });

const hat = (id: string, skuId: string, warehouseId: string) =>
  [
    record(5, 1, id, { productId: 'hat', skuId, warehouseId }),
    recordData(5, 1, id, {
      productId: 'hat',
      skuId: skuId === '' ? null : skuId,
      warehouseId,
    }),
  ] as const;
const hatNone = hat('inv_4', '', 'wh-1');
const hatA1 = hat('inv_3', 'a', 'wh-1');
const hatA2 = hat('inv_1', 'a', 'wh-2');
const hatB1 = hat('inv_2', 'b', 'wh-1');
const hats = [hatNone, hatA1, hatA2, hatB1];

const shirt = recordData(5, 5, 'inv_shirt', { productId: 'shirt', warehouseId: 'wh-1' });

const list = (filter: JsonRequest, ...content: object[]) =>
  call('ListInventory', filter, onlyPage(...content));
const many = (request: JsonRequest, records: object[], missing: string[]) =>
  call('BatchGetInventory', request, ok({ records, missing }));

const heldOrder = (reference: string, heldQty: number, records: number, endsIn?: number) => ({
  reference,
  heldQty,
  records,
  oldestHeldAt: justNow,
  ...(endsIn === undefined ? {} : { nextExpiryAt: inSeconds(endsIn) }),
});
const old = heldOrder('old', 5, 2);
const soon = heldOrder('soon', 2, 1, 60);
const late = heldOrder('late', 3, 1, 600);
const heldOrders = (...content: unknown[]) => ok({ content, limit: 50, nextPageToken: '' });

/** Lists of records, holds and orders. The list of the log is in logs.ts. */
export const lists: readonly Scenario[] = [
  {
    name: 'records by number of page',
    records: shop,
    steps: [
      call('ListInventory', {}, onlyPage(...data)),
      call('ListInventory', { page: 0, limit: 50 }, onlyPage(...data)),
      call('ListInventory', { page: 0, limit: 2 }, page(data.slice(0, 2), { page: 0, limit: 2 }, token)),
      call('ListInventory', { page: 1, limit: 2 }, page(data.slice(2, 4), { page: 1, limit: 2 }, token)),
      call('ListInventory', { page: 2, limit: 2 }, page(data.slice(4), { page: 2, limit: 2 }, '')),
      call('ListInventory', { page: 3, limit: 2 }, page([], { page: 3, limit: 2 }, '')),
      call('ListInventory', { limit: 5 }, page(data, { page: 0, limit: 5 }, '')),
      call('ListInventory', { limit: 200 }, page(data, { page: 0, limit: 200 }, '')),
      call('ListInventory', { page: 2147483647, limit: 200 }, page([], { page: 2147483647, limit: 200 }, '')),
    ],
  },
  {
    name: 'records by token, each once, whatever is added meanwhile',
    records: shop,
    steps: [
      call('ListInventory', { limit: 2 }, page(data.slice(0, 2), { page: 0, limit: 2 }, token), bindNext),
      // New ids begin with inv_, and so are before the place of the walk.
      ...['A', 'B'].map((productId) =>
        call(
          'CreateInventory',
          { productId, warehouseId: 'w', initialQty: 1 },
          ok(expect.objectContaining({ productId })),
        ),
      ),
      call(
        'ListInventory',
        { limit: 2, pageToken: next },
        page(data.slice(2, 4), { page: 1, limit: 2 }, token),
        bindNext,
      ),
    ],
  },
  {
    name: 'a walk by token to its end',
    records: shop,
    steps: [
      call('ListInventory', { limit: 3 }, page(data.slice(0, 3), { page: 0, limit: 3 }, token), bindNext),
      call('ListInventory', { limit: 3, pageToken: next }, page(data.slice(3), { page: 1, limit: 3 }, '')),
      // A token says where to go on, not how far.
      call(
        'ListInventory',
        { limit: 1, pageToken: next },
        page(data.slice(3, 4), { page: 1, limit: 1 }, token),
        bindNext,
      ),
      call('ListInventory', { limit: 1, pageToken: next }, page(data.slice(4), { page: 2, limit: 1 }, '')),
    ],
  },
  {
    name: 'tokens of another list',
    records: shop,
    steps: [
      call('ListInventory', { pageToken: 'sesame' }, invalid(notOurs)),
      call('ListLogs', { limit: 1 }, ok(expect.objectContaining({ totalElements: 9 })), bindNext),
      call('ListInventory', { pageToken: next }, invalid(notOurs)),
      call('ListInventory', { limit: 2 }, page(data.slice(0, 2), { page: 0, limit: 2 }, token), bindNext),
      call('ListInventory', { pageToken: next }, invalid(notOurs), { caller: 'stranger' }),
      call('ListLogs', { pageToken: next }, invalid(notOurs)),
      call('ListHolds', { id: 'rec_a', pageToken: next }, invalid(notOurs)),
      call(
        'ListInventory',
        { page: 1, pageToken: next },
        invalid({ pageToken: 'must not be given together with page' }),
      ),
    ],
  },
  {
    name: 'nothing in stock',
    records: [],
    steps: [
      call('ListInventory', {}, onlyPage()),
      call('ListInventoryByProduct', { productId: 'hat' }, ok([])),
      call('ListInventoryBySku', { skuId: 'a' }, ok([])),
      call('ListLowStock', {}, ok([])),
      call('ListLogs', {}, onlyPage()),
    ],
  },
  {
    name: 'a product’s records, in order of SKU and warehouse',
    records: [...hats.map(([seed]) => seed), record(5, 0, 'inv_shirt', { productId: 'Hat' })],
    steps: [
      call('ListInventoryByProduct', { productId: 'hat' }, ok(hats.map(([, data]) => data))),
      call('ListInventoryByProduct', { productId: 'ha' }, ok([])),
      call('ListInventoryByProduct', { productId: 'h%' }, ok([])),
      call('ListInventoryByProduct', { productId: 'hat' }, ok([]), { caller: 'stranger' }),
    ],
  },
  {
    name: 'records by filter: of a warehouse, a product, a SKU, low ones, and all of that at once',
    records: [
      ...hats.map(([seed]) => seed),
      record(5, 5, 'inv_shirt', { productId: 'shirt', warehouseId: 'wh-1' }),
    ],
    steps: [
      list({ warehouseId: 'wh-1' }, hatB1[1], hatA1[1], hatNone[1], shirt),
      list({ warehouseId: 'wh-2' }, hatA2[1]),
      list({ warehouseId: 'wh' }),
      list({ productId: 'hat' }, hatA2[1], hatB1[1], hatA1[1], hatNone[1]),
      list({ productId: 'hat', warehouseId: 'wh-1' }, hatB1[1], hatA1[1], hatNone[1]),
      list({ skuId: 'a' }, hatA2[1], hatA1[1]),
      list({ skuId: 'a', warehouseId: 'wh-1' }, hatA1[1]),
      list({ skuId: 'a', productId: 'shirt' }),
      list({ lowStock: true }, shirt),
      list({ lowStock: false, skuId: 'b' }, hatB1[1]),
      list({ lowStock: true, warehouseId: 'wh-1' }, shirt),
      list({ lowStock: true, warehouseId: 'wh-2' }),
      list({ lowStock: true, productId: 'shirt' }, shirt),
      list({ lowStock: true, productId: 'hat' }),
      list({ lowStock: true, skuId: 'a' }),
      call('ListInventory', { warehouseId: 'wh-1' }, onlyPage(), { caller: 'stranger' }),
      call(
        'ListInventory',
        { warehouseId: 'w'.repeat(129) },
        invalid({ warehouseId: 'must be at most 128 characters' }),
      ),
    ],
  },
  {
    name: 'a filtered list by page and by token, which keeps to its filters',
    records: hats.map(([seed]) => seed),
    steps: ['warehouseId', 'productId'].flatMap((filter) => {
      const of =
        filter === 'warehouseId' ? { warehouseId: 'wh-1' } : { productId: 'hat', warehouseId: 'wh-1' };
      const part = (content: unknown[], page: number, nextPageToken: unknown) =>
        ok({ content, page, limit: 2, totalElements: 3, nextPageToken });
      return [
        call('ListInventory', { ...of, limit: 2 }, part([hatB1[1], hatA1[1]], 0, token), bindNext),
        call('ListInventory', { ...of, limit: 2, page: 1 }, part([hatNone[1]], 1, '')),
        call('ListInventory', { ...of, limit: 2, pageToken: next }, part([hatNone[1]], 1, '')),
        call('ListInventory', { limit: 2, pageToken: next }, invalid(notOurs)),
        call('ListInventory', { ...of, lowStock: true, pageToken: next }, invalid(notOurs)),
      ];
    }),
  },
  {
    name: 'low in the list are those that are low now',
    records: [record(5, 0)],
    steps: [
      list({ lowStock: true }),
      call('Reserve', { id: ID, qty: 5, reference: 'A', ttlSeconds: 60 }, ok(expect.anything())),
      call('ListInventory', { lowStock: true }, ok(expect.objectContaining({ totalElements: 1 }))),
      pass(60),
      list({ lowStock: true }),
    ],
  },
  {
    name: 'many records at once, in the order in which they are asked for',
    records: hats.map(([seed]) => seed),
    steps: [
      many(
        { ids: ['inv_3', 'inv_none', 'inv_1', 'inv_3', 'INV_1'] },
        [hatA1[1], hatA2[1]],
        ['inv_none', 'INV_1'],
      ),
      many({ skuIds: ['b', 'c', 'a', 'b'] }, [hatB1[1], hatA2[1], hatA1[1]], ['c']),
      many({ ids: ['inv_none'] }, [], ['inv_none']),
      call('BatchGetInventory', { ids: ['inv_1'] }, ok({ records: [], missing: ['inv_1'] }), {
        caller: 'stranger',
      }),
      // A key does nothing for a read.
      call('BatchGetInventory', { ids: ['inv_1'] }, ok({ records: [hatA2[1]], missing: [] }), {
        idempotencyKey: 'k',
      }),
      many(
        { ids: ['inv_1', ...Array.from({ length: 999 }, (_, i) => `none_${i}`)] },
        [hatA2[1]],
        Array.from({ length: 999 }, (_, i) => `none_${i}`),
      ),
    ],
  },
  {
    name: 'many at once, asked for in ways that name nothing',
    records: [],
    steps: [
      ...[{}, { ids: [] }, { ids: ['inv_1'], skuIds: ['a'] }].map((request) =>
        call('BatchGetInventory', request, invalid({ ids: 'are required, or skuIds, but not both' })),
      ),
      call(
        'BatchGetInventory',
        { ids: ['a b'] },
        invalid({ 'ids[0]': 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -' }),
      ),
      call('BatchGetInventory', { skuIds: [''] }, invalid({ 'skuIds[0]': 'must not be empty' })),
      call(
        'BatchGetInventory',
        { ids: Array.from({ length: 1001 }, (_, i) => `i${i}`) },
        invalid({ ids: 'must contain no more than 1000 item(s)' }),
      ),
    ],
  },
  {
    name: 'a SKU’s records, in order of their ids',
    records: hats.map(([seed]) => seed),
    steps: [
      call('ListInventoryBySku', { skuId: 'a' }, ok([hatA2[1], hatA1[1]])),
      call('ListInventoryBySku', { skuId: 'b' }, ok([hatB1[1]])),
      call('ListInventoryBySku', { skuId: 'A' }, ok([])),
      call('ListInventoryBySku', { skuId: 'a' }, ok([]), { caller: 'stranger' }),
    ],
  },
  {
    name: 'products and SKUs with characters that a path must spell out',
    records: ['a/b c?d#e%2F', 'Ünïcode 🧾', 'low-stock'].map((name, i) =>
      record(1, 0, `inv_${i}`, { productId: name, skuId: name }),
    ),
    steps: ['a/b c?d#e%2F', 'Ünïcode 🧾', 'low-stock'].flatMap((name, i) => {
      const found = ok([recordData(1, 0, `inv_${i}`, { productId: name, skuId: name })]);
      return [
        call('ListInventoryByProduct', { productId: name }, found),
        call('ListInventoryBySku', { skuId: name }, found),
      ];
    }),
  },
  {
    name: 'ids that are also words of the paths',
    records: ['logs', 'low-stock', 'product', 'sku', 'batch-adjust'].map((id) => record(5, 0, id)),
    steps: ['product', 'sku', 'batch-adjust'].flatMap((id) => [
      call('GetInventory', { id }, ok(recordData(5, 0, id))),
      call('Reserve', { id, qty: 1 }, now(5, 1, id)),
    ]),
  },
  {
    name: 'records are low when no more than their reorder level is available',
    records: [
      record(10, 0, 'inv_1', { reorderLevel: 9 }),
      record(10, 0, 'inv_2', { reorderLevel: 10 }),
      record(10, 1, 'inv_3', { reorderLevel: 9 }),
      record(1, 0, 'inv_4'),
      record(0, 0, 'inv_5'),
    ],
    steps: [
      call('ListLowStock', {}, ok([low('inv_2', 10, 0, 10), low('inv_3', 10, 1, 9), low('inv_5', 0, 0, 0)])),
      call('Reserve', { id: 'inv_1', qty: 1 }, now(10, 1, 'inv_1')),
      call('Reserve', { id: 'inv_4', qty: 1 }, now(1, 1, 'inv_4')),
      call('ListLowStock', { limit: 2 }, ok([low('inv_1', 10, 1, 9), low('inv_2', 10, 0, 10)])),
      call(
        'ListLowStock',
        { limit: 1000, afterId: 'inv_2' },
        ok([low('inv_3', 10, 1, 9), low('inv_4', 1, 1, 0), low('inv_5', 0, 0, 0)]),
      ),
      call('ListLowStock', { afterId: 'inv_5' }, ok([])),
      call('ListLowStock', {}, ok([]), { caller: 'stranger' }),
    ],
  },
  {
    name: 'a record’s holds, the unreferenced units first, then the oldest',
    records: [record(50, 5), record(50, 0, 'inv_empty')],
    steps: [
      reserve(1, { reference: 'B' }, now(50, 6)),
      reserve(2, { reference: 'A' }, now(50, 8)),
      reserve(3, { reference: 'B' }, now(50, 11)),
      listHolds(holds(hold(5, null), hold(4, 'B'), hold(2, 'A'))),
      release(4, { reference: 'B' }, now(50, 7)),
      reserve(1, { reference: 'B' }, now(50, 8)),
      listHolds(holds(hold(5, null), hold(2, 'A'), hold(1, 'B'))),
      call('ListHolds', { id: 'inv_empty' }, holds()),
    ],
  },
  {
    name: 'a record’s holds by token',
    records: [record(50, 5)],
    steps: [
      ...['A', 'B', 'C'].map((reference, i) => reserve(1, { reference }, now(50, 6 + i))),
      call(
        'ListHolds',
        { id: ID, limit: 2 },
        ok({ content: [hold(5, null), hold(1, 'A')], limit: 2, nextPageToken: token }),
        bindNext,
      ),
      // Holds that end or begin meanwhile do not move the place.
      release(1, { reference: 'A' }, now(50, 7)),
      reserve(1, { reference: 'D' }, now(50, 8)),
      call(
        'ListHolds',
        { id: ID, limit: 2, pageToken: next },
        ok({ content: [hold(1, 'B'), hold(1, 'C')], limit: 2, nextPageToken: token }),
        bindNext,
      ),
      call(
        'ListHolds',
        { id: ID, limit: 2, pageToken: next },
        ok({ content: [hold(1, 'D')], limit: 2, nextPageToken: '' }),
      ),
      call(
        'ListHolds',
        { id: ID, limit: 1 },
        ok({ content: [hold(5, null)], limit: 1, nextPageToken: token }),
        bindNext,
      ),
      call(
        'ListHolds',
        { id: ID, limit: 1000, pageToken: next },
        ok({ content: [hold(1, 'B'), hold(1, 'C'), hold(1, 'D')], limit: 1000, nextPageToken: '' }),
      ),
    ],
  },
  {
    name: 'the orders that hold units, the oldest first, and by their next expiry',
    records: [record(50, 5), record(50, 0, 'inv_b')],
    steps: [
      reserve(1, { reference: 'old' }, now(50, 6)),
      reserve(2, { reference: 'soon', ttlSeconds: 60 }, now(50, 8, ID, { expiresAt: inSeconds(60) })),
      reserve(3, { reference: 'late', ttlSeconds: 600 }, now(50, 11, ID, { expiresAt: inSeconds(600) })),
      call('Reserve', { id: 'inv_b', qty: 4, reference: 'old' }, now(50, 4, 'inv_b')),
      reserve(1, { reference: 'gone' }, now(50, 12)),
      release(1, { reference: 'gone' }, now(50, 11)),
      call('ListOrders', {}, heldOrders(old, soon, late)),
      call('ListOrders', { inventoryId: 'inv_b' }, heldOrders(old)),
      call('ListOrders', { expiresBefore: '2100-01-01T00:00:00Z' }, heldOrders(soon, late)),
      call('ListOrders', { expiresBefore: '2001-01-01T00:00:00Z' }, heldOrders()),
      call('ListOrders', { heldBefore: '2001-01-01T00:00:00Z' }, heldOrders()),
      call(
        'ListOrders',
        { heldBefore: '2100-01-01T00:00:00Z', inventoryId: ID },
        heldOrders(old, soon, late),
      ),
      call(
        'ListOrders',
        { limit: 2 },
        ok({ content: [old, soon], limit: 2, nextPageToken: token }),
        bindNext,
      ),
      call('ListOrders', { limit: 2, pageToken: next }, ok({ content: [late], limit: 2, nextPageToken: '' })),
      call('ListOrders', { limit: 2, pageToken: next, inventoryId: ID }, invalid(notOurs)),
      call('ListOrders', {}, heldOrders(), { caller: 'stranger' }),
      pass(60),
      call('ListOrders', {}, heldOrders(old, { ...late, nextExpiryAt: inSeconds(540) })),
    ],
  },
];

function low(id: string, onHandQty: number, reservedQty: number, reorderLevel: number) {
  return recordData(onHandQty, reservedQty, id, { reorderLevel });
}
