import { connect as connectHttp2 } from 'node:http2';
import { describe, expect } from 'vitest';
import type { Credentials } from '../support/app.js';
import { type Door, doorNames } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { exchange, readResponses } from '../support/wire.js';

/** What the HTTP port serves in addition to calls, and what every answer has. */

const test = base
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend('headers', ({ merchant }) => ({
    Authorization: `Bearer ${merchant.token}`,
    'X-MerchantApiKey': merchant.apiKey,
    'Content-Type': 'application/json',
  }))
  .extend(
    'patch',
    ({ service, headers }) =>
      async (action: string, body: object, more: Record<string, string> = {}) => {
        const response = await fetch(`${service.httpUrl}/v1/inventory/inv_xyz789/${action}`, {
          method: 'PATCH',
          headers: { ...headers, ...more },
          body: JSON.stringify(body),
        });
        return `${response.status} ${await response.text()}`;
      },
  );

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Gets a path without credentials. */
const versions: Readonly<Record<string, (httpUrl: string, path: string) => Promise<Page>>> = {
  'HTTP/1.1': async (httpUrl, path) => {
    const text = await exchange(
      httpUrl,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    const { status, headers, body } = readResponses(text)[0]!;
    return { status, contentType: headers['content-type']!, body };
  },
  'HTTP/2 in cleartext': (httpUrl, path) =>
    new Promise((resolve, reject) => {
      const session = connectHttp2(httpUrl);
      session.on('error', reject);
      const stream = session.request({ ':path': path });
      const chunks: Buffer[] = [];
      let head = { status: 0, contentType: '' };
      stream.on('response', (headers) => {
        head = { status: headers[':status']!, contentType: headers['content-type']! };
      });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('end', () => {
        session.destroy();
        resolve({ ...head, body: Buffer.concat(chunks).toString() });
      });
    }),
};

describe.each(Object.entries(versions))('%s', (_, get) => {
  test.for<[string, number, string, string]>([
    ['/healthz', 200, 'application/json', '{"status":"UP"}'],
    ['/readyz', 200, 'application/json', '{"status":"UP"}'],
    ['/healthz?deep=1', 200, 'application/json', '{"status":"UP"}'],
  ])('GET %s → %d', async ([path, status, contentType, body], { service }) => {
    expect(await get(service.httpUrl, path)).toEqual({ status, contentType, body });
  });

  test('GET /metrics counts calls by RPC and outcome', async ({ service, doors, merchant }) => {
    await doors.REST.call('Reserve', { id: 'inv_none', qty: 1 }, { credentials: merchant });
    const { status, contentType, body } = await get(service.httpUrl, '/metrics');
    expect(status).toBe(200);
    expect(contentType).toMatch(/^text\/plain/);
    expect(body).toMatch(/Reserve.*INVENTORY_NOT_FOUND|INVENTORY_NOT_FOUND.*Reserve/);
    expect(body, 'nobody’s secrets').not.toContain(merchant.apiKey);
  });
});

describe.each(doorNames)('%s: request id', (name) => {
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const fail = async (door: Door, credentials: Credentials, id?: string): Promise<string | undefined> => {
    const headers = id === undefined ? {} : { 'x-request-id': id };
    const { requestId } = await door.call('Reserve', { id: 'inv_none', qty: 1 }, { credentials, headers });
    return requestId;
  };

  test.for<[string, string | undefined, RegExp]>([
    ['a sane one comes back', 'req-42/a:b', /^req-42\/a:b$/],
    ['none: one is made', undefined, uuid],
    ['one with a space is replaced', 'a b', uuid],
    ['one that is too long is replaced', 'x'.repeat(129), uuid],
  ])('%s', async ([_, id, expected], { doors, merchant }) => {
    expect(await fail(doors[name], merchant, id)).toMatch(expected);
  });

  test('no two are the same', async ({ doors, merchant }) => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => fail(doors[name], merchant)));
    expect(new Set(ids).size).toBe(10);
  });

  test('strangers get one too', async ({ doors }) => {
    const { reason, requestId } = await doors[name].call('Reserve', { id: 'inv_none', qty: 1 });
    expect(reason).toBe('UNAUTHENTICATED');
    expect(requestId).toMatch(uuid);
  });
});

describe('REST, word for word', () => {
  test('the published samples, byte for byte', async ({ patch }) => {
    const reference = 'ORD-20241201-0099';
    const reserve = { qty: 2, reference, notes: 'Reserved for customer checkout' };
    expect(await patch('reserve', reserve)).toBe(
      '200 {"status":true,"data":{"id":"inv_xyz789","onHandQty":50,"reservedQty":7,"availableQty":43}}',
    );
    const release = { qty: 2, reference, notes: 'Order cancelled — releasing hold' };
    expect(await patch('release', release)).toBe(
      '200 {"status":true,"data":{"id":"inv_xyz789","onHandQty":50,"reservedQty":5,"availableQty":45}}',
    );
  });

  test('zero is written out', async ({ patch }) => {
    expect(await patch('release', { qty: 5 })).toBe(
      '200 {"status":true,"data":{"id":"inv_xyz789","onHandQty":50,"reservedQty":0,"availableQty":50}}',
    );
  });

  test('UNAUTHENTICATED is the published body, and nothing more', async ({ patch }) => {
    const refused = await patch('reserve', { qty: 1 }, { Authorization: 'Bearer x' });
    expect(JSON.parse(refused.slice('401 '.length))).toEqual({
      error: 'unauthenticated',
      message: 'Full authentication is required to access this resource',
      status: false,
      statusCode: 401,
    });
  });

  test('what is not set is null, and empty is not', async ({ service, headers, patch }) => {
    const get = async (path: string) => {
      const response = await fetch(`${service.httpUrl}${path}`, {
        headers: { Authorization: headers.Authorization, 'X-MerchantApiKey': headers['X-MerchantApiKey'] },
      });
      return response.text();
    };
    await patch('reserve', { qty: 1 });
    expect(await get('/v1/inventory/inv_xyz789')).toContain(
      '"productId":"inv_xyz789","skuId":null,"tenantId":"',
    );
    expect(await get('/v1/inventory/inv_xyz789')).toContain('"location":"","onHandQty":50,');
    expect(await get('/v1/inventory/inv_xyz789')).toContain('"variantAttributes":{},');
    expect(await get('/v1/inventory/logs?limit=1')).toContain(
      '"qtyChange":-1,"reference":null,"notes":null,',
    );
    expect(await get('/v1/inventory/inv_xyz789/holds')).toBe(
      '{"status":true,"data":{"content":[{"id":"inv_xyz789","reference":null,"qty":1}],"limit":100,"nextPageToken":""}}',
    );
    await patch('release', { qty: 1 });
  });

  test('a list of failed lines', async ({ service, headers }) => {
    const response = await fetch(`${service.httpUrl}/v1/orders/ORD-1/reserve`, {
      method: 'POST',
      headers: { ...headers, 'X-Request-Id': 'req-1' },
      body: '{"lines":[{"id":"inv_xyz789","qty":51}]}',
    });
    expect(`${response.status} ${await response.text()}`).toBe(
      '400 {"status":false,"message":"Cannot reserve the order. 1 line asks for more units than are currently available.",' +
        '"code":"INSUFFICIENT_STOCK","requestId":"req-1","help":"https://stock.example/api/docs/errors#insufficient_stock",' +
        '"errors":[{"id":"inv_xyz789","requested":51,"available":50}]}',
    );
  });

  test('a failure is the published shape, with code, requestId and its figures as numbers', async ({
    patch,
  }) => {
    const refused = await patch('reserve', { qty: 51 }, { 'X-Request-Id': 'req-1' });
    expect(refused.slice(0, 4)).toBe('400 ');
    expect(JSON.parse(refused.slice(4))).toEqual({
      status: false,
      message: 'Cannot reserve 51 units. Only 50 units are currently available.',
      code: 'INSUFFICIENT_STOCK',
      requestId: 'req-1',
      help: 'https://stock.example/api/docs/errors#insufficient_stock',
      requested: 51,
      available: 50,
    });
  });
});
