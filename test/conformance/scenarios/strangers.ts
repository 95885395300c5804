import { expect } from 'vitest';
import { Bound, type Scenario } from '../scenario.js';
import {
  call,
  type Extras,
  hold,
  ID,
  noneOf,
  notFound,
  notHeld,
  now,
  ORDER,
  ok,
  onlyPage,
  order,
  record,
  recordData,
  release,
  reserve,
} from './words.js';

const stranger: Extras = { caller: 'stranger' };
const theirs = { ...stranger, bind: { theirs: 'id' } };
const details = { productId: 'hat', skuId: 'hat-1', warehouseId: 'main' };

/** To other merchants, a record looks as if it did not exist. */
export const strangers: readonly Scenario[] = [
  {
    name: 'a record of another merchant is not found, like one that does not exist',
    records: [record(50, 5)],
    steps: [
      reserve(1, {}, notFound, stranger),
      release(1, {}, notFound, stranger),
      reserve(100, {}, notFound, stranger),
      ...(['Reserve', 'Release', 'Confirm'] as const).flatMap((rpc) => [
        call(rpc, { id: ID, qty: 1 }, notFound, stranger),
        call(rpc, { id: 'inv_none', qty: 1 }, notFound, stranger),
      ]),
      call('Adjust', { id: ID, qty: 1, action: 'SOLD', expectedOnHandQty: 3 }, notFound, stranger),
      call('UpdateInventory', { id: ID, details: { location: 'mine' } }, notFound, stranger),
      call('GetInventory', { id: ID }, notFound, stranger),
      call('ListHolds', { id: ID }, notFound, stranger),
      call('BatchAdjust', { lines: [{ id: ID, qty: 1, action: 'SOLD' }] }, noneOf(ID), stranger),
      call('ReserveOrder', { reference: 'A', lines: [{ id: ID, qty: 1 }] }, noneOf(ID), stranger),
      call('GetInventory', { id: ID }, ok(recordData(50, 5))),
    ],
    holds: { [ID]: { '': 5 } },
    log: {},
  },
  {
    name: 'nor does it show in a list',
    records: [record(0, 0, ID, details)],
    steps: [
      call('ListInventory', {}, onlyPage(), stranger),
      call('ListInventoryByProduct', { productId: 'hat' }, ok([]), stranger),
      call('ListInventoryBySku', { skuId: 'hat-1' }, ok([]), stranger),
      call('ListLowStock', {}, ok([]), stranger),
      call('ListLogs', {}, onlyPage(), stranger),
      call('ListLogs', { inventoryId: ID }, onlyPage(), stranger),
    ],
  },
  {
    name: 'an order of another merchant was never held',
    records: [record(50, 0)],
    steps: [
      reserve(2, { reference: ORDER }, now(50, 2)),
      call('GetOrder', { reference: ORDER }, order(ORDER, 'NOT_HELD'), stranger),
      call('ReleaseOrder', { reference: ORDER }, notHeld(ORDER), stranger),
      call('ConfirmOrder', { reference: ORDER }, notHeld(ORDER), stranger),
      call('GetOrder', { reference: ORDER }, order(ORDER, 'HELD', hold(2, ORDER))),
    ],
    holds: { [ID]: { [ORDER]: 2 } },
  },
  {
    name: 'two merchants with the same product and the same reference do not meet',
    records: [record(5, 0, ID, details)],
    steps: [
      call('CreateInventory', { ...details, initialQty: 9 }, ok(expect.objectContaining(details)), theirs),
      call('Reserve', { id: ID, qty: 1, reference: ORDER }, now(5, 1)),
      call(
        'Reserve',
        { id: new Bound('theirs'), qty: 4, reference: ORDER },
        ok({ id: new Bound('theirs'), onHandQty: 9, reservedQty: 4, availableQty: 5 }),
        stranger,
      ),
      call(
        'ReleaseOrder',
        { reference: ORDER },
        ok({
          reference: ORDER,
          lines: [{ id: new Bound('theirs'), qty: 4 }],
          stock: [{ id: new Bound('theirs'), onHandQty: 9, reservedQty: 0, availableQty: 9 }],
        }),
        stranger,
      ),
      call('GetOrder', { reference: ORDER }, order(ORDER, 'HELD', hold(1, ORDER))),
      call('ListInventoryByProduct', { productId: 'hat' }, ok([recordData(5, 1, ID, details)])),
    ],
    holds: { [ID]: { [ORDER]: 1 } },
  },
  {
    name: 'settings of another merchant are neither seen nor changed',
    records: [],
    steps: [
      call('UpdateSettings', { defaultTtlSeconds: 60 }, ok({ defaultTtlSeconds: 60 }), stranger),
      call('GetSettings', {}, ok({ defaultTtlSeconds: 0 })),
    ],
  },
];
