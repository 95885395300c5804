import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { expectUnharmed } from '../support/unharmed.js';
import { exchange, readResponses, type WireResponse } from '../support/wire.js';
import { helpOf } from './contract.js';

/** HTTP/1.1 as hostile or careless clients write it, byte for byte. */

const BODY_BYTES_MAX = 65536;
const RESERVE = '/v1/inventory/inv_none/reserve';
const CONNECT = '/inventory.v1.InventoryService/Reserve';

const test = base
  // If the service forgot a request in progress, it would never close, and the test would time out.
  .extend('environment', { SHUTDOWN_TIMEOUT_MS: '600000' })
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend('requestBytes', ({ merchant }) => (request: Request = {}): Buffer => {
    const { method = 'PATCH', path = RESERVE, version = '1.1', body = '{"qty":1}' } = request;
    const { contentType = 'application/json', contentLength = String(Buffer.byteLength(body)) } = request;
    const lines = [
      `${method} ${path} HTTP/${version}`,
      'Host: localhost',
      `Authorization: Bearer ${merchant.token}`,
      `X-MerchantApiKey: ${merchant.apiKey}`,
      ...(contentType === null ? [] : [`Content-Type: ${contentType}`]),
      ...(contentLength === null ? [] : [`Content-Length: ${contentLength}`]),
      ...(request.keepAlive === true ? [] : ['Connection: close']),
      ...(request.lines ?? []),
      '\r\n',
    ];
    return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), Buffer.from(body)]);
  })
  .extend('send', ({ service, requestBytes }) => async (request: Request): Promise<WireResponse> => {
    const responses = readResponses(await exchange(service.httpUrl, requestBytes(request)));
    expect(responses).toHaveLength(1);
    return responses[0]!;
  });

expectUnharmed(test);

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly version?: string;
  /** Raw header lines, in addition to the credentials. */
  readonly lines?: readonly string[];
  readonly body?: string | Buffer;
  /** undefined: the body's own length; null: no such header. */
  readonly contentLength?: string | null;
  readonly contentType?: string | null;
  readonly keepAlive?: boolean;
}

const padded = (bytes: number): string => '{"qty":1}'.padEnd(bytes);
const chunked = (...chunks: string[]): Request => ({
  lines: ['Transfer-Encoding: chunked'],
  contentLength: null,
  body: `${chunks.map((c) => `${Buffer.byteLength(c).toString(16)}\r\n${c}\r\n`).join('')}0\r\n\r\n`,
});

describe('paths and methods', () => {
  const nothing = (path: string): string => `No static resource ${path}.`;

  test.for<readonly [string, string, number, string]>([
    ['GET', '/v1/foo', 404, nothing('v1/foo')],
    ['PATCH', '/v1/foo', 404, nothing('v1/foo')],
    ['GET', '//', 404, nothing('/')],
    ['GET', '/v1/foo?qty=1', 404, nothing('v1/foo')],
    ['PATCH', '/v1/inventory/', 404, nothing('v1/inventory/')],
    ['PATCH', '/v1/inventory/inv_xyz789/', 404, nothing('v1/inventory/inv_xyz789/')],
    ['GET', '/v1/inventory/inv_xyz789/sku', 404, nothing('v1/inventory/inv_xyz789/sku')],
    ['GET', '/v1/orders/', 404, nothing('v1/orders/')],
    ['POST', '/v1/orders//release', 404, nothing('v1/orders//release')],
    ['PATCH', '/v1/inventory/inv_xyz789/reserve/', 404, nothing('v1/inventory/inv_xyz789/reserve/')],
    ['PATCH', '/v1/inventory/inv_xyz789/reserve/x', 404, nothing('v1/inventory/inv_xyz789/reserve/x')],
    ['PATCH', '/v1/inventory/inv_xyz789/Reserve', 404, nothing('v1/inventory/inv_xyz789/Reserve')],
    ['PATCH', '/V1/inventory/inv_xyz789/reserve', 404, nothing('V1/inventory/inv_xyz789/reserve')],
    ['PATCH', '//v1/inventory/inv_xyz789/reserve', 404, nothing('/v1/inventory/inv_xyz789/reserve')],
    ['PATCH', '/v1/inventory//reserve', 404, nothing('v1/inventory//reserve')],
    [
      'PATCH',
      '/v1/inventory/inv_xyz789;a=b/reserve/../x',
      404,
      nothing('v1/inventory/inv_xyz789;a=b/reserve/../x'),
    ],
    ['GET', '/v1/../../../../etc/passwd', 404, nothing('v1/../../../../etc/passwd')],
    ['GET', '/..%2f..%2fetc%2fpasswd', 404, nothing('..%2f..%2fetc%2fpasswd')],
    ['GET', '/metrics/', 404, nothing('metrics/')],
    ['POST', '/inventory.v1.InventoryService/Nope', 404, nothing('inventory.v1.InventoryService/Nope')],
    ['POST', '/inventory.v1.Nope/Reserve', 404, nothing('inventory.v1.Nope/Reserve')],
    ['PATCH', '/v1/inventory/../reserve', 404, 'Inventory record not found.'],
    ['PATCH', '/v1/inventory/%2e%2E/reserve', 404, 'Inventory record not found.'],
    ['PATCH', '/v1/inventory/..%2f..%2finv_xyz789/reserve', 422, 'Validation error'],
    ['PATCH', '/v1/inventory/inv_xyz789%00/reserve', 422, 'Validation error'],
    ['PATCH', '/v1/inventory/inv_xyz789%20/reserve', 422, 'Validation error'],
    ['PATCH', '/v1/inventory/inv_xyz789+/reserve', 422, 'Validation error'],
    ['PATCH', "/v1/inventory/'%20OR%201=1--/reserve", 422, 'Validation error'],
    ['PATCH', `/v1/inventory/${'x'.repeat(65)}/reserve`, 422, 'Validation error'],
    [
      'PATCH',
      '/v1/inventory/%zz/reserve',
      400,
      'Malformed request: the path is not valid percent-encoded UTF-8',
    ],
    [
      'PATCH',
      '/v1/inventory/%/reserve',
      400,
      'Malformed request: the path is not valid percent-encoded UTF-8',
    ],
    [
      'PATCH',
      '/v1/inventory/%ff/reserve',
      400,
      'Malformed request: the path is not valid percent-encoded UTF-8',
    ],
    [
      'PATCH',
      '/v1/inventory/%c0%ae/reserve',
      400,
      'Malformed request: the path is not valid percent-encoded UTF-8',
    ],
    ['PATCH', '/v1/inventory/inv%5Fnone/reserve', 404, 'Inventory record not found.'],
    ['PATCH', 'http://elsewhere/v1/inventory/inv_none/reserve', 404, 'Inventory record not found.'],
    ['PATCH', `${RESERVE}?id=inv_xyz789&qty=0`, 404, 'Inventory record not found.'],
    ['PATCH', `${RESERVE}?%zz`, 404, 'Inventory record not found.'],
  ])('%s %s → %d', async ([method, path, status, message], { send }) => {
    const { body, ...head } = await send({ method, path });
    expect(head.status).toBe(status);
    expect(JSON.parse(body)).toMatchObject({ status: false, message });
  });

  test.for<readonly [string, string, string]>([
    ['DELETE', '/v1/inventory/inv_xyz789', 'GET, HEAD, PATCH'],
    ['PUT', '/v1/inventory', 'GET, HEAD, POST'],
    ['POST', '/v1/inventory/low-stock', 'GET, HEAD, PATCH'],
    ['GET', '/v1/orders/A/release', 'POST'],
    ['GET', RESERVE, 'PATCH'],
    ['HEAD', RESERVE, 'PATCH'],
    ['POST', RESERVE, 'PATCH'],
    ['PUT', RESERVE, 'PATCH'],
    ['DELETE', RESERVE, 'PATCH'],
    ['OPTIONS', RESERVE, 'PATCH'],
    ['PROPFIND', RESERVE, 'PATCH'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['PATCH', '/readyz', 'GET, HEAD'],
    ['DELETE', '/metrics', 'GET, HEAD'],
    ['POST', '/', 'GET, HEAD'],
  ])('%s %s → 405, allowed: %s', async ([method, path, allow], { service, requestBytes }) => {
    const [head = ''] = (await exchange(service.httpUrl, requestBytes({ method, path }))).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 405 /);
    expect(head.toLowerCase()).toContain(`\r\nallow: ${allow.toLowerCase()}\r\n`);
  });

  // RFC 9112, 3.2.2: a server takes the absolute form, whatever host it names.
  test.for(['/healthz', 'http://elsewhere/healthz', 'http://elsewhere/healthz?now'])(
    'GET %s → 200',
    async (path, { send }) => {
      expect((await send({ method: 'GET', path, body: '' })).status).toBe(200);
    },
  );
  test('a call of Connect in absolute form', async ({ send }) => {
    const { status, body } = await send({ method: 'POST', path: `http://elsewhere${CONNECT}` });
    expect({ status, ...JSON.parse(body) }).toMatchObject({ status: 400, code: 'invalid_argument' });
  });

  test('errors that only have an HTTP status have the published shape, too', async ({ send }) => {
    const { body } = await send({ method: 'GET', lines: ['X-Request-Id: req-1'] });
    expect(JSON.parse(body)).toEqual({
      status: false,
      message: 'Method not allowed. Allowed: PATCH.',
      code: 'MALFORMED_REQUEST',
      requestId: 'req-1',
      help: helpOf('MALFORMED_REQUEST'),
    });
  });
});

describe('bodies', () => {
  const tooLarge = 'The body must not exceed 65536 bytes.';
  const notJson = 'Content-Type must be application/json in UTF-8.';
  const notGzip = 'Content-Encoding must be gzip or absent.';
  const gzip = 'Content-Encoding: gzip';
  const read = 'Inventory record not found.';

  test.for<readonly [string, Request, number, string]>([
    ['exactly 64 KiB', { body: padded(BODY_BYTES_MAX) }, 404, read],
    ['one byte more', { body: padded(BODY_BYTES_MAX + 1) }, 413, tooLarge],
    ['a megabyte', { body: padded(1_000_000) }, 413, tooLarge],
    ['a length that nobody will send', { contentLength: '99999999999', body: '{' }, 413, tooLarge],
    ['chunks', chunked('{"qty', '":1}'), 404, read],
    ['chunks of one byte', chunked(...'{"qty":1}'), 404, read],
    ['chunks of exactly 64 KiB', chunked(padded(60_000), ' '.repeat(5536)), 404, read],
    ['chunks of one byte more', chunked(padded(60_000), ' '.repeat(5537)), 413, tooLarge],
    [
      'chunks without an end',
      { ...chunked(padded(60_000), ...Array(20).fill(' '.repeat(60_000))) },
      413,
      tooLarge,
    ],
    [
      'too large for a path that is unknown',
      { path: '/v1/foo', body: padded(70_000) },
      404,
      'No static resource v1/foo.',
    ],
    ['no Content-Type', { contentType: null }, 415, notJson],
    ['text/plain', { contentType: 'text/plain' }, 415, notJson],
    ['a form', { contentType: 'application/x-www-form-urlencoded', body: 'qty=1' }, 415, notJson],
    ['multipart', { contentType: 'multipart/form-data; boundary=x' }, 415, notJson],
    ['JSON lines', { contentType: 'application/jsonl' }, 415, notJson],
    ['XML', { contentType: 'application/xml' }, 415, notJson],
    ['JSON in UTF-16', { contentType: 'application/json; charset=utf-16' }, 415, notJson],
    ['an invalid Content-Type', { contentType: 'json' }, 415, notJson],
    ['a list of Content-Types', { contentType: 'application/json, text/plain' }, 415, notJson],
    ['gzip', { lines: [gzip], body: gzipSync('{"qty":1}') }, 404, read],
    ['gzip that unpacks to exactly 64 KiB', { lines: [gzip], body: gzipSync(padded(65_536)) }, 404, read],
    ['gzip that unpacks to one byte more', { lines: [gzip], body: gzipSync(padded(65_537)) }, 413, tooLarge],
    ['gzip that unpacks to 20 MB', { lines: [gzip], body: gzipSync(padded(20_000_000)) }, 413, tooLarge],
    ['gzip that is too large itself', { lines: [gzip], body: Buffer.alloc(100_000) }, 413, tooLarge],
    ['invalid gzip', { lines: [gzip] }, 400, 'Malformed request: the body is not valid gzip'],
    ['another compression', { lines: ['Content-Encoding: br'] }, 415, notGzip],
    ['gzip twice', { lines: ['Content-Encoding: gzip, gzip'] }, 415, notGzip],
    ['JSON in UTF-8, said aloud', { contentType: 'application/json; charset=UTF-8' }, 404, read],
    ['another case', { contentType: 'Application/JSON' }, 404, read],
    ['a +json type', { contentType: 'application/merge-patch+json' }, 404, read],
    [
      'no body and no Content-Type',
      { contentType: null, contentLength: null, body: '' },
      422,
      'Validation error',
    ],
  ])('%s', async ([_, request, status, message], { send }) => {
    const { body, ...head } = await send(request);
    expect(JSON.parse(body)).toMatchObject({ status: false, message });
    expect(head.status).toBe(status);
    expect(head.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('heads that are refused before anything is read', () => {
  const many = Array.from({ length: 3000 }, (_, i) => `A${i}: b`);

  test.for<readonly [string, Request, number]>([
    ['a header of 20 KiB', { lines: [`X-Big: ${'x'.repeat(20_480)}`] }, 431],
    ['3000 headers', { lines: many }, 431],
    ['a path of 20 KiB', { path: `/v1/${'x'.repeat(20_480)}` }, 431],
    ['a header without a colon', { lines: ['Nonsense'] }, 400],
    ['a space before the colon', { lines: ['X-A : b'] }, 400],
    ['a control character', { lines: ['X-A: b\x01c'] }, 400],
    ['NUL', { lines: ['X-A: b\0c'] }, 400],
    ['a bare line feed in the head', { lines: ['X-A: b\rX-B: c'] }, 400],
    ['a folded header', { lines: [' folded: x'], contentType: null }, 400],
    ['two lengths', { lines: ['Content-Length: 3'] }, 400],
    ['a length and chunks', { lines: ['Transfer-Encoding: chunked'] }, 400],
    ['a negative length', { contentLength: '-1' }, 400],
    ['a length in hex', { contentLength: '0x9' }, 400],
    ['an invalid chunk length', { ...chunked(), body: 'zz\r\n{"qty":1}\r\n0\r\n\r\n' }, 400],
    ['a path with a space', { path: '/v1/inventory/inv none/reserve' }, 400],
    ['a path beyond ASCII', { path: '/v1/inventory/\xfcnv/reserve' }, 400],
    ['an invalid method', { method: 'PA TCH' }, 400],
    ['a method in lower case', { method: 'patch' }, 400],
    ['a version of the future', { version: '9.9' }, 400],
    ['HTTP/2 in words of HTTP/1', { version: '2.0' }, 505],
    ['an expectation that nobody meets', { lines: ['Expect: miracles'] }, 417],
  ])('%s', async ([_, request, status], { send }) => {
    expectRefusal(await send(request), status);
  });

  test.for<readonly [string, string, number]>([
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n', 501],
  ])('%s', async ([_, text, status], { service }) => {
    const [refusal, ...more] = readResponses(await exchange(service.httpUrl, text));
    expect(more).toEqual([]);
    expectRefusal(refusal!, status);
  });

  test.for(['BAD\x01 / HTTP/1.1\r\n\r\n', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'])(
    'a request before %j is answered first',
    async (text, { service, requestBytes }) => {
      const both = Buffer.concat([requestBytes({ keepAlive: true }), Buffer.from(text)]);
      const [first, refusal] = readResponses(await exchange(service.httpUrl, both));
      expect(JSON.parse(first!.body)).toMatchObject({ code: 'INVENTORY_NOT_FOUND' });
      expectRefusal(refusal!, text.startsWith('CONNECT') ? 501 : 400);
    },
  );

  /** The refusal has the published shape, like any other. */
  function expectRefusal({ status, headers, body }: WireResponse, expected: number): void {
    const told = JSON.parse(body);
    expect(told).toMatchObject({ status: false, message: expect.any(String), code: 'MALFORMED_REQUEST' });
    expect(status).toBe(expected);
    expect(headers['x-request-id']).toBe(told.requestId);
    expect(headers.connection).toBe('close');
  }
});

describe('headers that mean something', () => {
  test.for<readonly [string, readonly string[], number]>([
    ['a second token', ['Authorization: Bearer x'], 404],
    ['a second key', ['X-MerchantApiKey: pk_test_x'], 401],
    ['a key that is too long', [`Idempotency-Key: ${'k'.repeat(256)}`], 422],
    ['an empty key', ['Idempotency-Key:'], 422],
    ['a key of spaces', ['Idempotency-Key:   '], 422],
    ['a key beyond ASCII', ['Idempotency-Key: \xe9'], 422],
    ['a key in UTF-8', ['Idempotency-Key: \xc3\xa9'], 422],
    ['a key twice', ['Idempotency-Key: k', 'Idempotency-Key: k'], 422],
    ['two keys', ['Idempotency-Key: k', 'idempotency-key: l'], 422],
    ['a key with a tab', ['Idempotency-Key: a\tb'], 422],
    ['a request to switch protocols', ['Upgrade: websocket', 'Connection: Upgrade'], 404],
    ['a request to switch to h2c', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'], 404],
    ['another method in disguise', ['X-HTTP-Method-Override: DELETE'], 404],
    ['a forwarded stranger', ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1'], 404],
  ])('%s', async ([_, lines, status], { send }) => {
    expect((await send({ lines })).status).toBe(status);
  });

  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  test.for<readonly [string, string, 'echoed' | 'replaced']>([
    ['a word', 'req-1', 'echoed'],
    ['a UUID', '0b0b53e8-98b1-4b1a-9d2a-3a4f0e5d1c2b', 'echoed'],
    ['a trace id', 'Root=1-67891233-abcdef012345678912345678', 'echoed'],
    ['128 characters', 'x'.repeat(128), 'echoed'],
    ['129 characters', 'x'.repeat(129), 'replaced'],
    ['nothing', '', 'replaced'],
    ['a script', '<script>alert(1)</script>', 'replaced'],
    ['quotes', '"req"', 'replaced'],
    ['spaces', 'a b', 'replaced'],
    ['colours for a terminal', '\x9b31m', 'replaced'],
    ['Log4Shell', '$' + '{jndi:ldap://x}', 'replaced'],
  ])('X-Request-Id: %s (%j) is %s', async ([_, id, outcome], { send }) => {
    for (const path of [RESERVE, CONNECT, '/healthz', '/v1/foo']) {
      const { headers } = await send({
        path,
        method: path === CONNECT ? 'POST' : 'PATCH',
        lines: [`X-Request-Id: ${id}`],
      });
      if (outcome === 'echoed') expect(headers['x-request-id'], path).toBe(id);
      else expect(headers['x-request-id'], path).toMatch(uuid);
    }
  });
});

describe('connections', () => {
  const statuses = async (service: TestApp, ...parts: (string | Uint8Array)[]): Promise<number[]> =>
    readResponses(await exchange(service.httpUrl, ...parts)).map((response) => response.status);

  test('pipelined requests are answered in order', async ({ service, requestBytes }) => {
    const kept = (path: string) => requestBytes({ path, keepAlive: true });
    const unread = requestBytes({ keepAlive: true, body: '{' });
    const pipelined = Buffer.concat([
      kept(RESERVE),
      unread,
      kept('/v1/foo'),
      kept('/healthz'),
      requestBytes(),
    ]);
    // The 405 is from the open path, which is asked with the wrong method.
    expect(await statuses(service, pipelined)).toEqual([404, 400, 404, 405, 404]);
  });

  test('a request behind an answer that closes the connection is not answered, and not waited for', async ({
    service,
    requestBytes,
  }) => {
    const unread = requestBytes({ keepAlive: true, body: padded(65_537) });
    const behind = requestBytes({ path: '/v1/inventory/inv_xyz789/reserve' });
    // The rest of the body and the next request come together, after the first request is refused.
    const cut = unread.length - 10;
    const tail = Buffer.concat([unread.subarray(cut), behind]);
    expect(await statuses(service, unread.subarray(0, cut), tail)).toEqual([413]);
  });

  test.for([1, 2, 3, 7])(
    'a request that comes in pieces of %d bytes',
    async (size, { service, requestBytes }) => {
      const bytes = requestBytes();
      const head = Array.from({ length: 20 }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
      expect(await statuses(service, ...head, bytes.subarray(20 * size))).toEqual([404]);
    },
  );

  test.for<readonly [string, string | Uint8Array]>([
    ['bytes', Buffer.from([0, 1, 2, 3, 255, 254])],
    ['a TLS greeting', Buffer.from('16030100f8010000f40303', 'hex')],
    ['an SSH greeting', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an empty line and a word', '\r\nQUIT\r\n\r\n'],
    ['an invalid PRI', 'PRINT / HTTP/1.1\r\n\r\n'],
    ['HTTP/0.9', 'GET /v1/inventory\r\n\r\n'],
  ])('%s: the connection is refused', async ([_, garbage], { service }) => {
    const text = await exchange(service.httpUrl, garbage);
    expect(text === '' || text.startsWith('HTTP/1.1 400') || !text.includes('200 OK')).toBe(true);
  });
});
