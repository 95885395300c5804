import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp, tokenFor } from '../support/app.js';
import { checkedFetch, holdAgainstDocument } from '../support/openapi/checked-fetch.js';
import { type JsonObject, OpenApiDocument } from '../support/openapi/document.js';

let service: TestApp;
let ours: Credentials;
beforeAll(async () => {
  service = await startApp();
  ours = await service.createMerchant();
  await service.seed(ours.merchantId, { id: 'inv_xyz789', onHandQty: 8, reservedQty: 5 });
});
afterAll(() => service.close());

const committed = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

describe.each([
  ['openapi.json', 'application/json'],
  ['openapi.yaml', 'application/yaml'],
])('/%s', (name, contentType) => {
  test('is the committed document, for everybody', async () => {
    const response = await fetch(`${service.httpUrl}/${name}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, contentType]);
    expect(response.headers.get('x-request-id')).toMatch(/./);
    expect(await response.text()).toBe(committed(name));
  });

  test('is not sent again to who has it', async () => {
    const first = await fetch(`${service.httpUrl}/${name}`);
    await first.text();
    const headers = { 'if-none-match': first.headers.get('etag')! };
    const second = await fetch(`${service.httpUrl}/${name}`, { headers });
    expect([second.status, await second.text()]).toEqual([304, '']);
  });

  test.each([
    ['HEAD', 200, ''],
    ['POST', 405, '"code":"MALFORMED_REQUEST"'],
  ])('%s: %d', async (method, status, body) => {
    const response = await fetch(`${service.httpUrl}/${name}`, { method });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(body);
  });
});

test('DOCS=off: there is none', async () => {
  const closed = await startApp({ DOCS: 'off' });
  for (const name of ['openapi.json', 'openapi.yaml']) {
    const response = await fetch(`${closed.httpUrl}/${name}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: `No static resource ${name}.` });
  }
  await closed.close();
});

describe('what is answered is what the document gives as its example', () => {
  const document = OpenApiDocument.read();

  interface Case {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  const text = { 'content-type': 'text/plain' };
  test.each<[number, string, string | undefined, Case]>([
    [400, 'INSUFFICIENT_STOCK', undefined, { body: '{"qty": 5}' }],
    [400, 'MALFORMED_REQUEST', undefined, { body: '{"qty": "x"}' }],
    [401, 'UNAUTHENTICATED', undefined, { headers: { authorization: 'Bearer no' } }],
    [403, 'PERMISSION_DENIED', undefined, { headers: { authorization: 'read only' } }],
    [404, 'INVENTORY_NOT_FOUND', undefined, { path: '/v1/inventory/inv_none/reserve' }],
    [404, 'MALFORMED_REQUEST', 'No static resource v1/foo.', { path: '/v1/foo' }],
    [405, 'MALFORMED_REQUEST', 'Method not allowed. Allowed: PATCH.', { method: 'PUT' }],
    [406, 'MALFORMED_REQUEST', undefined, { headers: { accept: 'text/html' } }],
    [413, 'MALFORMED_REQUEST', undefined, { body: `{"qty": 1, "x": "${'x'.repeat(65536)}"}` }],
    [415, 'MALFORMED_REQUEST', undefined, { headers: text }],
    [422, 'VALIDATION_FAILED', undefined, { body: '{"qty": 0}' }],
  ])('%d %s', async (status, code, message, { method = 'PATCH', path, headers, body = '{"qty": 1}' }) => {
    const target = path ?? '/v1/inventory/inv_xyz789/reserve';
    const token = await tokenFor(
      ours.merchantId,
      headers?.authorization === 'read only' ? ['can_read_inventory'] : undefined,
    );
    const authorization = headers?.authorization?.startsWith('Bearer')
      ? headers.authorization
      : `Bearer ${token}`;
    const response = await checkedFetch(`${service.httpUrl}${target}`, {
      method,
      headers: {
        'x-merchantapikey': ours.apiKey,
        'content-type': 'application/json',
        'x-request-id': 'r-1',
        ...headers,
        authorization,
      },
      body,
    });
    expect(response.status).toBe(status);
    const expected = message === undefined ? example(status, code) : { status: false, message, code };
    const requestId = code === 'UNAUTHENTICATED' ? {} : { requestId: 'r-1' };
    expect(await response.json()).toEqual({ ...expected, ...requestId });
  });

  function example(status: number, code: string): JsonObject {
    const pointer = `/paths/~1v1~1inventory~1{id}~1reserve/patch/responses/${status}`;
    const content = `${document.at(pointer)!.pointer}/content/application~1json/examples/${code}`;
    return document.at(content)!.value.value as JsonObject;
  }
});

test.each([
  ['application/x-ndjson', /^\{.*\}\n/],
  ['text/event-stream', /^id: \S+\ndata: \{.*\}\n\n/],
])('a stream as %s is what the document says', async (accept, firstEvent) => {
  const url = `${service.httpUrl}/v1/inventory/watch?ids=inv_xyz789`;
  const stopped = new AbortController();
  const headers = { authorization: `Bearer ${ours.token}`, 'x-merchantapikey': ours.apiKey, accept };
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
});
