import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Asset } from '../../../../../src/transport/http/docs/docs-page-asset.js';

const CONTENT = 'body { margin: 0 }\n'.repeat(50);

let asset: Asset;
let reads = 0;
let failure: Error | undefined;
let answered: Promise<void>;
const server = createServer((request, response) => {
  answered = asset.answer(request, response);
  answered.catch(() => response.writeHead(500).end());
});
let url: string;
beforeAll(async () => {
  asset = assetOf(CONTENT);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function assetOf(content: string): Asset {
  return new Asset({
    contentType: 'text/css; charset=utf-8',
    read: async () => {
      reads++;
      if (failure !== undefined) throw failure;
      return Buffer.from(content);
    },
    headers: { 'x-own': 'added' },
  });
}

/** `fetch` asks for packed answers by itself and unpacks them, so the encoding is stated here. */
function get(headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(url, { method, headers: { 'accept-encoding': 'identity', ...headers } });
}

test('the file, with its type, its tag and what keeps browsers from guessing', async () => {
  const response = await get();
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/css; charset=utf-8',
    'content-length': String(CONTENT.length),
    'cache-control': 'no-cache',
    vary: 'Accept-Encoding',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'x-own': 'added',
    etag: expect.stringMatching(/^"[\w-]{43}"$/),
  });
  expect(response.headers.has('content-encoding')).toBe(false);
  expect(await response.text()).toBe(CONTENT);
});

test('HEAD: the same headers and no body', async () => {
  const [full, head] = [await get(), await get({}, 'HEAD')];
  const headersOf = ({ headers }: Response) =>
    [...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
  expect(headersOf(head)).toEqual(headersOf(full));
  expect(await head.text()).toBe('');
});

test.each([
  ['gzip', true],
  ['x-gzip', true],
  ['GZIP', true],
  ['gzip, deflate, br', true],
  ['br;q=1.0, gzip;q=0.8', true],
  ['gzip ;q=0.001', true],
  ['gzip;q=0', false],
  ['gzip; q=0.000', false],
  ['br', false],
  ['gzipped', false],
  ['*', true],
  ['identity', false],
  ['', false],
])('Accept-Encoding %j: packed %s', async (accepted, packed) => {
  const response = await get({ 'accept-encoding': accepted });
  expect(response.headers.get('content-encoding')).toBe(packed ? 'gzip' : null);
  expect(Number(response.headers.get('content-length')) < CONTENT.length).toBe(packed);
  expect(await response.text()).toBe(CONTENT);
});

test('a packed answer is not the plain one: it has another tag', async () => {
  const [plain, packed] = [await get(), await get({ 'accept-encoding': 'gzip' })];
  expect(packed.headers.get('etag')).not.toBe(plain.headers.get('etag'));
});

test.each([
  ['TAG', 304],
  ['W/TAG', 304],
  ['"other", TAG', 304],
  ['"other",W/TAG , "more"', 304],
  ['*', 304],
  ['"other"', 200],
  ['"xTAGx"', 200],
  ['', 200],
])('If-None-Match: %s → %i', async (named, status) => {
  const tag = (await get()).headers.get('etag')!;
  const response = await get({ 'if-none-match': named.replace('TAG', tag) });
  expect(response.status).toBe(status);
  expect(response.headers.get('etag')).toBe(tag);
  expect(await response.text()).toBe(status === 304 ? '' : CONTENT);
});

test('other content has another tag', async () => {
  const before = (await get()).headers.get('etag')!;
  asset = assetOf(`${CONTENT} `);
  expect((await get({ 'if-none-match': before })).status).toBe(200);
  asset = assetOf(CONTENT);
  expect((await get({ 'if-none-match': before })).status).toBe(304);
});

test('it is read once; a failure sends nothing, and the next request tries again', async () => {
  asset = assetOf(CONTENT);
  reads = 0;
  failure = new Error('disk');
  expect((await get()).status).toBe(500);
  await expect(answered).rejects.toThrow('disk');
  failure = undefined;
  expect(await (await get()).text()).toBe(CONTENT);
  expect(await (await get({ 'accept-encoding': 'gzip' })).text()).toBe(CONTENT);
  expect(reads).toBe(2);
});
