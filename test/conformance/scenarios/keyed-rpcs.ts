import { expect } from 'vitest';
import type { ChangingRpc, JsonRequest, Rpc } from '../../support/doors.js';
import type { Expected } from '../contract.js';
import { inSeconds } from '../matchers.js';
import { Bound, type Scenario } from '../scenario.js';
import {
  adjusted,
  alreadyExists,
  call,
  endedOrder,
  heldOrder,
  hold,
  ID,
  keyReused,
  movedOrder,
  negative,
  noneOf,
  noReserved,
  notFound,
  notHeld,
  now,
  ORDER,
  ok,
  record,
  recordData,
  reserve,
  reservedOrder,
  shortLines,
  stale,
  stock,
} from './words.js';

const HOUR = 3600;
const key = { idempotencyKey: 'k' };
const replay = { idempotencyKey: 'k', replayed: true };

/** A good request on a record of 50 units of which ORDER holds 5, its answer, and fields that make other requests. */
type Keyed = readonly [JsonRequest, Expected, readonly JsonRequest[]];

const line = { id: ID, qty: 2, action: 'RECEIVED' };
const shirt = { productId: 'shirt', warehouseId: 'w', initialQty: 2 };
const created = ok({ ...(recordData(2, 0, '', { ...described() }) as object), id: new Bound('first') });

const located = ok(recordData(50, 0, ID, { location: 'A' }));

const keyed: Readonly<Record<ChangingRpc, Keyed>> = {
  Reserve: [
    { id: ID, qty: 2, reference: 'A' },
    now(50, 7),
    [
      { qty: 3 },
      { reference: 'B' },
      { notes: 'n' },
      { ttlSeconds: HOUR },
      { allowPartial: true },
      { openEnded: true },
    ],
  ],
  Release: [
    { id: ID, qty: 2, reference: ORDER },
    now(50, 3),
    [{ qty: 3 }, { reference: '' }, { notes: 'n' }],
  ],
  Confirm: [
    { id: ID, qty: 2, reference: ORDER },
    now(48, 3),
    [{ qty: 3 }, { reference: '' }, { notes: 'n' }],
  ],
  SetHold: [
    { id: ID, qty: 7, reference: ORDER },
    now(50, 7),
    [
      { id: 'inv_none' },
      { qty: 8 },
      { reference: 'B' },
      { notes: 'n' },
      { ttlSeconds: HOUR },
      { openEnded: true },
    ],
  ],
  SetOrder: [
    { reference: ORDER, lines: [{ id: ID, qty: 7 }] },
    reservedOrder(ORDER, [[ID, 7, 7]], [stock(50, 7)]),
    [
      { reference: 'B' },
      { lines: [] },
      { lines: [{ id: ID, qty: 8 }] },
      { notes: 'n' },
      { ttlSeconds: HOUR },
      { openEnded: true },
    ],
  ],
  ReserveOrder: [
    { reference: 'A', lines: [{ id: ID, qty: 2 }] },
    reservedOrder('A', [[ID, 2, 2]], [stock(50, 7)]),
    [
      { reference: 'B' },
      { lines: [{ id: ID, qty: 3 }] },
      { lines: [{ id: 'inv_none', qty: 2 }] },
      {
        lines: [
          { id: ID, qty: 1 },
          { id: ID, qty: 1 },
        ],
      },
      { notes: 'n' },
      { ttlSeconds: HOUR },
      { allowPartial: true },
      { openEnded: true },
    ],
  ],
  ReleaseOrder: [
    { reference: ORDER },
    endedOrder(ORDER, [[ID, 5]], [stock(50, 0)]),
    [{ reference: 'B' }, { notes: 'n' }, { lines: [{ id: ID, qty: 5 }] }],
  ],
  ConfirmOrder: [
    { reference: ORDER },
    endedOrder(ORDER, [[ID, 5]], [stock(45, 0)]),
    [{ reference: 'B' }, { notes: 'n' }, { lines: [{ id: ID, qty: 5 }] }],
  ],
  ExtendOrder: [
    { reference: ORDER, ttlSeconds: HOUR },
    heldOrder(ORDER, hold(5, ORDER, ID, inSeconds(HOUR))),
    [
      { reference: 'B' },
      { ttlSeconds: HOUR + 1 },
      { ttlSeconds: undefined, openEnded: true },
      { lines: [{ id: ID }] },
    ],
  ],
  MoveOrder: [
    { reference: ORDER, toReference: 'A' },
    movedOrder(ORDER, 'A', [[ID, 5]], [stock(50, 5)]),
    [
      { reference: 'B' },
      { toReference: 'B' },
      { lines: [{ id: ID, qty: 5 }] },
      { ttlSeconds: HOUR },
      { openEnded: true },
      { notes: 'n' },
    ],
  ],
  CreateInventory: [
    shirt,
    created,
    [
      { productId: 'hat' },
      { skuId: 's' },
      { warehouseId: 'x' },
      { warehouseName: 'n' },
      { initialQty: 3 },
      { location: 'l' },
      { reorderLevel: 1 },
      { reorderQty: 1 },
      { variantAttributes: { a: 'b' } },
      { id: 'own' },
    ],
  ],
  UpdateInventory: [
    { id: ID, details: { location: 'A' } },
    ok(recordData(50, 5, ID, { location: 'A' })),
    [
      { id: 'inv_none' },
      { details: { location: 'B' } },
      { details: { location: 'A', reorderLevel: 1 } },
      { updateMask: 'location,reorderLevel' },
    ],
  ],
  Adjust: [
    line,
    ok(adjusted(52, 5)),
    [
      { qty: 3 },
      { action: 'RETURNED' },
      { reference: 'r' },
      { notes: 'n' },
      { expectedOnHandQty: 50 },
      { action: 'ADJUSTED', releaseShortfall: true },
    ],
  ],
  SetOnHand: [
    { id: ID, qty: 52 },
    ok(adjusted(52, 5)),
    [{ qty: 53 }, { reference: 'r' }, { notes: 'n' }, { expectedOnHandQty: 50 }, { releaseShortfall: true }],
  ],
  BatchAdjust: [
    { lines: [line, line] },
    ok([adjusted(52, 5), adjusted(54, 5)]),
    [
      { lines: [line] },
      { lines: [line, { ...line, qty: 3 }] },
      { lines: [line, { ...line, action: 'RETURNED' }] },
      { lines: [line, { ...line, reference: 'r' }] },
      { lines: [line, { ...line, notes: 'n' }] },
      { lines: [line, { ...line, expectedOnHandQty: 52 }] },
    ],
  ],
  UpdateSettings: [
    { defaultTtlSeconds: HOUR },
    ok({ defaultTtlSeconds: HOUR }),
    [{ defaultTtlSeconds: 0 }, { defaultTtlSeconds: undefined }],
  ],
};

const tooFew = 'Adjustment would result in negative stock. Current on-hand: 50, requested change: -51.';

/** Calls that are rejected, and rejected again under their keys after `change`. */
const rejected: readonly (readonly [Rpc, JsonRequest, Expected])[] = [
  [
    'Confirm',
    { id: ID, qty: 9, reference: 'A' },
    noReserved(9, 0, 'Cannot confirm 9 units. Only 0 units are currently reserved for A.', 'A'),
  ],
  ['Confirm', { id: 'inv_none', qty: 9 }, notFound],
  ['ReserveOrder', { reference: 'A', lines: [{ id: ID, qty: 46 }] }, shortLines([ID, 46, 45])],
  ['ReserveOrder', { reference: 'A', lines: [{ id: 'inv_none', qty: 1 }] }, noneOf('inv_none')],
  ['ReleaseOrder', { reference: 'A' }, notHeld('A')],
  ['ConfirmOrder', { reference: 'A' }, notHeld('A')],
  ['ConfirmOrder', { reference: 'A', lines: [{ id: ID, qty: 1 }] }, notHeld('A')],
  ['ExtendOrder', { reference: 'A', openEnded: true }, notHeld('A')],
  ['MoveOrder', { reference: 'A', toReference: 'B' }, notHeld('A')],
  ['CreateInventory', { productId: ID, warehouseId: 'main', initialQty: 2 }, alreadyExists],
  [
    'CreateInventory',
    { ...shirt, initialQty: -1 },
    negative(
      0,
      0,
      -1,
      'Adjustment would result in negative stock. Current on-hand: 0, requested change: -1.',
    ),
  ],
  ['UpdateInventory', { id: 'inv_none', details: { location: 'A' } }, notFound],
  ['Adjust', { id: ID, qty: -51, action: 'SOLD' }, negative(50, 5, -51, tooFew)],
  [
    'Adjust',
    { id: ID, qty: 1, action: 'SOLD', expectedOnHandQty: 49 },
    stale(49, 50, 'Expected 49 units on hand, but there are 50.'),
  ],
  ['SetOnHand', { id: 'inv_none', qty: 1 }, notFound],
  [
    'SetOnHand',
    { id: ID, qty: 4 },
    negative(50, 5, -46, 'Adjustment would leave 4 units on hand, but 5 units are reserved.'),
  ],
  [
    'BatchAdjust',
    { lines: [{ id: ID, qty: -51, action: 'SOLD' }] },
    {
      ...negative(50, 5, -51, tooFew),
      failedParts: [{ line: 0, id: ID, onHandQty: 50, reservedQty: 5, qty: -51 }],
      preconditions: [{ type: 'NEGATIVE_STOCK', subject: ID, description: `line 0: ${tooFew}` }],
    },
  ],
];

/** After this, each of the rejected calls would succeed: it adds units on hand, and units held under A. */
const change = [
  call('Adjust', { id: ID, qty: 100, action: 'RECEIVED' }, ok(adjusted(150, 5))),
  reserve(10, { reference: 'A' }, now(150, 15)),
];

const held = reserve(5, { reference: ORDER }, now(50, 5));

/** Idempotency keys on each RPC that changes something. The rules for keys are in idempotency.ts. */
export const keyedRpcs: readonly Scenario[] = [
  ...(Object.entries(keyed) as [ChangingRpc, Keyed][]).map(
    ([rpc, [request, expected, others]]): Scenario => ({
      name: `${rpc}: a key replays its success, and stands for no other request`,
      records: [record(50, 0)],
      steps: [
        held,
        call(rpc, request, expected, { ...key, bind: { first: 'id' } }),
        call(rpc, request, expected, replay),
        ...others.map((other) => call(rpc, { ...request, ...other }, keyReused, key)),
        call('ListHolds', { id: ID }, ok(expect.anything()), key),
        call(rpc, request, expected, replay),
        // A key in the field is the same as in the header, and the request is still the same.
        call(rpc, { ...request, idempotencyKey: 'k' }, expected, { replayed: true }),
        call(rpc, { ...request, idempotencyKey: 'k' }, expected, replay),
        ...others
          .slice(0, 1)
          .map((other) => call(rpc, { ...request, ...other, idempotencyKey: 'k' }, keyReused)),
      ],
    }),
  ),
  {
    name: 'UpdateInventory: a key among the details, which on REST are the whole body',
    records: [record(50, 0)],
    steps: [
      call('UpdateInventory', { id: ID, details: { location: 'A', idempotencyKey: 'k' } }, located),
      call('UpdateInventory', { id: ID, details: { location: 'A' } }, located, replay),
      call('UpdateInventory', { id: ID, idempotencyKey: 'k', details: { location: 'A' } }, located, {
        replayed: true,
      }),
      call('UpdateInventory', { id: ID, details: { location: 'B', idempotencyKey: 'k' } }, keyReused),
    ],
  },
  ...rejected.map(
    ([rpc, request, expected], i): Scenario => ({
      name: `${rpc}: a key replays its rejection ${i}`,
      records: [record(50, 0)],
      steps: [held, call(rpc, request, expected, key), ...change, call(rpc, request, expected, replay)],
    }),
  ),
];

function described() {
  return { productId: 'shirt', warehouseId: 'w', lastAdjustedBy: 'tester' };
}
