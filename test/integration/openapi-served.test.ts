import { readFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { parse } from 'yaml';
import { PUBLIC_URL, startApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { checkedFetch, holdAgainstDocument } from '../support/openapi/checked-fetch.js';

const test = base.extend('records', [{ id: 'inv_xyz789', onHandQty: 8, reservedQty: 5 }]);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const committed = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe.each([
  ['openapi.json', 'application/json'],
  ['openapi.yaml', 'application/yaml'],
  ['openapi-merchants.json', 'application/json'],
  ['openapi-merchants.yaml', 'application/yaml'],
])('/%s', (name, contentType) => {
  test('is the committed document, for everybody', async ({ service }) => {
    const response = await fetch(`${service.httpUrl}/${name}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType]);
    expect(response.headers.get('x-request-id')).toMatch(/./);
    expect(await response.text()).toBe(committed(name));
  });

  test("has the package's version", () => {
    expect(parse(committed(name)).info.version).toBe(version);
  });

  test('is not sent again to a caller who has it', async ({ service }) => {
    const first = await fetch(`${service.httpUrl}/${name}`);
    await first.text();
    const headers = { 'if-none-match': first.headers.get('etag')! };
    const second = await fetch(`${service.httpUrl}/${name}`, { headers });
    expect([second.status, await second.text()]).toEqual([304, '']);
  });

  test.for([
    ['HEAD', 200, ''],
    ['POST', 405, '"code":"MALFORMED_REQUEST"'],
  ] as const)('%s: %d', async ([method, status, body], { service }) => {
    const response = await fetch(`${service.httpUrl}/${name}`, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(body);
  });
});

test('DOCS=off: there are no documents', async () => {
  const closed = await startApp({ DOCS: 'off' });
  for (const name of ['openapi.json', 'openapi.yaml']) {
    const response = await fetch(`${closed.httpUrl}/${name}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: `No static resource ${name}.` });
  }
  await closed.close();
});

test('METRICS_PORT: there, and there only, until the service ends', async () => {
  const apart = await startApp({ METRICS_PORT: '0' });
  const { metricsUrl = '' } = apart.app;
  const status = async (method: string, url: string) => (await fetch(url, { method })).status;
  try {
    expect(metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(metricsUrl);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toContain(`holdfast_build_info{version="${version}"} 1\n`);
    expect(await status('HEAD', metricsUrl)).toBe(200);
    expect(await status('POST', metricsUrl)).toBe(405);
    expect(await status('GET', new URL('/healthz', metricsUrl).href)).toBe(404);
    expect(await status('GET', `${apart.httpUrl}/metrics`)).toBe(404);
  } finally {
    await apart.close();
  }
  await expect(fetch(metricsUrl)).rejects.toThrow('fetch failed');
});

test.for([
  ['PATCH', '/v1/foo', 404, 'No static resource v1/foo.'],
  ['PUT', '/v1/inventory/inv_xyz789/reserve', 405, 'Method not allowed. Allowed: PATCH.'],
] as const)(
  '%s %s: %i, as the document says in words',
  async ([method, path, status, message], { service }) => {
    const headers = { 'x-request-id': 'r-1' };
    const response = await checkedFetch(`${service.httpUrl}${path}`, { method, headers, body: '{}' });
    expect(response.status).toBe(status);
    const help = `${PUBLIC_URL}/docs/errors#malformed_request`;
    const body = { status: false, message, code: 'MALFORMED_REQUEST', requestId: 'r-1', help };
    expect(await response.json()).toEqual(body);
  },
);

test('a rejection by the rules of stock is a stored outcome, and its replay is documented as one', async ({
  service,
  merchant,
}) => {
  const url = `${service.httpUrl}/v1/inventory/inv_xyz789/adjust`;
  const headers = {
    authorization: `Bearer ${merchant.token}`,
    'x-merchantapikey': merchant.apiKey,
    'content-type': 'application/json',
    'idempotency-key': 'key 1',
  };
  const body = JSON.stringify({ qty: 2147483647, action: 'RECEIVED' });
  for (const replayed of [null, 'true']) {
    const response = await checkedFetch(url, { method: 'PATCH', headers, body });
    expect([response.status, response.headers.get('idempotency-replayed')]).toEqual([422, replayed]);
    expect(await response.json()).toMatchObject({
      errors: { qty: 'must not bring the units on hand above 2147483647' },
    });
  }
});

test('CORS headers and compression are documented', async () => {
  const shared = await startApp({ CORS_ORIGINS: 'https://shop.example' });
  try {
    const { token, apiKey, merchantId } = await shared.createMerchant();
    const records = Array.from({ length: 50 }, (_, i) => ({ id: `inv_${i}`, onHandQty: 8, reservedQty: 5 }));
    await shared.seed(merchantId, ...records);
    const headers = {
      authorization: `Bearer ${token}`,
      'x-merchantapikey': apiKey,
      origin: 'https://shop.example',
      'accept-encoding': 'gzip',
    };
    const response = await checkedFetch(`${shared.httpUrl}/v1/inventory`, { headers });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-expose-headers': expect.stringContaining('x-request-id'),
      'content-encoding': 'gzip',
      vary: expect.stringMatching(/origin.*accept-encoding|accept-encoding.*origin/),
    });
  } finally {
    await shared.close();
  }
});

test.for([
  ['application/x-ndjson', /^\{.*\}\n/],
  ['text/event-stream', /^id: \S+\ndata: \{.*\}\n\n/],
] as const)(
  'a stream as %s is what the document says',
  async ([accept, firstEvent], { service, merchant }) => {
    const url = `${service.httpUrl}/v1/inventory/watch?ids=inv_xyz789`;
    const stopped = new AbortController();
    const headers = {
      authorization: `Bearer ${merchant.token}`,
      'x-merchantapikey': merchant.apiKey,
      accept,
    };
    const response = await fetch(url, { headers, signal: stopped.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (firstEvent.test(text)) break;
    }
    stopped.abort();
    expect(text).toMatch(firstEvent);
    expect(text).toContain('"onHandQty":8,"reservedQty":5,"availableQty":3');
    holdAgainstDocument(url, { headers }, response, text);
  },
);
