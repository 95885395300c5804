import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp, tokenFor } from '../support/app.js';
import { type Door, openDoor } from '../support/doors.js';
import {
  openWatch,
  type WatchDoor,
  type WatchEvent,
  type WatchRequest,
  type WatchStream,
  watchDoors,
} from '../support/watches.js';
import { helpOf } from './contract.js';

/** WatchInventory through every door: what is sent, where it resumes, and what is refused before the first event. */

let app: TestApp;
let caller: Door;
let merchant: Credentials;
let other: Credentials;
const open: WatchStream[] = [];

beforeAll(async () => {
  app = await startApp();
  caller = openDoor('REST', app);
  merchant = await app.createMerchant();
  other = await app.createMerchant();
  const crowd = Array.from({ length: 101 }, (_, i) => ({
    id: `crowd_${i}`,
    onHandQty: 1,
    reservedQty: 0,
    details: { productId: 'crowd', warehouseId: `w${i}` },
  }));
  await app.seed(merchant.merchantId, { id: 'still', onHandQty: 7, reservedQty: 2 }, ...crowd);
  await app.seed(other.merchantId, { id: 'foreign', onHandQty: 1, reservedQty: 0 });
});
afterAll(async () => {
  for (const stream of open) stream.leave();
  caller.close();
  await app.close();
});

function watch(door: WatchDoor, request: WatchRequest, headers = {}): WatchStream {
  const stream = openWatch(door, app, request, { credentials: merchant, headers });
  open.push(stream);
  return stream;
}

async function call(...[rpc, request]: Parameters<Door['call']>): Promise<void> {
  expect(await caller.call(rpc, request, { credentials: merchant })).toMatchObject({ ok: true });
}

const adjust = (id: string, qty: number) => call('Adjust', { id, qty, action: 'ADJUSTED' });
const reserve = (id: string, qty: number) => call('Reserve', { id, qty });

/** Without the event's id. */
const shown = (events: readonly WatchEvent[]) => events.map(({ eventId: _, ...event }) => event);
const stock = (id: string, onHandQty: number, reservedQty: number) => ({
  id,
  onHandQty,
  reservedQty,
  availableQty: onHandQty - reservedQty,
});

let nextRecord = 0;
async function seeded(productId?: string): Promise<string> {
  const id = `rec_${nextRecord++}`;
  const details = productId === undefined ? {} : { productId, warehouseId: id };
  await app.seed(merchant.merchantId, { id, onHandQty: 10, reservedQty: 0, details });
  return id;
}

describe.each(watchDoors)('%s', (door) => {
  test('sends the current stock, then every change, each after the other', async () => {
    const [a, b] = [await seeded(), await seeded()];
    await reserve(b, 3);
    const stream = watch(door, { ids: [a, b] });
    const current = shown(await stream.take(2));
    expect(current).toHaveLength(2);
    expect(current).toEqual(expect.arrayContaining([stock(a, 10, 0), stock(b, 10, 3)]));
    await reserve(a, 4);
    await adjust(b, 5);
    await call('Release', { id: a, qty: 1 });
    const changes = shown(await stream.take(3));
    expect(changes.filter(({ id }) => id === a)).toEqual([stock(a, 10, 4), stock(a, 10, 3)]);
    expect(changes.filter(({ id }) => id === b)).toEqual([stock(b, 15, 3)]);
  });

  test('resumes after an event, only with what came after it', async () => {
    const id = await seeded();
    const first = watch(door, { ids: [id] });
    await first.next();
    await reserve(id, 1);
    const { eventId } = await first.next();
    first.leave();
    await reserve(id, 2);
    await reserve(id, 3);
    const second = watch(door, { ids: [id], afterId: eventId });
    expect(shown(await second.take(2))).toEqual([stock(id, 10, 3), stock(id, 10, 6)]);
    await adjust(id, 1);
    expect(shown(await second.take(1))).toEqual([stock(id, 11, 6)]);
    expect(second.seen).toHaveLength(3);
  });

  test('begins even when there is nothing new, so that callers do not take silence for a fault', async () => {
    const first = watch(door, { ids: ['still'] });
    const { eventId } = await first.next();
    const second = watch(door, { ids: ['still'], afterId: eventId });
    await second.begun;
    expect(second.seen).toEqual([]);
  });

  test('follows a product, and records of it that are added meanwhile', async () => {
    const product = `product_${nextRecord}`;
    const a = await seeded(product);
    const stream = watch(door, { productId: product });
    expect(shown(await stream.take(1))).toEqual([stock(a, 10, 0)]);
    const created = { productId: product, warehouseId: 'new', initialQty: 4 };
    await call('CreateInventory', created);
    const joined = await stream.next();
    expect(joined).toMatchObject({ onHandQty: 4, reservedQty: 0 });
    await reserve(joined.id, 1);
    await reserve(a, 2);
    const changes = shown(await stream.take(2));
    expect(changes).toEqual(expect.arrayContaining([stock(joined.id, 4, 1), stock(a, 10, 2)]));
  });

  test('an unknown product has no records yet', async () => {
    const product = `product_${nextRecord++}`;
    const stream = watch(door, { productId: product });
    await stream.begun;
    const id = await seeded(product);
    await reserve(id, 1);
    // The seed wakes no watch, but the reserve does.
    expect((await stream.takeUntil((event) => event.reservedQty === 1)).at(-1)).toMatchObject({ id });
  });

  test('the same record twice is one', async () => {
    const id = await seeded();
    const stream = watch(door, { ids: [id, id] });
    await stream.next();
    await reserve(id, 1);
    expect(shown(await stream.take(1))).toEqual([stock(id, 10, 1)]);
    expect(stream.seen).toHaveLength(2);
  });

  const many = Array.from({ length: 101 }, (_, i) => `rec_${i}`);
  const tokenOf = async (id: string) => (await watch(door, { ids: [id] }).next()).eventId;
  // [what is wrong, request, field]
  test.each<[string, () => WatchRequest | Promise<WatchRequest>, string]>([
    ['neither ids nor a product', () => ({}), 'ids'],
    ['both ids and a product', () => ({ ids: ['still'], productId: 'crowd' }), 'ids'],
    ['101 ids', () => ({ ids: many }), 'ids'],
    ['an id of characters that no id has', () => ({ ids: ['still', 'a b'] }), 'ids[1]'],
    ['an empty id', () => ({ ids: [''] }), 'ids[0]'],
    ['a product of 101 records', () => ({ productId: 'crowd' }), 'productId'],
    ['a product of too many letters', () => ({ productId: 'p'.repeat(129) }), 'productId'],
    ['an invalid event id', () => ({ ids: ['still'], afterId: 'xyz' }), 'afterId'],
    ['an event id of too many letters', () => ({ ids: ['still'], afterId: 'a'.repeat(4097) }), 'afterId'],
    [
      "an event id of another watch's record",
      async () => ({ ids: ['still'], afterId: await tokenOf('crowd_0') }),
      'afterId',
    ],
    [
      'an event id from the future',
      async () => ({ ids: ['still'], afterId: `${(await tokenOf('still')).slice(0, 8)}zz` }),
      'afterId',
    ],
  ])('refuses %s', async (_, request, field) => {
    const stream = watch(door, await request());
    const ending = await stream.ended;
    expect(ending).toMatchObject({ reason: 'VALIDATION_FAILED', ...status(door, 3, 422) });
    expect(Object.keys(ending.violations!)).toEqual([field]);
    expect(stream.seen).toEqual([]);
  });

  test.each([
    ['by the merchant', true],
    ['by a stranger, who is not told', false],
  ])('refuses what nobody can read, sent %s', async (_, known) => {
    const credentials = known ? merchant : {};
    const stream = openWatch(door, app, {}, { credentials, bytes: unreadable(door) });
    const [reason, code, httpStatus] = known ? ['MALFORMED_REQUEST', 3, 400] : ['UNAUTHENTICATED', 16, 401];
    expect(await stream.ended).toMatchObject({
      reason,
      ...status(door, code as number, httpStatus as number),
    });
  });

  // [what is wrong, ids]
  test.each([
    ['an unknown record', ['nobody']],
    ["another merchant's record", ['foreign']],
    ['an unknown record and a known one', ['still', 'nobody']],
  ])('refuses %s', async (_, ids) => {
    const stream = watch(door, { ids });
    expect(await stream.ended).toMatchObject({
      reason: 'INVENTORY_NOT_FOUND',
      help: helpOf('INVENTORY_NOT_FOUND'),
      ...status(door, 5, 404),
    });
    expect(stream.seen).toEqual([]);
  });

  // [what is wrong, credentials, reason, code, status]
  test.each<[string, () => object | Promise<object>, string, number, number]>([
    ['no credentials', () => ({}), 'UNAUTHENTICATED', 16, 401],
    ['a token alone', () => ({ token: merchant.token }), 'UNAUTHENTICATED', 16, 401],
    [
      'a key of nobody',
      () => ({ ...merchant, apiKey: `pk_test_${'x'.repeat(43)}` }),
      'UNAUTHENTICATED',
      16,
      401,
    ],
    ["another merchant's key", () => ({ ...merchant, apiKey: other.apiKey }), 'UNAUTHENTICATED', 16, 401],
    ['a forged token', () => ({ ...merchant, token: `${merchant.token}x` }), 'UNAUTHENTICATED', 16, 401],
    [
      'a token without permissions',
      async () => ({ ...merchant, token: await tokenFor(merchant.merchantId, []) }),
      'PERMISSION_DENIED',
      7,
      403,
    ],
  ])('refuses %s', async (_, credentials, reason, code, httpStatus) => {
    const stream = openWatch(door, app, { ids: ['still'] }, { credentials: await credentials() });
    expect(await stream.ended).toMatchObject({ reason, ...status(door, code, httpStatus) });
    expect(stream.seen).toEqual([]);
  });

  test('the permission to read quantities is enough', async () => {
    const token = await tokenFor(merchant.merchantId, ['can_read_stock']);
    const stream = openWatch(door, app, { ids: ['still'] }, { credentials: { ...merchant, token } });
    open.push(stream);
    expect(shown(await stream.take(1))).toEqual([stock('still', 7, 2)]);
  });
});

describe('Last-Event-ID', () => {
  test.each(['REST lines', 'REST events'] as const)(
    'by %s is where the stream goes on, whatever the address says: a browser repeats its first one',
    async (door) => {
      const id = await seeded();
      const first = watch(door, { ids: [id] });
      await first.next();
      await reserve(id, 1);
      await reserve(id, 1);
      const [one, two] = await first.take(2);
      const afterHeader = watch(door, { ids: [id] }, { 'last-event-id': one!.eventId });
      expect(shown(await afterHeader.take(1))).toEqual([stock(id, 10, 2)]);
      const afterBoth = watch(door, { ids: [id], afterId: one!.eventId }, { 'last-event-id': two!.eventId });
      await afterBoth.begun;
      await reserve(id, 1);
      expect(shown(await afterBoth.take(1))).toEqual([stock(id, 10, 3)]);
      const afterNothing = watch(door, { ids: [id], afterId: two!.eventId }, { 'last-event-id': '' });
      expect(shown(await afterNothing.take(1))).toEqual([stock(id, 10, 3)]);
    },
  );

  test('that is not an event id is refused', async () => {
    const stream = watch('REST events', { ids: ['still'] }, { 'last-event-id': 'xyz' });
    const ending = await stream.ended;
    expect(ending).toMatchObject({ httpStatus: 422, reason: 'VALIDATION_FAILED' });
    expect(Object.keys(ending.violations!)).toEqual(['afterId']);
  });
});

function unreadable(door: WatchDoor): Buffer {
  if (door.startsWith('REST')) return Buffer.from('ids=still&afterId=%FF');
  return door === 'Connect JSON' ? Buffer.from('{"ids": 5}') : Buffer.from([0x0a, 0xff]);
}

function status(door: WatchDoor, code: number, httpStatus: number) {
  return door.startsWith('REST') ? { httpStatus } : { code };
}
