import { expect } from 'vitest';
import type { Expected } from '../contract.js';
import { justNow } from '../matchers.js';
import { Bound, type Scenario } from '../scenario.js';
import {
  alreadyExists,
  call,
  type Extras,
  getRecord,
  invalid,
  negative,
  notFound,
  ok,
  onlyPage,
  QTY_MAX,
  record,
  recordData,
  stock,
} from './words.js';

/** The record that a scenario created. */
const created = new Bound('created');
const newId = expect.stringMatching(/^inv_[A-Za-z0-9._-]{1,60}$/);
const bindId: Extras = { bind: { created: 'id' } };

const shirt = { productId: 'shirt', warehouseId: 'wh-1', initialQty: 7 };
const everything = {
  productId: 'shirt',
  skuId: 'shirt-red-xl',
  warehouseId: 'wh-1',
  warehouseName: 'Lager Süd',
  initialQty: 7,
  location: 'A-3-17',
  reorderLevel: 5,
  reorderQty: 20,
  variantAttributes: { colour: 'red', Größe: 'XL' },
};

/** A record as its creator sees it. */
const createdData = (onHandQty: number, changes: object) =>
  recordData(onHandQty, 0, '', { id: created, lastAdjustedBy: 'tester', ...changes });
const plainShirt = createdData(7, { productId: 'shirt', warehouseId: 'wh-1' });
const { initialQty: _, ...described } = everything;
const wholeShirt = createdData(7, { ...described, variantAttributes: { colour: 'red', Größe: 'XL' } });

const taken = (id: string): Expected => ({
  reason: 'INVENTORY_ALREADY_EXISTS',
  message: `An inventory record ${id} already exists.`,
});

const create = (request: object, expected: Parameters<typeof call>[2], extras: Extras = {}) =>
  call('CreateInventory', { ...request }, expected, extras);
/** Creating and getting records. Lists are in lists.ts, changes in updates.ts. */
export const records: readonly Scenario[] = [
  {
    name: 'a record with all that can be said of it',
    records: [],
    steps: [
      create(everything, ok(wholeShirt), bindId),
      getRecord(created, ok(wholeShirt)),
      call('ListInventory', {}, onlyPage(wholeShirt)),
    ],
  },
  {
    name: 'a record with the least that must be said of it',
    records: [],
    steps: [
      create(shirt, ok({ ...plainShirt, id: newId }), bindId),
      getRecord(created, ok(plainShirt)),
      call(
        'ListLogs',
        {},
        onlyPage({
          id: expect.any(String),
          inventoryId: created,
          productId: 'shirt',
          tenantId: new Bound('merchant'),
          action: 'RECEIVED',
          qtyChange: 7,
          reference: null,
          notes: null,
          adjustedBy: 'tester',
          logDate: justNow,
          timestamp: justNow,
          onHandQty: 7,
          reservedQty: 0,
          toReference: null,
          movedQty: null,
        }),
      ),
    ],
  },
  {
    name: 'a new record can be reserved, adjusted and updated like any other',
    records: [],
    steps: [
      create(shirt, ok(plainShirt), bindId),
      call('Reserve', { id: created, qty: 3 }, ok({ ...stock(7, 3), id: created })),
      call(
        'UpdateInventory',
        { id: created, details: { location: 'B' } },
        ok({
          ...plainShirt,
          reservedQty: 3,
          availableQty: 4,
          location: 'B',
        }),
      ),
    ],
  },
  {
    name: 'initial units from none to the end of int32',
    records: [],
    steps: [
      create({ ...shirt, initialQty: 0 }, ok({ ...plainShirt, onHandQty: 0, availableQty: 0 }), bindId),
      create(
        { ...shirt, productId: 'other', initialQty: QTY_MAX },
        ok({ ...plainShirt, productId: 'other', onHandQty: QTY_MAX, availableQty: QTY_MAX }),
        bindId,
      ),
      ...[-1, -5, -2147483648].map((initialQty) =>
        create(
          { ...shirt, productId: 'third', initialQty },
          negative(
            0,
            0,
            initialQty,
            `Adjustment would result in negative stock. Current on-hand: 0, requested change: ${initialQty}.`,
          ),
        ),
      ),
    ],
  },
  {
    name: 'one record per product, SKU and warehouse',
    records: [record(5, 0, 'inv_seeded', { productId: 'hat', skuId: 'hat-1', warehouseId: 'wh-1' })],
    steps: [
      create(shirt, ok(plainShirt), bindId),
      create(shirt, alreadyExists),
      create({ ...shirt, initialQty: 1, location: 'elsewhere' }, alreadyExists),
      create({ productId: 'hat', skuId: 'hat-1', warehouseId: 'wh-1', initialQty: 1 }, alreadyExists),
      // The shape of a request is checked first, and the rules of stock once the record was looked up.
      create({ ...shirt, reorderLevel: -1 }, invalid({ reorderLevel: 'must be greater than or equal to 0' })),
      create({ ...shirt, skuId: 'shirt-1' }, ok({ ...plainShirt, skuId: 'shirt-1' }), bindId),
      create({ ...shirt, skuId: 'shirt-1' }, alreadyExists),
      create({ ...shirt, skuId: 'SHIRT-1' }, ok({ ...plainShirt, skuId: 'SHIRT-1' }), bindId),
      create({ ...shirt, warehouseId: 'wh-2' }, ok({ ...plainShirt, warehouseId: 'wh-2' }), bindId),
      create({ ...shirt, productId: 'hat' }, ok({ ...plainShirt, productId: 'hat' }), bindId),
      create(shirt, ok({ ...plainShirt, tenantId: expect.any(String) }), { ...bindId, caller: 'stranger' }),
    ],
  },
  {
    name: 'a record under an id of the caller’s own',
    records: [record(5, 0, 'own_0')],
    steps: [
      create({ ...shirt, id: 'own_1' }, ok({ ...plainShirt, id: 'own_1' })),
      getRecord('own_1', ok({ ...plainShirt, id: 'own_1' })),
      create({ ...shirt, id: 'own_1' }, taken('own_1')),
      create({ ...shirt, productId: 'hat', id: 'own_1' }, taken('own_1')),
      create({ ...shirt, id: 'own_2' }, alreadyExists),
      create({ ...shirt, productId: 'hat', id: 'own_0' }, taken('own_0')),
      // Ids differ by case. Another merchant may have the same ids.
      create(
        { ...shirt, productId: 'hat', id: 'OWN_1' },
        ok({ ...plainShirt, productId: 'hat', id: 'OWN_1' }),
      ),
      create({ ...shirt, id: 'own_1' }, ok(expect.objectContaining({ id: 'own_1' })), { caller: 'stranger' }),
      create(
        { ...shirt, productId: 'cap', id: `A-z.0_${'9'.repeat(58)}` },
        ok(expect.objectContaining({ id: `A-z.0_${'9'.repeat(58)}` })),
      ),
      ...['', 'a b', 'ä', 'x'.repeat(65), 'a/b'].map((id) =>
        create(
          { ...shirt, productId: 'sock', id },
          invalid({ id: 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -' }),
        ),
      ),
      // As paths, these ids mean something else.
      ...['.', '..', 'logs', 'low-stock', 'watch', 'product', 'sku'].map((id) =>
        create({ ...shirt, productId: 'sock', id }, invalid({ id: expect.stringMatching(/^must not be/) })),
      ),
    ],
  },
  {
    name: 'texts at the end of their bounds',
    records: [],
    steps: [
      create(
        {
          productId: '🧾'.repeat(128),
          skuId: '—'.repeat(128),
          warehouseId: 'w'.repeat(128),
          warehouseName: 'ü'.repeat(256),
          location: 'l'.repeat(256),
          initialQty: 1,
          reorderLevel: QTY_MAX,
          reorderQty: QTY_MAX,
          variantAttributes: attributes(50),
        },
        ok(
          createdData(1, {
            productId: '🧾'.repeat(128),
            skuId: '—'.repeat(128),
            warehouseId: 'w'.repeat(128),
            warehouseName: 'ü'.repeat(256),
            location: 'l'.repeat(256),
            reorderLevel: QTY_MAX,
            reorderQty: QTY_MAX,
            variantAttributes: attributes(50),
          }),
        ),
        bindId,
      ),
    ],
  },
  {
    name: 'attributes whose names mean something to JavaScript',
    records: [],
    steps: [
      create(
        { ...shirt, variantAttributes: { constructor: 'a', toString: 'b', 'a.b': 'c', a_b: 'd', aB: 'e' } },
        ok({
          ...plainShirt,
          variantAttributes: { constructor: 'a', toString: 'b', 'a.b': 'c', a_b: 'd', aB: 'e' },
        }),
        bindId,
      ),
    ],
  },
  {
    name: 'a record that does not exist',
    records: [record(5, 0)],
    steps: [
      getRecord('inv_none', notFound),
      call('UpdateInventory', { id: 'inv_none', details: { location: 'B' } }, notFound),
      call('UpdateInventory', { id: 'inv_none', details: {} }, notFound),
      call('ListHolds', { id: 'inv_none' }, notFound),
    ],
  },
];

function attributes(count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, i) => [`${i}`.padEnd(64, 'n'), 'v'.repeat(256)]);
  return Object.fromEntries(entries);
}
