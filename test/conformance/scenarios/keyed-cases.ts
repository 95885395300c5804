import { expect } from 'vitest';
import { inSeconds } from '../matchers.js';
import { Bound, type Scenario } from '../scenario.js';
import {
  adjusted,
  alreadyExists,
  alreadyReleased,
  call,
  confirm,
  endedOrder,
  ID,
  keyReused,
  now,
  ORDER,
  ok,
  record,
  recordData,
  release,
  releaseOrder,
  reserve,
  reservedOrder,
  reserveOrder,
  stock,
} from './words.js';

const HOUR = 3600;
const key = { idempotencyKey: 'k' };
const replay = { idempotencyKey: 'k', replayed: true };
const line = { id: ID, qty: 2, action: 'RECEIVED' };
const shirt = { productId: 'shirt', warehouseId: 'w', initialQty: 2 };
const created = ok({
  ...recordData(2, 0, '', { productId: 'shirt', warehouseId: 'w', lastAdjustedBy: 'tester' }),
  id: new Bound('first'),
});
const held = reserve(5, { reference: ORDER }, now(50, 5));

/** What a key means for other calls than the one that it was first sent with. */
export const keyedCases: readonly Scenario[] = [
  {
    name: 'a key of one RPC is not valid for another with the same fields',
    records: [record(50, 5)],
    steps: [
      reserve(1, { reference: 'A' }, now(50, 6), key),
      release(1, { reference: 'A' }, keyReused, key),
      confirm(1, { reference: 'A' }, keyReused, key),
      reserveOrder('A', [[ID, 1]], keyReused, {}, key),
      releaseOrder('A', endedOrder('A', [[ID, 1]], [stock(50, 5)]), { idempotencyKey: 'k2' }),
      call('ConfirmOrder', { reference: 'A' }, keyReused, { idempotencyKey: 'k2' }),
      call('Adjust', { ...line, qty: 1 }, ok(adjusted(51, 5)), { idempotencyKey: 'k3' }),
      call('BatchAdjust', { lines: [{ ...line, qty: 1 }] }, keyReused, { idempotencyKey: 'k3' }),
      call('UpdateSettings', {}, keyReused, { idempotencyKey: 'k3' }),
    ],
    holds: { [ID]: { '': 5 } },
  },
  {
    name: 'a field that says what its absence says makes no other request',
    records: [record(50, 5)],
    steps: [
      reserve(1, { reference: 'A' }, now(50, 6), key),
      reserve(1, { reference: 'A', notes: '', allowPartial: false }, now(50, 6), replay),
      call('CreateInventory', shirt, ok(expect.anything()), { idempotencyKey: 'k2' }),
      call(
        'CreateInventory',
        { ...shirt, location: '', reorderLevel: 0, variantAttributes: {} },
        ok(expect.anything()),
        { idempotencyKey: 'k2', replayed: true },
      ),
    ],
  },
  {
    name: 'attributes in another order are the same request',
    records: [],
    steps: [
      call(
        'CreateInventory',
        { ...shirt, variantAttributes: { a: '1', b: '2' } },
        ok(expect.anything()),
        key,
      ),
      call(
        'CreateInventory',
        { ...shirt, variantAttributes: { b: '2', a: '1' } },
        ok(expect.anything()),
        replay,
      ),
    ],
  },
  {
    name: 'a keyed reserve is the same request after the default TTL has changed',
    records: [record(50, 5)],
    steps: [
      reserve(1, { reference: 'A' }, now(50, 6), key),
      call('UpdateSettings', { defaultTtlSeconds: HOUR }, ok({ defaultTtlSeconds: HOUR })),
      reserve(1, { reference: 'A' }, now(50, 6), replay),
      reserveOrder(
        'B',
        [[ID, 1]],
        reservedOrder('B', [[ID, 1, 1]], [stock(50, 7, ID, HOUR)], { expiresAt: inSeconds(HOUR) }),
        {},
        { idempotencyKey: 'k2' },
      ),
      call('UpdateSettings', { defaultTtlSeconds: 0 }, ok({ defaultTtlSeconds: 0 })),
      reserveOrder(
        'B',
        [[ID, 1]],
        reservedOrder('B', [[ID, 1, 1]], [stock(50, 7, ID, HOUR)], { expiresAt: inSeconds(HOUR) }),
        {},
        { idempotencyKey: 'k2', replayed: true },
      ),
    ],
  },
  {
    name: 'a replayed creation tells the same record, and a new key finds it there',
    records: [],
    steps: [
      call('CreateInventory', shirt, created, { ...key, bind: { first: 'id' } }),
      call('Adjust', { id: new Bound('first'), qty: 5, action: 'RECEIVED' }, ok(expect.anything())),
      call('CreateInventory', shirt, created, replay),
      call('CreateInventory', shirt, alreadyExists, { idempotencyKey: 'k2' }),
      call('CreateInventory', shirt, alreadyExists),
    ],
  },
  {
    name: 'an order released under a key stays released, even if somebody reserves again',
    records: [record(50, 0)],
    steps: [
      held,
      releaseOrder(ORDER, endedOrder(ORDER, [[ID, 5]], [stock(50, 0)]), key),
      held,
      releaseOrder(ORDER, endedOrder(ORDER, [[ID, 5]], [stock(50, 0)]), replay),
      releaseOrder(ORDER, endedOrder(ORDER, [[ID, 5]], [stock(50, 0)]), { idempotencyKey: 'k2' }),
      releaseOrder(ORDER, alreadyReleased(ORDER), { idempotencyKey: 'k3' }),
      releaseOrder(ORDER, alreadyReleased(ORDER), { idempotencyKey: 'k3', replayed: true }),
    ],
    holds: {},
  },
];
