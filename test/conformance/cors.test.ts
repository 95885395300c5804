import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../support/app.js';

/** What a browser looks at before it lets a page call, on each kind of path of the HTTP port. */

const shop = 'https://shop.example';
const paths = [
  ['REST', 'PATCH', '/v1/inventory/inv_xyz789/reserve'],
  ['Connect', 'POST', '/inventory.v1.InventoryService/Reserve'],
  ['a probe', 'GET', '/healthz'],
  ['the document', 'GET', '/openapi.json'],
  ['nothing', 'GET', '/v1/foo'],
] as const;

let open: TestApp;
let closed: TestApp;
let credentials: Credentials;
beforeAll(async () => {
  open = await startApp({ CORS_ORIGINS: `${shop}, http://localhost:3000` });
  closed = await startApp();
  credentials = await open.createMerchant();
  await open.seed(credentials.merchantId, { id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 });
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

describe.each(paths)('%s', (kind, method, path) => {
  const preflight = (service: TestApp, origin: string) =>
    fetch(service.httpUrl + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization, x-merchantapikey, content-type',
      },
    });

  test('a preflight of a configured origin is answered without credentials', async () => {
    const { status, headers } = await preflight(open, shop);
    expect(status).toBe(kind === 'nothing' ? 404 : 204);
    expect(headers.get('access-control-allow-origin')).toBe(shop);
    if (kind === 'nothing') return;
    expect(headers.get('access-control-allow-methods')?.split(', ')).toContain(method);
    expect(headers.get('access-control-allow-headers')?.split(', ')).toEqual(
      expect.arrayContaining([
        ...['authorization', 'x-merchantapikey', 'content-type', 'idempotency-key'],
        // What the official gRPC-Web client sends.
        ...['x-grpc-web', 'x-user-agent', 'grpc-timeout'],
      ]),
    );
  });

  test('one of another origin is not allowed', async () => {
    const { headers } = await preflight(open, 'https://evil.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('access-control-allow-methods')).toBeNull();
  });

  test('none is, where no origin is configured', async () => {
    const { status, headers } = await preflight(closed, shop);
    expect(status).not.toBe(204);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('a page may read the answer, and the headers that it needs', async () => {
    const { status, headers } = await fetch(open.httpUrl + path, {
      method,
      headers: {
        origin: shop,
        authorization: `Bearer ${credentials.token}`,
        'x-merchantapikey': credentials.apiKey,
        'content-type': 'application/json',
      },
      ...(method !== 'GET' && { body: '{"id":"inv_xyz789","qty":1}' }),
    });
    expect(status).toBe(kind === 'nothing' ? 404 : 200);
    expect(headers.get('access-control-allow-origin')).toBe(shop);
    expect(headers.get('vary')).toContain('origin');
    expect(headers.get('access-control-expose-headers')?.split(', ')).toEqual(
      expect.arrayContaining(['x-request-id', 'retry-after', 'idempotency-replayed']),
    );
  });
});

test('a refusal because of missing credentials can be read, too', async () => {
  const { status, headers } = await fetch(`${open.httpUrl}/v1/inventory/inv_xyz789/reserve`, {
    method: 'PATCH',
    headers: { origin: shop, 'content-type': 'application/json' },
    body: '{"qty":1}',
  });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([401, shop]);
});
