import { permissions } from '../../../src/auth/principal.js';
import { type Credentials, type TestApp, tokenFor } from '../../support/app.js';
import type { Known } from './draw-value.js';
import type { Caller } from './parts.js';

/** Records, orders and callers for requests to meet. */
export interface World {
  readonly known: Known;
  /** The first may do everything. */
  readonly callers: readonly Caller[];
}

const ids = ['inv_1', 'inv_2', 'inv_3', 'inv_4', 'inv_full'];
/** A record that no drawn request names. */
export const UNTOUCHED = 'inv_untouched';
const CART = 'CART-1';
const references = ['ORD-1', 'ORD-2', 'ORD 3/ö'];
const QTY_MAX = 2147483647;

export async function fill(service: TestApp): Promise<World> {
  const ours = await service.createMerchant();
  const others = await service.createMerchant();
  const details = { productId: 'prod_1', skuId: 'sku_1', reorderLevel: 100 };
  await service.seed(
    ours.merchantId,
    { id: 'inv_1', onHandQty: 1_000_000, reservedQty: 5, details },
    { id: 'inv_2', onHandQty: 1_000_000, reservedQty: 0, details: { ...details, warehouseId: 'wh_2' } },
    { id: 'inv_3', onHandQty: 50, reservedQty: 50, details: { ...details, warehouseId: 'wh_3' } },
    { id: 'inv_4', onHandQty: 0, reservedQty: 0 },
    { id: 'inv_full', onHandQty: QTY_MAX, reservedQty: QTY_MAX - 3 },
    { id: UNTOUCHED, onHandQty: 10, reservedQty: 0 },
  );
  await service.seed(others.merchantId, { id: 'inv_theirs', onHandQty: 10, reservedQty: 1 });
  const client = new Client(service.httpUrl, ours);
  for (const reference of [...references, CART, 'CART-2']) {
    const lines = ids.slice(0, 2).map((id) => ({ id, qty: 40 }));
    await client.ask('POST', `/v1/orders/${encodeURIComponent(reference)}/reserve`, { lines });
  }
  for (const reference of ['CART-3', 'CART-4']) {
    await client.ask('POST', `/v1/orders/${reference}/reserve`, { lines: [{ id: UNTOUCHED, qty: 1 }] });
  }
  const [records, logs, holds] = (await Promise.all(
    ['/v1/inventory?limit=2', '/v1/inventory/logs?limit=2', '/v1/inventory/inv_1/holds?limit=1'].map((path) =>
      client.nextPage(path),
    ),
  )) as [string, string, string];
  const events = [
    await client.firstEvent('ids=inv_1&ids=inv_2'),
    await client.firstEvent('productId=prod_1'),
  ];
  // Most have units to reserve and to release.
  const anyId = [
    ...Array<string>(5).fill('inv_1'),
    ...Array<string>(4).fill('inv_2'),
    ...ids,
    'inv_none',
    'inv_theirs',
    'watch',
  ];
  return {
    known: {
      id: anyId,
      ids,
      inventoryId: anyId,
      reference: [...references, 'ORD-none'],
      // Each has an order of its own: other calls would have emptied a shared one.
      'moveOrder.reference': [CART, CART, ...references],
      'extendOrder.reference': ['CART-2', ...references],
      'releaseOrder.reference': ['CART-3', ...references],
      'confirmOrder.reference': ['CART-4', ...references],
      toReference: references,
      productId: ['prod_1', 'prod_none', 'inv_4'],
      skuId: ['sku_1', 'sku_none'],
      warehouseId: ['main', 'wh_2', 'wh_9'],
      qty: [1, 1, 2, 3, -1],
      ttlSeconds: [3600],
      initialQty: [0, 7],
      expectedOnHandQty: [50, 0, QTY_MAX],
      page: [0, 1],
      limit: [1, 50],
      'listInventory.pageToken': [records, records, logs],
      'listLogs.pageToken': [logs, logs, records],
      'listHolds.pageToken': [holds, logs],
      'listOrders.pageToken': [holds, logs],
      'listLowStock.afterId': ids,
      'watchInventory.afterId': events,
      'Last-Event-ID': events,
      'Idempotency-Key': ['key 1', 'key 2', 'key 3', 'key 4', 'key 5', 'key 6', 'key 7', 'key 8'],
      updateMask: ['location', 'location,reorderLevel', 'variantAttributes', ''],
    },
    callers: await callersOf(ours, others),
  };
}

async function callersOf(ours: Credentials, others: Credentials): Promise<Caller[]> {
  const { apiKey, token, merchantId } = ours;
  const headers = (text: string, key: string) => ({
    authorization: `Bearer ${text}`,
    'x-merchantapikey': key,
  });
  const limited = await Promise.all(
    [[], ...permissions.slice(0, -1).map((_, i) => permissions.slice(0, i + 1))].map(async (granted) => ({
      name: `who has ${granted.join(', ')}`,
      headers: headers(await tokenFor(merchantId, granted), apiKey),
      permission: granted.at(-1) ?? ('none' as const),
    })),
  );
  const refused = (name: string, sent: Record<string, string>): Caller => ({
    name,
    headers: sent,
    permission: undefined,
  });
  return [
    { name: 'manager', headers: headers(token, apiKey), permission: 'can_manage_inventory' },
    { name: 'stranger', headers: headers(others.token, others.apiKey), permission: 'can_manage_inventory' },
    ...limited,
    refused('nobody', {}),
    refused('a key alone', { 'x-merchantapikey': apiKey }),
    refused('a token alone', { authorization: `Bearer ${token}` }),
    refused('a token and another’s key', headers(token, others.apiKey)),
    refused('a token that is damaged', headers(token.slice(0, -4), apiKey)),
    refused('a token that has expired', headers(await tokenFor(merchantId, permissions, -60), apiKey)),
    refused('no scheme', { authorization: token, 'x-merchantapikey': apiKey }),
  ];
}

class Client {
  readonly #headers: Record<string, string>;

  readonly #httpUrl: string;

  constructor(httpUrl: string, { token, apiKey }: Credentials) {
    this.#httpUrl = httpUrl;
    this.#headers = {
      authorization: `Bearer ${token}`,
      'x-merchantapikey': apiKey,
      'content-type': 'application/json',
    };
  }

  async ask(method: string, path: string, body?: object): Promise<Response> {
    const init = { method, headers: this.#headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${this.#httpUrl}${path}`, init);
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  }

  async nextPage(path: string): Promise<string> {
    const { data } = (await (await this.ask('GET', path)).json()) as { data: { nextPageToken: string } };
    return data.nextPageToken;
  }

  async firstEvent(query: string): Promise<string> {
    const response = await this.ask('GET', `/v1/inventory/watch?${query}`);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return (JSON.parse(Buffer.from(value!).toString().split('\n')[0]!) as { eventId: string }).eventId;
  }
}
