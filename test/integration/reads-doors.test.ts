import { describe, expect } from 'vitest';
import type { Permission } from '../../src/auth/principal.js';
import { type Credentials, tokenFor } from '../support/app.js';
import { type Doors, doorNames, type Rpc } from '../support/doors.js';
import { test } from '../support/fixtures.js';

/** The reads as callers see them, through every door. Other tests check, without a door, what they select. */

let owner: Credentials;
let stranger: Credentials;
test.beforeAll(async ({ service }) => {
  owner = await service.createMerchant();
  stranger = await service.createMerchant();
  await service.seed(
    owner.merchantId,
    {
      id: 'inv_shirt',
      onHandQty: 9,
      reservedQty: 4,
      details: {
        productId: 'shirt/1',
        skuId: 'shirt red',
        warehouseId: 'wh_1',
        warehouseName: 'North',
        location: 'A-1',
        reorderLevel: 5,
        reorderQty: 500,
        variantAttributes: { colour: 'red' },
      },
    },
    { id: 'inv_shoe', onHandQty: 7, reservedQty: 0 },
  );
  await service.database.query(`
    UPDATE inventory_records SET created_at = '2026-01-01T00:00:00Z', updated_at = '2026-01-02T00:00:00Z'`);
  await service.database.query(`
    UPDATE movement_log SET logged_at = timestamptz '2026-01-03T00:00:00.5Z' + revision * interval '1 minute'`);
  await service.database.query(
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision, expires_at)
     VALUES ($1, 'inv_shoe', 'ORD-1', 2, 1, '2100-01-01T00:00:00Z')`,
    [owner.merchantId],
  );
  await service.database.query("UPDATE stock_levels SET reserved_qty = 2 WHERE id = 'inv_shoe'");
  await service.database.query(
    "UPDATE movement_log SET on_hand_qty = NULL, reserved_qty = NULL WHERE inventory_id = 'inv_shoe'",
  );
});

const shirt = () => ({
  id: 'inv_shirt',
  productId: 'shirt/1',
  skuId: 'shirt red',
  tenantId: owner.merchantId,
  warehouseId: 'wh_1',
  warehouseName: 'North',
  location: 'A-1',
  onHandQty: 9,
  reservedQty: 4,
  availableQty: 5,
  reorderLevel: 5,
  reorderQty: 500,
  variantAttributes: { colour: 'red' },
  lastStockAdjusted: '2026-01-03T00:01:00.500Z',
  lastAdjustedBy: 'system',
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-03T00:02:00.500Z',
});
const shoe = () => ({
  ...shirt(),
  id: 'inv_shoe',
  productId: 'inv_shoe',
  skuId: null,
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  onHandQty: 7,
  reservedQty: 2,
  availableQty: 5,
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
  updatedAt: '2026-01-03T00:01:00.500Z',
});
const shoeHold = { id: 'inv_shoe', reference: 'ORD-1', qty: 2, expiresAt: '2100-01-01T00:00:00Z' };
const shoeLine = {
  id: 'inv_shoe',
  heldQty: 2,
  confirmedQty: 0,
  releasedQty: 0,
  expiredQty: 0,
  movedQty: 0,
  expiresAt: '2100-01-01T00:00:00Z',
};
const shoeOrder = {
  reference: 'ORD-1',
  heldQty: 2,
  records: 1,
  oldestHeldAt: '2026-01-03T00:01:00.500Z',
  nextExpiryAt: '2100-01-01T00:00:00Z',
};
const orders = (content: unknown[], limit = 50) => ({ content, limit, nextPageToken: '' });
const entry = (
  inventoryId: string,
  revision: number,
  action: string,
  qtyChange: number,
  productId: string,
  after: [onHandQty: number, reservedQty: number] | [null, null],
) => ({
  id: `${inventoryId}.${revision}`,
  inventoryId,
  productId,
  tenantId: owner.merchantId,
  action,
  qtyChange,
  reference: null,
  notes: 'initial stock',
  adjustedBy: 'system',
  logDate: `2026-01-03T00:0${revision}:00.500Z`,
  timestamp: `2026-01-03T00:0${revision}:00.500Z`,
  onHandQty: after[0],
  reservedQty: after[1],
  toReference: null,
  movedQty: null,
});
const shirtReceived = () => entry('inv_shirt', 1, 'RECEIVED', 9, 'shirt/1', [9, 0]);
const shirtReserved = () => entry('inv_shirt', 2, 'RESERVED', -4, 'shirt/1', [9, 4]);
// An entry from before entries had figures.
const shoeReceived = () => entry('inv_shoe', 1, 'RECEIVED', 7, 'inv_shoe', [null, null]);
const counted = (content: unknown[], limit = 50) => ({
  content,
  page: 0,
  limit,
  totalElements: content.length,
  nextPageToken: '',
});

describe.each(doorNames)('%s', (name) => {
  const call = ({ [name]: door }: Doors, rpc: Rpc, request: object, credentials = owner) =>
    door.call(rpc, { ...request }, { credentials });

  test.for<[Rpc, object, () => unknown]>([
    ['GetInventory', { id: 'inv_shirt' }, shirt],
    ['GetInventory', { id: 'inv_shoe' }, shoe],
    ['ListInventory', {}, () => counted([shirt(), shoe()])],
    ['ListInventory', { limit: 200 }, () => counted([shirt(), shoe()], 200)],
    ['ListInventoryByProduct', { productId: 'shirt/1' }, () => [shirt()]],
    ['ListInventoryByProduct', { productId: 'none' }, () => []],
    ['ListInventoryBySku', { skuId: 'shirt red' }, () => [shirt()]],
    ['ListLowStock', {}, () => [shirt()]],
    ['ListLowStock', { limit: 1, afterId: 'inv_shirt' }, () => []],
    ['ListLogs', {}, () => counted([shirtReserved(), shoeReceived(), shirtReceived()])],
    ['ListLogs', { action: 'RESERVED' }, () => counted([shirtReserved()])],
    [
      'ListLogs',
      { from: '2026-01-03T00:01:00.500Z', to: '2026-01-03T01:02:00.5+01:00' },
      () => counted([shoeReceived(), shirtReceived()]),
    ],
    ['ListLogs', { from: '2026-01-03T00:01:00.500001Z' }, () => counted([shirtReserved()])],
    ['ListLogs', { to: '2026-01-03T00:01:00.5Z' }, () => counted([])],
    ['ListLogs', { inventoryId: 'inv_shoe', reference: 'ORD-9' }, () => counted([])],
    [
      'GetOrder',
      { reference: 'ORD-1' },
      () => ({ reference: 'ORD-1', state: 'HELD', holds: [shoeHold], lines: [shoeLine] }),
    ],
    [
      'GetOrder',
      { reference: 'a/b c' },
      () => ({ reference: 'a/b c', state: 'NOT_HELD', holds: [], lines: [] }),
    ],
    ['ListOrders', {}, () => orders([shoeOrder])],
    [
      'ListOrders',
      { expiresBefore: '2100-01-01T00:00:00.001Z', inventoryId: 'inv_shoe', limit: 3 },
      () => orders([shoeOrder], 3),
    ],
    ['ListOrders', { expiresBefore: '2100-01-01T00:00:00Z' }, () => orders([])],
    ['ListOrders', { heldBefore: '2026-01-03T00:01:00.5Z' }, () => orders([])],
    ['ListOrders', { heldBefore: '2026-01-03T00:01:00.501Z' }, () => orders([shoeOrder])],
    ['ListOrders', { inventoryId: 'inv_shirt' }, () => orders([])],
    ['ListHolds', { id: 'inv_shoe' }, () => ({ content: [shoeHold], limit: 100, nextPageToken: '' })],
    [
      'ListHolds',
      { id: 'inv_shirt', limit: 1 },
      () => ({ content: [{ id: 'inv_shirt', reference: null, qty: 4 }], limit: 1, nextPageToken: '' }),
    ],
    ['GetSettings', {}, () => ({ defaultTtlSeconds: 0 })],
  ])('%s %j', async ([rpc, request, expected], { doors }) => {
    expect(await call(doors, rpc, request)).toMatchObject({ ok: true, replayed: false });
    expect((await call(doors, rpc, request)).data).toEqual(expected());
  });

  test('a walk by token', async ({ doors }) => {
    const first = (await call(doors, 'ListInventory', { limit: 1 })).data as { nextPageToken: string };
    expect(first).toMatchObject({ content: [{ id: 'inv_shirt' }], page: 0, totalElements: 2 });
    const second = await call(doors, 'ListInventory', { limit: 1, pageToken: first.nextPageToken });
    const expected = { page: 1, limit: 1, totalElements: 2, nextPageToken: '' };
    expect(second.data).toEqual({ content: [shoe()], ...expected });
  });

  test.for<[Rpc, object, string]>([
    ['ListInventory', { limit: 0 }, 'limit'],
    ['ListInventory', { limit: 201 }, 'limit'],
    ['ListInventory', { page: -1 }, 'page'],
    ['ListInventory', { pageToken: 'abc' }, 'pageToken'],
    ['ListLowStock', { limit: 1001 }, 'limit'],
    ['ListLogs', { limit: 201 }, 'limit'],
    ['ListLogs', { pageToken: 'abc' }, 'pageToken'],
    ['ListLogs', { inventoryId: 'a b' }, 'inventoryId'],
    ['ListOrders', { limit: 201 }, 'limit'],
    ['ListOrders', { pageToken: 'abc' }, 'pageToken'],
    ['ListOrders', { inventoryId: 'a b' }, 'inventoryId'],
    ['ListHolds', { id: 'inv_shoe', limit: 1001 }, 'limit'],
    ['ListHolds', { id: 'inv_shoe', pageToken: 'abc' }, 'pageToken'],
    ['GetInventory', { id: 'a b' }, 'id'],
    ['GetOrder', { reference: 'x'.repeat(129) }, 'reference'],
  ])('%s %j is refused', async ([rpc, request, field], { doors }) => {
    const { reason, violations } = await call(doors, rpc, request);
    expect([reason, Object.keys(violations ?? {})]).toEqual(['VALIDATION_FAILED', [field]]);
  });

  test.for<[Rpc, object, unknown]>([
    ['GetInventory', { id: 'inv_shirt' }, 'INVENTORY_NOT_FOUND'],
    ['ListHolds', { id: 'inv_shoe' }, 'INVENTORY_NOT_FOUND'],
    ['ListOrders', {}, orders([])],
    ['ListInventory', {}, counted([])],
    ['ListInventoryByProduct', { productId: 'shirt/1' }, []],
    ['ListInventoryBySku', { skuId: 'shirt red' }, []],
    ['ListLowStock', {}, []],
    ['ListLogs', {}, counted([])],
    ['GetOrder', { reference: 'ORD-1' }, { reference: 'ORD-1', state: 'NOT_HELD', holds: [], lines: [] }],
  ])('to another merchant, %s %j has nothing to show', async ([rpc, request, expected], { doors }) => {
    const answer = await call(doors, rpc, request, stranger);
    expect(answer.ok ? answer.data : answer.reason).toEqual(expected);
  });
});

const reads: readonly [Rpc, object][] = [
  ['GetInventory', { id: 'inv_shirt' }],
  ['ListInventory', {}],
  ['ListInventoryByProduct', { productId: 'p' }],
  ['ListInventoryBySku', { skuId: 's' }],
  ['ListLowStock', {}],
  ['ListLogs', {}],
  ['GetOrder', { reference: 'ORD-1' }],
  ['ListOrders', {}],
  ['ListHolds', { id: 'inv_shirt' }],
  ['GetSettings', {}],
];

describe.each(reads)('%s', (rpc, request) => {
  test.for<[Permission[], string]>([
    [['can_read_inventory'], 'answered'],
    [['can_update_inventory'], 'answered'],
    [['can_manage_inventory'], 'answered'],
    [[], 'PERMISSION_DENIED'],
  ])('with %j', async ([permissions, expected], { doors }) => {
    const token = await tokenFor(owner.merchantId, permissions);
    const answer = await doors.gRPC.call(rpc, { ...request }, { credentials: { ...owner, token } });
    expect(answer.ok ? 'answered' : answer.reason).toBe(expected);
  });
});
