import { describe, expect } from 'vitest';
import type { Fault } from '../../src/domain/failure.js';
import type { Engine } from '../../src/engine/engine.js';
import { operationsOf, type Template } from '../property/openapi/draw-request.js';
import { everyEdge } from '../property/openapi/every-edge.js';
import { Members, type Tree, Verbatim } from '../property/openapi/json-tree.js';
import { encoded, type Parts } from '../property/openapi/parts.js';
import { startApp, type TestApp } from '../support/app.js';
import { test as base, opened } from '../support/fixtures.js';
import type { Json, JsonObject } from '../support/openapi/document.js';
import { passSeconds } from '../support/pass-time.js';
import { answered, bodies, document, exampleOf, examplesPointer, ID, Shop } from './openapi-shop.js';

/**
 * Provokes each failure of which the document has an example, and compares the answer with it, word for word. So the
 * document does not name failures that a call cannot have.
 */
const operations = operationsOf(document);

type Fails = Fault | { reason: 'RATE_LIMITED' };
/** The failure that the engine below answers with. No call can provoke these from outside. */
let told: Fails['reason'] = 'INTERNAL';
const tellingEngine: Engine = { submit: async () => ({ reason: told }) as Fault, drain: async () => {} };

const test = base.extend(
  'telling',
  { scope: 'file' },
  opened(
    () => startApp({}, { engine: tellingEngine }),
    (app) => app.close(),
  ),
);

function find(id: string): Template {
  return operations.find((operation) => operation.id === id)!;
}

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const hasBody = operation.value.requestBody !== undefined;
  let shop: Shop;
  let plain: Parts;
  test.beforeAll(async ({ service }) => {
    shop = await Shop.open(service, 1_000_000, 5);
    plain = shop.plain(operation);
  });

  test('credentials', async () => {
    await shop.expectExample(operation, 401, 'UNAUTHENTICATED', { ...plain, caller: shop.nobody });
    // In a batch, the permission is checked for each command.
    if (operation.id === 'batchExecute') return;
    await shop.expectExample(operation, 403, 'PERMISSION_DENIED', { ...plain, caller: shop.stranger });
  });

  test('what has a status of its own in HTTP', async () => {
    await shop.expectExample(operation, 406, 'MALFORMED_REQUEST', { ...plain, accept: 'text/html' });
    // A body is bounded even where none is expected.
    const isLarge = /^batch/.test(operation.id);
    const body = new Members([['padding', 'x'.repeat(isLarge ? 16_777_216 : 65_536)]]);
    await shop.expectExample(operation, 413, 'MALFORMED_REQUEST', { ...plain, body });
    if (!hasBody) return;
    const ofText = { ...plain, body: plain.body ?? new Members([]), contentType: 'text/plain' };
    await shop.expectExample(operation, 415, 'MALFORMED_REQUEST', ofText);
  });

  // Its request has no body and no parameters, so nothing in it can be wrong.
  const sendsNothing = operation.id === 'getSettings';
  test.skipIf(sendsNothing)('what cannot be read', async () => {
    const [, place] = / the (body|query|path) /.exec(
      String(exampleOf(operation, 400, 'MALFORMED_REQUEST').value.message),
    )!;
    const queryNames = (operation.value.parameters as JsonObject[])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name }) => String(name));
    const unreadable = { text: '%zz', readable: false };
    const variables = Object.fromEntries(Object.keys(plain.variables).map((name) => [name, unreadable]));
    const broken: Record<string, Partial<Parts>> = {
      body: { body: new Verbatim('{', undefined) },
      query: { query: [{ name: encoded(queryNames[0] ?? ''), value: unreadable }] },
      path: { variables },
    };
    await shop.expectExample(operation, 400, 'MALFORMED_REQUEST', { ...plain, ...broken[place!] });
  });

  test.skipIf(sendsNothing)('what breaks a rule', async () => {
    const { value, pointer } = exampleOf(operation, 422, 'VALIDATION_FAILED');
    for (const edge of everyEdge(document, operation, plain)) {
      const { status, body } = await shop.send(edge);
      if (status !== 422 || JSON.stringify(body) !== JSON.stringify(value)) continue;
      answered.add(pointer);
      return;
    }
    expect.unreachable(`no request is refused by ${JSON.stringify(value)}`);
  });
});

const changing = operations.filter(({ value }) =>
  JSON.stringify(value.parameters).includes('Idempotency-Key'),
);
test.for(changing.map((operation) => [operation.id, operation] as const))(
  '%s: a key of another call',
  async ([_, operation], { service }) => {
    const shop = await Shop.open(service, 1_000_000, 5);
    const headers = { 'idempotency-key': 'key 1' };
    const other = operation.id === 'updateSettings' ? 'reserve' : 'updateSettings';
    await shop.send({ ...shop.plain(find(other)), headers });
    const parts = { ...shop.plain(operation), headers };
    await shop.expectExample(operation, 422, 'IDEMPOTENCY_KEY_REUSED', parts);
  },
);

type Stock = [onHandQty: number, reservedQty: number] | [];
const line = (id: string, more: JsonObject): JsonObject => ({ lines: [{ id, ...more }] });
const sold = { action: 'SOLD' };

test.for<[operation: string, status: number, reason: string, Stock, body: JsonObject | undefined]>([
  ['reserve', 400, 'INSUFFICIENT_STOCK', [8, 5], { qty: 5 }],
  ['reserve', 404, 'INVENTORY_NOT_FOUND', [], { qty: 1 }],
  ['release', 400, 'INSUFFICIENT_RESERVED', [8, 3], { qty: 5 }],
  ['release', 404, 'INVENTORY_NOT_FOUND', [], { qty: 1 }],
  ['confirm', 400, 'INSUFFICIENT_RESERVED', [8, 3], { qty: 5 }],
  ['confirm', 404, 'INVENTORY_NOT_FOUND', [], { qty: 1 }],
  ['setHold', 400, 'INSUFFICIENT_STOCK', [8, 5], { qty: 5 }],
  ['setHold', 404, 'INVENTORY_NOT_FOUND', [], { qty: 1 }],
  ['listHolds', 404, 'INVENTORY_NOT_FOUND', [], undefined],
  ['getInventory', 404, 'INVENTORY_NOT_FOUND', [], undefined],
  ['updateInventory', 404, 'INVENTORY_NOT_FOUND', [], { location: 'A' }],
  ['adjust', 400, 'NEGATIVE_STOCK', [3, 0], { qty: -5, ...sold }],
  ['adjust', 404, 'INVENTORY_NOT_FOUND', [], { qty: -5, ...sold }],
  ['adjust', 409, 'STALE_QUANTITY', [12, 0], { qty: -5, expectedOnHandQty: 10, ...sold }],
  ['setOnHand', 400, 'NEGATIVE_STOCK', [8, 5], { qty: 2 }],
  ['setOnHand', 404, 'INVENTORY_NOT_FOUND', [], { qty: 5 }],
  ['setOnHand', 409, 'STALE_QUANTITY', [12, 0], { qty: 5, expectedOnHandQty: 10 }],
  ['batchAdjust', 400, 'NEGATIVE_STOCK', [3, 0], line(ID, { qty: -5, ...sold })],
  ['batchAdjust', 404, 'INVENTORY_NOT_FOUND', [3, 0], line('inv_unknown', { qty: 1, ...sold })],
  ['batchAdjust', 409, 'STALE_QUANTITY', [12, 0], line(ID, { qty: -5, expectedOnHandQty: 10, ...sold })],
  ['reserveOrder', 400, 'INSUFFICIENT_STOCK', [8, 5], line(ID, { qty: 5 })],
  ['reserveOrder', 404, 'INVENTORY_NOT_FOUND', [8, 5], line('inv_unknown', { qty: 5 })],
  ['setOrder', 400, 'INSUFFICIENT_STOCK', [8, 5], line(ID, { qty: 5 })],
  ['setOrder', 404, 'INVENTORY_NOT_FOUND', [8, 5], line('inv_unknown', { qty: 5 })],
  ['createInventory', 400, 'NEGATIVE_STOCK', [], { productId: 'p', warehouseId: 'w', initialQty: -5 }],
  [
    'createInventory',
    409,
    'INVENTORY_ALREADY_EXISTS',
    [8, 0],
    { productId: ID, warehouseId: 'main', initialQty: 0 },
  ],
])('%s %d %s', async ([id, status, reason, stock, body], { service }) => {
  const shop = await Shop.open(service, ...stock);
  const operation = find(id);
  const parts = { ...shop.plain(operation), body: body && treeOf(body) };
  await shop.expectExample(operation, status, reason, parts);
});

test('watchInventory 404 INVENTORY_NOT_FOUND', async ({ service }) => {
  const shop = await Shop.open(service);
  const operation = find('watchInventory');
  const query = [{ name: encoded('ids'), value: encoded('inv_unknown') }];
  const parts = { ...shop.plain(operation), query };
  await shop.expectExample(operation, 404, 'INVENTORY_NOT_FOUND', parts);
});

describe.each(['releaseOrder', 'confirmOrder', 'extendOrder', 'moveOrder'])('%s', (id) => {
  test.for<[reason: string, before: (shop: Shop, service: TestApp) => Promise<void>]>([
    ['ORDER_NOT_HELD', async () => {}],
    ['ORDER_ALREADY_RELEASED', (shop) => endedBy(shop, 'releaseOrder')],
    ['ORDER_ALREADY_CONFIRMED', (shop) => endedBy(shop, 'confirmOrder')],
    [
      'ORDER_EXPIRED',
      async (shop, service) => {
        await hold(shop);
        await passSeconds(service.app.dataSource, shop.credentials.merchantId, 61);
      },
    ],
  ])('400 %s', async ([reason, before], { service }) => {
    const shop = await Shop.open(service, 8, 0);
    await before(shop, service);
    const operation = find(id);
    await shop.expectExample(operation, 400, reason, shop.plain(operation));
  });

  test('400 INSUFFICIENT_RESERVED', async ({ service }) => {
    const shop = await Shop.open(service, 8, 0);
    const operation = find(id);
    const extendsOrder = id === 'extendOrder';
    if (extendsOrder)
      await service.seed(shop.credentials.merchantId, { id: 'inv_2', onHandQty: 8, reservedQty: 0 });
    await hold(shop, 3, extendsOrder ? 'inv_2' : ID);
    const body = treeOf({ ...bodies[id], ...line(ID, extendsOrder ? {} : { qty: 5 }) });
    await shop.expectExample(operation, 400, 'INSUFFICIENT_RESERVED', { ...shop.plain(operation), body });
  });

  test('404 INVENTORY_NOT_FOUND', async ({ service }) => {
    const shop = await Shop.open(service, 8, 0);
    const operation = find(id);
    const units = id === 'extendOrder' ? {} : { qty: 5 };
    const body = treeOf({ ...bodies[id], ...line('inv_unknown', units) });
    await shop.expectExample(operation, 404, 'INVENTORY_NOT_FOUND', { ...shop.plain(operation), body });
  });

  async function hold(shop: Shop, qty = 1, of = ID): Promise<void> {
    const body = treeOf({ ...line(of, { qty }), ttlSeconds: 60 });
    expect((await shop.send({ ...shop.plain(find('reserveOrder')), body })).status).toBe(200);
  }

  async function endedBy(shop: Shop, end: string): Promise<void> {
    await hold(shop);
    expect((await shop.send(shop.plain(find(end)))).status).toBe(200);
  }
});

test.for<[number, Fails['reason']]>([
  [429, 'RATE_LIMITED'],
  [500, 'INTERNAL'],
  [503, 'OVERLOADED'],
  [503, 'CONTENTION'],
  [503, 'DATABASE_UNAVAILABLE'],
  [503, 'SHUTTING_DOWN'],
  [504, 'DEADLINE_EXCEEDED'],
])('%d %s', async ([status, reason], { telling }) => {
  const shop = await Shop.open(telling);
  told = reason;
  const operation = find('reserve');
  await shop.expectExample(operation, status, reason, shop.plain(operation));
});

test('no example of a failure is left', () => {
  const all = operations.flatMap((operation) =>
    Object.keys(operation.value.responses as JsonObject)
      .filter((status) => status !== '200')
      .flatMap((status) => {
        const pointer = examplesPointer(operation, status);
        return Object.keys(document.at(pointer)!.value).map((reason) => `${pointer}/${reason}`);
      }),
  );
  expect(all.filter((pointer) => !answered.has(pointer))).toEqual([]);
});

/** The test before this one only sees codes that have an example. */
test('each code has an example', () => {
  for (const operation of operations) {
    for (const status of Object.keys(operation.value.responses as JsonObject).filter((s) => s !== '200')) {
      const pointer = examplesPointer(operation, status);
      const { schema } = document.at(pointer.replace(/\/examples$/, ''))!.value as { schema: JsonObject };
      const codes = ((schema.oneOf ?? [schema]) as JsonObject[]).flatMap(codesOf);
      expect(Object.keys(document.at(pointer)!.value).sort(), `${operation.id} ${status}`).toEqual(
        codes.sort(),
      );
    }
  }
});

function codesOf({ properties }: JsonObject): string[] {
  const { code } = (properties ?? {}) as { code?: { enum: string[] } };
  return code?.enum ?? ['UNAUTHENTICATED'];
}

function treeOf(json: Json): Tree {
  if (Array.isArray(json)) return json.map(treeOf);
  if (json === null || typeof json !== 'object') return json;
  return new Members(Object.entries(json).map(([key, value]) => [key, treeOf(value)]));
}
