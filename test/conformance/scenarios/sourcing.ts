import { expect } from 'vitest';
import type { JsonRequest, Rpc } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import type { Call, Scenario } from '../scenario.js';
import {
  call,
  getOrder,
  hold,
  invalid,
  notFound,
  now,
  ok,
  order,
  record,
  reserve,
  setHold,
  stock,
} from './words.js';

const shoe = (warehouseId: string, skuId = 'shoe') => ({ productId: `${skuId}-product`, skuId, warehouseId });
const north = 'inv_n';
const south = 'inv_s';
const west = 'inv_w';
/** Available units of the SKU: 2 in north, 5 in south, 3 in west; and 4 units of a product without a SKU. */
const shop = [
  record(2, 0, north, shoe('north')),
  record(6, 1, south, shoe('south')),
  record(3, 0, west, shoe('west')),
  record(4, 0, 'inv_p', { productId: 'plain', warehouseId: 'north' }),
];

type Line = JsonRequest & { qty: number };
const sku = (qty: number, more: JsonRequest = {}): Line => ({ skuId: 'shoe', qty, ...more });

const lines =
  (rpc: Rpc) =>
  (reference: string, lines: readonly Line[], expected: Expected, more: JsonRequest = {}): Call =>
    call(rpc, { reference, lines, ...more }, expected);
const reserveLines = lines('ReserveOrder');
const setLines = lines('SetOrder');

const warehouses: Readonly<Record<string, string>> = { [north]: 'north', [south]: 'south', [west]: 'west' };
/** What a line of the SKU got: `[[id, qty], …]`. */
const got = (requested: number, ...records: readonly (readonly [string, number])[]) => ({
  id: records[0]?.[0] ?? '',
  requested,
  reserved: records.reduce((sum, [, qty]) => sum + qty, 0),
  source: {
    skuId: 'shoe',
    productId: null,
    records: records.map(([id, qty]) => ({ id, warehouseId: warehouses[id], qty })),
  },
});
const answer = (reference: string, lines: readonly object[], stock: readonly object[]): Expected =>
  ok({ reference, lines, stock });
type Short = { readonly requested: number; readonly available: number };
const short = (...lines: readonly (Short & JsonRequest)[]): Expected => ({
  reason: 'INSUFFICIENT_STOCK',
  message: expect.stringContaining('Cannot reserve the order.') as unknown as string,
  failedParts: lines,
  preconditions: lines.map(({ requested, available, ...of }) => ({
    type: 'INSUFFICIENT_STOCK',
    subject: String(Object.values(of)[0]),
    description: `requested ${requested}, available ${available}`,
  })),
});

/** Lines that name a SKU or a product: the call chooses the records. */
export const sourcing: readonly Scenario[] = [
  {
    name: 'the warehouse with most available; in order of preference; split',
    records: shop,
    steps: [
      reserveLines('A', [sku(4)], answer('A', [got(4, [south, 4])], [stock(6, 5, south)])),
      // Now west has most.
      reserveLines('B', [sku(1)], answer('B', [got(1, [west, 1])], [stock(3, 1, west)])),
      // North and west have 2 each: ties by id.
      reserveLines('C', [sku(2)], answer('C', [got(2, [north, 2])], [stock(2, 2, north)])),
      reserveLines(
        'D',
        [sku(2, { warehouseIds: ['north', 'south', 'west'] })],
        answer('D', [got(2, [west, 2])], [stock(3, 3, west)]),
      ),
      setHold('B', 0, now(3, 2, west), { id: west }),
      reserveLines(
        'E',
        [sku(2, { warehouseIds: ['west', 'south'], split: true })],
        answer('E', [got(2, [west, 1], [south, 1])], [stock(3, 3, west), stock(6, 6, south)]),
      ),
      reserveLines('F', [sku(1, { split: true })], short({ skuId: 'shoe', requested: 1, available: 0 })),
    ],
    holds: { [north]: { C: 2 }, [south]: { '': 1, A: 4, E: 1 }, [west]: { D: 2, E: 1 } },
  },
  {
    name: 'all lines or none: with records, SKUs and products; in the order of the request',
    records: shop,
    steps: [
      reserveLines(
        'A',
        [sku(3), { id: south, qty: 4 }, { productId: 'plain', qty: 4 }],
        answer(
          'A',
          [
            got(3, [west, 3]),
            { id: south, requested: 4, reserved: 4 },
            {
              id: 'inv_p',
              requested: 4,
              reserved: 4,
              source: {
                skuId: null,
                productId: 'plain',
                records: [{ id: 'inv_p', warehouseId: 'north', qty: 4 }],
              },
            },
          ],
          [stock(3, 3, west), stock(6, 5, south), stock(4, 4, 'inv_p')],
        ),
        { notes: 'checkout' },
      ),
      reserveLines(
        'B',
        [sku(3), { id: south, qty: 2 }, { productId: 'plain', qty: 1 }, sku(1)],
        short(
          { id: south, requested: 2, available: 1 },
          { skuId: 'shoe', requested: 3, available: 2 },
          { productId: 'plain', requested: 1, available: 0 },
          { skuId: 'shoe', requested: 1, available: 0 },
        ),
      ),
      getOrder('B', order('B', 'NOT_HELD')),
    ],
    holds: { [south]: { '': 1, A: 4 }, [west]: { A: 3 }, inv_p: { A: 4 } },
    log: {
      [south]: [['RESERVED', -4, 'A', 'checkout', 'tester']],
      [west]: [['RESERVED', -3, 'A', 'checkout', 'tester']],
      inv_p: [['RESERVED', -4, 'A', 'checkout', 'tester']],
    },
  },
  {
    name: 'nothing fits: the most that could have been had under the rule',
    records: shop,
    steps: [
      reserveLines('A', [sku(6)], short({ skuId: 'shoe', requested: 6, available: 5 })),
      reserveLines('A', [sku(11, { split: true })], short({ skuId: 'shoe', requested: 11, available: 10 })),
      reserveLines(
        'A',
        [sku(4, { warehouseIds: ['north', 'west'] })],
        short({ skuId: 'shoe', requested: 4, available: 3 }),
      ),
      reserveLines(
        'A',
        [sku(6, { warehouseIds: ['north', 'west'], split: true })],
        short({ skuId: 'shoe', requested: 6, available: 5 }),
      ),
      reserveLines(
        'A',
        [sku(1, { warehouseIds: ['nowhere'] })],
        short({ skuId: 'shoe', requested: 1, available: 0 }),
      ),
      reserveLines('A', [sku(6)], answer('A', [got(6, [south, 5])], [stock(6, 6, south)]), {
        allowPartial: true,
      }),
    ],
    holds: { [south]: { '': 1, A: 5 } },
  },
  {
    name: 'SKUs and products without records, each once; those of another merchant, too',
    records: shop,
    steps: [
      reserveLines(
        'A',
        [{ id: 'inv_none', qty: 1 }, { skuId: 'none', qty: 1 }, sku(99), { skuId: 'none', qty: 2 }],
        unknown({ id: 'inv_none' }, { skuId: 'none' }),
      ),
      // A line that names a product only takes records without a SKU.
      setLines('A', [{ productId: 'shoe-product', qty: 1 }], unknown({ productId: 'shoe-product' })),
      { ...reserveLines('A', [sku(1)], unknown({ skuId: 'shoe' })), caller: 'stranger' },
    ],
    log: {},
  },
  {
    name: 'set: the same call twice is the same as once, whatever rivals do in between',
    records: shop,
    steps: [
      setLines('A', [sku(3)], answer('A', [got(3, [south, 3])], [stock(6, 4, south)])),
      setLines('A', [sku(3)], answer('A', [got(3, [south, 3])], [stock(6, 4, south)])),
      // Now west has most available; the units stay.
      reserve(2, { id: south, reference: 'rival' }, now(6, 6, south)),
      setLines('A', [sku(3)], answer('A', [got(3, [south, 3])], [stock(6, 6, south)])),
      // One more does not fit there, and goes to where all fit.
      setLines(
        'A',
        [sku(4, { split: true })],
        answer('A', [got(4, [south, 3], [west, 1])], [stock(6, 6, south), stock(3, 1, west)]),
      ),
      setLines('A', [sku(6)], short({ skuId: 'shoe', requested: 3, available: 0 })),
      setLines(
        'A',
        [sku(2, { warehouseIds: ['north'] })],
        answer('A', [got(2, [north, 2])], [stock(2, 2, north), stock(6, 3, south), stock(3, 0, west)]),
      ),
      getOrder('A', order('A', 'HELD', hold(2, 'A', north))),
      setLines('A', [], answer('A', [], [stock(2, 0, north)])),
    ],
    holds: { [south]: { '': 1, rival: 2 } },
    log: {
      [north]: [
        ['RESERVED', -2, 'A', null, 'tester'],
        ['RELEASED', 2, 'A', null, 'tester'],
      ],
      [south]: [
        ['RESERVED', -3, 'A', null, 'tester'],
        ['RESERVED', -2, 'rival', null, 'tester'],
        ['RELEASED', 3, 'A', null, 'tester'],
      ],
      [west]: [
        ['RESERVED', -1, 'A', null, 'tester'],
        ['RELEASED', 1, 'A', null, 'tester'],
      ],
    },
  },
  {
    name: 'no line may choose from more than 100 records; named warehouses may be among any number',
    records: Array.from({ length: 101 }, (_, i) => record(1, 0, `inv_${i}`, shoe(`w${i}`))),
    steps: [
      reserveLines(
        'A',
        [sku(1)],
        invalid({ 'lines[0].skuId': 'has more than 100 records to choose from; name warehouseIds' }),
      ),
      reserveLines(
        'A',
        [sku(1, { warehouseIds: ['w100', 'w7'] })],
        ok(expect.objectContaining({ stock: [stock(1, 1, 'inv_100')] })),
      ),
    ],
  },
];

function unknown(...of: readonly JsonRequest[]): Expected {
  return {
    ...notFound,
    failedParts: of,
    preconditions: of.map((one) => ({
      type: 'INVENTORY_NOT_FOUND',
      subject: String(Object.values(one)[0]),
      description: 'Inventory record not found.',
    })),
  };
}
