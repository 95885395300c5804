import { describe, expect } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { test as base, opened } from '../support/fixtures.js';

/** What a browser looks at before it lets a page call, on each kind of path of the HTTP port. */

const shop = 'https://shop.example';
const paths = [
  ['REST', 'PATCH', '/v1/inventory/inv_xyz789/reserve'],
  ['Connect', 'POST', '/inventory.v1.InventoryService/Reserve'],
  ['a probe', 'GET', '/healthz'],
  ['the document', 'GET', '/openapi.json'],
  ['nothing', 'GET', '/v1/foo'],
] as const;

const test = base
  .extend('environment', { CORS_ORIGINS: `${shop}, http://localhost:3000` })
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend(
    'closed',
    { scope: 'file' },
    opened(startApp, (app) => app.close()),
  );

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

  test('a preflight of a configured origin is answered without credentials', async ({ service }) => {
    const { status, headers } = await preflight(service, shop);
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

  test('one of another origin is not allowed', async ({ service }) => {
    const { headers } = await preflight(service, 'https://evil.example');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('access-control-allow-methods')).toBeNull();
  });

  test('none is, where no origin is configured', async ({ closed }) => {
    const { status, headers } = await preflight(closed, shop);
    expect(status).not.toBe(204);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('a page may read the answer, and the headers that it needs', async ({ service, merchant }) => {
    const { status, headers } = await fetch(service.httpUrl + path, {
      method,
      headers: {
        origin: shop,
        authorization: `Bearer ${merchant.token}`,
        'x-merchantapikey': merchant.apiKey,
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

test('a refusal because of missing credentials can be read, too', async ({ service }) => {
  const { status, headers } = await fetch(`${service.httpUrl}/v1/inventory/inv_xyz789/reserve`, {
    method: 'PATCH',
    headers: { origin: shop, 'content-type': 'application/json' },
    body: '{"qty":1}',
  });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([401, shop]);
});
