import { expect } from 'vitest';
import type { JsonRequest, Rpc } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import type { CallerName, Scenario } from '../scenario.js';
import {
  adjusted,
  call,
  denied,
  holds,
  ID,
  notHeld,
  now,
  ok,
  onlyPage,
  order,
  record,
  recordData,
  reservedOrder,
  stock,
} from './words.js';

type Level = 'nobody' | 'stockReader' | 'reader' | 'updater' | 'manager';

/** The record as callers see it who may only read quantities. */
const unattributed = recordData(50, 0, ID, { lastAdjustedBy: '' });

/** What each RPC needs, a good request, and its answer on one record of 50 units. */
const needs: Readonly<Record<Rpc, readonly [Level, JsonRequest, Expected]>> = {
  Reserve: ['updater', { id: ID, qty: 1 }, now(50, 1)],
  Release: ['updater', { id: ID, qty: 1, reference: 'A' }, noneReserved('release')],
  Confirm: ['updater', { id: ID, qty: 1, reference: 'A' }, noneReserved('confirm')],
  SetHold: ['updater', { id: ID, qty: 1, reference: 'A' }, now(50, 1)],
  ListOrders: ['reader', {}, ok({ content: [], limit: 50, nextPageToken: '' })],
  ListHolds: ['reader', { id: ID }, holds()],
  ReserveOrder: [
    'updater',
    { reference: 'A', lines: [{ id: ID, qty: 1 }] },
    reservedOrder('A', [[ID, 1, 1]], [stock(50, 1)]),
  ],
  SetOrder: [
    'updater',
    { reference: 'A', lines: [{ id: ID, qty: 1 }] },
    reservedOrder('A', [[ID, 1, 1]], [stock(50, 1)]),
  ],
  ReleaseOrder: ['updater', { reference: 'A' }, notHeld('A')],
  ConfirmOrder: ['updater', { reference: 'A' }, notHeld('A')],
  ExtendOrder: ['updater', { reference: 'A', openEnded: true }, notHeld('A')],
  MoveOrder: ['updater', { reference: 'A', toReference: 'B' }, notHeld('A')],
  GetOrder: ['reader', { reference: 'A' }, order('A', 'NOT_HELD')],
  CreateInventory: [
    'manager',
    { productId: 'p', warehouseId: 'w', initialQty: 1 },
    ok(expect.objectContaining({ productId: 'p' })),
  ],
  GetInventory: ['stockReader', { id: ID }, ok(unattributed)],
  ListInventory: ['stockReader', {}, onlyPage(unattributed)],
  BatchGetInventory: ['stockReader', { ids: [ID] }, ok({ records: [unattributed], missing: [] })],
  ListInventoryByProduct: ['stockReader', { productId: ID }, ok([unattributed])],
  ListInventoryBySku: ['stockReader', { skuId: 's' }, ok([])],
  ListLowStock: ['stockReader', {}, ok([])],
  UpdateInventory: [
    'manager',
    { id: ID, details: { location: 'A' } },
    ok(recordData(50, 0, ID, { location: 'A' })),
  ],
  Adjust: ['updater', { id: ID, qty: 1, action: 'RECEIVED' }, ok(adjusted(51, 0))],
  SetOnHand: ['updater', { id: ID, qty: 51 }, ok(adjusted(51, 0))],
  BatchAdjust: ['updater', { lines: [{ id: ID, qty: 1, action: 'RECEIVED' }] }, ok([adjusted(51, 0)])],
  // The batch needs no permission; its commands do.
  BatchExecute: [
    'nobody',
    { commands: [{ release: { id: ID, qty: 1, reference: 'A' } }] },
    ok({ results: [expect.anything()] }),
  ],
  ListLogs: ['reader', { action: 'SOLD' }, onlyPage()],
  GetSettings: ['reader', {}, ok({ defaultTtlSeconds: 0 })],
  UpdateSettings: ['manager', { defaultTtlSeconds: 60 }, ok({ defaultTtlSeconds: 60 })],
};

const permission: Readonly<Record<Level, string>> = {
  nobody: 'no permission',
  stockReader: 'can_read_stock',
  reader: 'can_read_inventory',
  updater: 'can_update_inventory',
  manager: 'can_manage_inventory',
};
const ranks: readonly CallerName[] = ['nobody', 'stockReader', 'reader', 'updater', 'manager'];

/** Each RPC refuses callers without its permission, and accepts those who have it or a greater one. */
export const permissions: readonly Scenario[] = [
  ...Object.entries(needs).map(([rpc, [level, request, expected]]): Scenario => {
    const refused = ranks.slice(0, ranks.indexOf(level));
    return {
      name: `${rpc} needs ${permission[level]}`,
      records: [record(50, 0)],
      steps: [
        ...refused.map((caller) => call(rpc as Rpc, request, denied(permission[level]), { caller })),
        call(rpc as Rpc, request, expected, { caller: level }),
      ],
    };
  }),
  {
    name: 'manage implies update, update implies read, and all of them are told who changed a record',
    records: [record(50, 0)],
    steps: [
      call('GetInventory', { id: ID }, ok(recordData(50, 0)), { caller: 'reader' }),
      call('ListInventory', {}, onlyPage(recordData(50, 0)), { caller: 'reader' }),
      call('ListInventoryByProduct', { productId: ID }, ok([recordData(50, 0)]), { caller: 'reader' }),
      call('GetInventory', { id: ID }, ok(recordData(50, 0)), { caller: 'updater' }),
      call('GetInventory', { id: ID }, ok(recordData(50, 0)), { caller: 'manager' }),
      call('Reserve', { id: ID, qty: 1 }, now(50, 1), { caller: 'manager' }),
    ],
  },
];

function noneReserved(verb: string): Expected {
  return {
    reason: 'INSUFFICIENT_RESERVED',
    message: `Cannot ${verb} 1 unit. Only 0 units are currently reserved for A.`,
    metadata: { requested: '1', reserved: '0', reference: 'A' },
  };
}
