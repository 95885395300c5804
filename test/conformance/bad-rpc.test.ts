import { Agent, type RequestOptions, request } from 'node:http';
import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { explain, statusDetails } from '../support/doors/details.js';
import { frame } from '../support/doors/grpc-web.js';
import { test as base } from '../support/fixtures.js';
import { expectUnharmed } from '../support/unharmed.js';

/** gRPC, gRPC-Web and Connect as hostile or careless clients speak them. */

const RESERVE = '/inventory.v1.InventoryService/Reserve';

const rpcTest = base
  // If the service forgot an open stream, it would never close, and the test would time out.
  .extend('environment', { SHUTDOWN_TIMEOUT_MS: '600000' })
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend(
    'identity',
    ({ merchant }) =>
      (): Record<string, string> => ({
        authorization: `Bearer ${merchant.token}`,
        'x-merchantapikey': merchant.apiKey,
      }),
  )
  /** Makes one gRPC call by hand, with any headers and any bytes. */
  .extend(
    'grpcCall',
    ({ identity }) =>
      (authority: string, body: Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<GrpcAnswer> => {
        return new Promise((resolve, reject) => {
          const session = connectHttp2(`http://${authority}`);
          session.on('error', reject);
          const stream = session.request({
            ':method': 'POST',
            ':path': RESERVE,
            'content-type': 'application/grpc',
            te: 'trailers',
            ...identity(),
            ...headers,
          });
          let all: Record<string, unknown> = {};
          stream.on('response', (received) => {
            all = { ...all, ...received };
          });
          stream.on('trailers', (received) => {
            all = { ...all, ...received };
          });
          stream.on('error', reject);
          // The answer may come before everything is sent.
          stream.on('end', () => stream.destroy());
          stream.on('close', () => {
            session.destroy();
            const bin = all['grpc-status-details-bin'];
            const details = typeof bin === 'string' ? statusDetails(Buffer.from(bin, 'base64')).details : [];
            resolve({
              httpStatus: Number(all[':status']),
              code: Number(all['grpc-status']),
              reason: explain(details).reason,
              requestId: all['x-request-id'] as string | undefined,
            });
          });
          stream.resume();
          stream.end(body);
        });
      },
  );

expectUnharmed(rpcTest);

/** ReserveRequest {id: "inv_none", qty: 1} */
const good = Buffer.from([0x0a, 8, ...Buffer.from('inv_none'), 0x10, 1]);
const text = (tag: number, bytes: Uint8Array): Buffer => {
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Buffer.from([tag, ...length, ...bytes]);
};

const idOnly = good.subarray(0, -2);

/** [what is special, message, code, reason] */
const messages: readonly (readonly [string, Uint8Array, number, string])[] = [
  ['as it should be', good, 5, 'INVENTORY_NOT_FOUND'],
  ['nothing at all', Buffer.alloc(0), 3, 'VALIDATION_FAILED'],
  ['noise', Buffer.alloc(40, 0xff), 3, 'MALFORMED_REQUEST'],
  ['a message that breaks off', good.subarray(0, 5), 3, 'MALFORMED_REQUEST'],
  ['a length beyond the end', Buffer.from([0x0a, 0x7f, 0x61]), 3, 'MALFORMED_REQUEST'],
  ['a varint without an end', Buffer.from([0x10, ...Array(11).fill(0x80)]), 3, 'MALFORMED_REQUEST'],
  ['field number 0', Buffer.from([0x02, 0x00]), 3, 'MALFORMED_REQUEST'],
  ['wire type 7', Buffer.from([0x0f]), 3, 'MALFORMED_REQUEST'],
  ['an end group without a start', Buffer.from([0x0c]), 3, 'MALFORMED_REQUEST'],
  [
    'a text that is not UTF-8',
    Buffer.concat([good, text(0x1a, Buffer.from([0xff, 0xfe]))]),
    3,
    'MALFORMED_REQUEST',
  ],
  [
    'half of a surrogate pair',
    Buffer.concat([good, text(0x1a, Buffer.from([0xed, 0xa0, 0x80]))]),
    3,
    'MALFORMED_REQUEST',
  ],
  ['JSON', Buffer.from('{"id":"inv_none","qty":1}'), 3, 'MALFORMED_REQUEST'],
  ['NUL in a text', Buffer.concat([good, text(0x1a, Buffer.from([0]))]), 3, 'VALIDATION_FAILED'],
  [
    'a negative quantity',
    Buffer.from([...good.subarray(0, -1), ...Array(9).fill(0xff), 1]),
    3,
    'VALIDATION_FAILED',
  ],
  // 2³² + 1, which a reader that cuts to 32 bits takes for 1.
  [
    'a quantity over 32 bits',
    Buffer.from([...idOnly, 0x10, 0x81, 0x80, 0x80, 0x80, 0x10]),
    3,
    'MALFORMED_REQUEST',
  ],
  ['a quantity of 2³¹', Buffer.from([...idOnly, 0x10, 0x80, 0x80, 0x80, 0x80, 0x08]), 3, 'MALFORMED_REQUEST'],
  [
    'a quantity under 32 bits',
    Buffer.from([...idOnly, 0x10, ...Array(4).fill(0x81), 0x78, ...Array(4).fill(0xff), 1]),
    3,
    'MALFORMED_REQUEST',
  ],
  [
    'a quantity of more bytes than it needs',
    Buffer.from([...idOnly, 0x10, 0x81, 0x80, 0]),
    5,
    'INVENTORY_NOT_FOUND',
  ],
  [
    'a quantity as a text',
    Buffer.concat([Buffer.from(idOnly), text(0x12, Buffer.from('1'))]),
    3,
    'MALFORMED_REQUEST',
  ],
  ['a text as a number', Buffer.from([...good, 0x18, 1]), 3, 'MALFORMED_REQUEST'],
  ['a boolean of 2', Buffer.from([...good, 0x30, 2]), 3, 'MALFORMED_REQUEST'],
  ['a field twice: the last counts', Buffer.concat([good, Buffer.from([0x10, 0])]), 3, 'VALIDATION_FAILED'],
  [
    'a field that nobody knows',
    Buffer.concat([good, text(0x72, Buffer.from('x'))]),
    5,
    'INVENTORY_NOT_FOUND',
  ],
  [
    'notes of 2000 characters',
    Buffer.concat([good, text(0x22, Buffer.alloc(2000, 0x61))]),
    3,
    'VALIDATION_FAILED',
  ],
];

interface GrpcAnswer {
  readonly httpStatus: number;
  readonly code: number;
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
}

const ports = {
  'the gRPC port': (service: TestApp) => service.grpcAddress,
  'the HTTP port': (service: TestApp) => new URL(service.httpUrl).host,
};

describe.each(['the gRPC port', 'the HTTP port'] as const)('gRPC on %s', (port) => {
  const test = rpcTest.extend(
    'call',
    ({ service, grpcCall }) =>
      (body: Uint8Array, headers?: OutgoingHttpHeaders) =>
        grpcCall(ports[port](service), body, headers),
  );

  test.for(messages)('%s', async ([_, message, code, reason], { call }) => {
    expect(await call(frame(0, message))).toMatchObject({
      httpStatus: 200,
      code,
      reason,
    });
  });

  test('a stranger’s bytes are not read', async ({ call }) => {
    const headers = { authorization: 'Bearer x' };
    for (const [, message] of messages) {
      const answer = await call(frame(0, message), headers);
      expect(answer).toMatchObject({ code: 16, reason: 'UNAUTHENTICATED' });
    }
  });

  const big = (bytes: number): Buffer => text(0x22, Buffer.alloc(bytes, 0x61));
  test.for<readonly [string, () => Uint8Array, OutgoingHttpHeaders, number | readonly number[]]>([
    ['a message over 64 KiB', () => frame(0, Buffer.alloc(65_537)), {}, 8],
    [
      'a length over 64 KiB that is never sent',
      () => frame(0, Buffer.alloc(70_000)).subarray(0, 5),
      {},
      [8, 3, 13],
    ],
    // grpc-js takes the message as if it were not compressed.
    ['a compressed message without an encoding', () => frame(1, good), {}, port === 'the gRPC port' ? 5 : 13],
    ['an encoding that nobody knows', () => frame(1, good), { 'grpc-encoding': 'snappy' }, 12],
    ['invalid gzip', () => frame(1, good), { 'grpc-encoding': 'gzip' }, [3, 13]],
    ['a gzip bomb', () => frame(1, gzipSync(Buffer.alloc(20_000_000))), { 'grpc-encoding': 'gzip' }, 8],
    ['gzip', () => frame(1, gzipSync(good)), { 'grpc-encoding': 'gzip' }, 5],
    ['a deadline that has passed', () => frame(0, good), { 'grpc-timeout': '1n' }, 4],
    ['an unknown method', () => frame(0, good), { ':path': '/inventory.v1.InventoryService/Nope' }, 12],
    ['notes of 16,000 characters', () => frame(0, Buffer.concat([good, big(16_000)])), {}, 3],
  ])('%s', async ([_, body, headers, code], { call }) => {
    const answer = await call(body(), headers);
    // The gRPC specification maps an HTTP status without a gRPC status to a code.
    const actual = answer.httpStatus === 404 ? 12 : answer.code;
    expect(typeof code === 'number' ? [code] : code).toContain(actual);
  });

  // Values with a blank at either end are not tried: nghttp2 trims them first.
  test.for(['2592000S', '597H', '99999999H', '99999999S', '4294967S', '1M', '00000001H'])(
    'a timeout of %s is one',
    async (timeout, { call }) => {
      const answer = await call(frame(0, good), { 'grpc-timeout': timeout });
      expect(answer).toMatchObject({ code: 5, reason: 'INVENTORY_NOT_FOUND' });
    },
  );

  test.for([
    '-1S',
    '+1S',
    '1x',
    '1s',
    '',
    'S',
    '1',
    '1 S',
    '1.5S',
    '1e3S',
    '100000000S',
    '1S, 2S',
    '1S\u00e9',
    '1\tS',
    '١S',
  ] as const)('a timeout of %j is invalid', async (timeout, { call }) => {
    const headers = { 'grpc-timeout': Buffer.from(timeout).toString('latin1') };
    const answer = await call(frame(0, good), headers);
    expect(answer).toMatchObject({ httpStatus: 200, code: 3, reason: 'MALFORMED_REQUEST' });
  });

  test.for(['', 'a\tb', 'caf\u00e9', '\u00a0', '\u0080', 'a'.repeat(256), ['a', 'b'], ['a', 'a']])(
    'the idempotency key %j is refused, not passed over',
    async (key, { call }) => {
      const answer = await call(frame(0, good), { 'idempotency-key': key });
      expect(answer).toMatchObject({ code: 3, reason: 'VALIDATION_FAILED' });
    },
  );

  test.for([
    ['a sane one', 'req-1', /^req-1$/],
    ['an insane one', '<b>', /^[0-9a-f-]{36}$/],
  ] as const)('an error carries a request id: %s', async ([_, id, expected], { call }) => {
    const { requestId } = await call(frame(0, good), { 'x-request-id': id });
    expect(requestId).toMatch(expected);
  });
});

describe('Connect', () => {
  const test = rpcTest.extend(
    'call',
    ({ service, identity }) =>
      async (body: Uint8Array | string, headers: Record<string, string> = {}, method = 'POST') => {
        const response = await fetch(service.httpUrl + RESERVE, {
          method,
          headers: { 'content-type': 'application/proto', ...identity(), ...headers },
          ...(method === 'GET' ? {} : { body: Buffer.from(body) }),
        });
        const json = (await response.text()) || '{}';
        const { code, details = [] } = JSON.parse(json) as {
          code?: string;
          details?: { type: string; value: string }[];
        };
        const { reason } = explain(
          details.map((d) => ({ type: d.type, value: Buffer.from(d.value, 'base64') })),
        );
        return { status: response.status, code, reason };
      },
  );
  const names: Readonly<Record<number, string>> = { 3: 'invalid_argument', 5: 'not_found' };

  test.for(messages)('%s', async ([_, message, code, reason], { call }) => {
    expect(await call(message)).toEqual({
      status: code === 5 ? 404 : 400,
      code: names[code],
      reason,
    });
  });

  test.for<readonly [string, Uint8Array | string, Record<string, string>, string, number, string]>([
    ['a message over 64 KiB', Buffer.alloc(65_537), {}, 'POST', 429, 'resource_exhausted'],
    [
      'a gzip bomb',
      gzipSync(Buffer.alloc(20_000_000)),
      { 'content-encoding': 'gzip' },
      'POST',
      429,
      'resource_exhausted',
    ],
    ['gzip', gzipSync(good), { 'content-encoding': 'gzip' }, 'POST', 404, 'not_found'],
    ['invalid gzip', good, { 'content-encoding': 'gzip' }, 'POST', 400, 'invalid_argument'],
    ['an encoding that nobody knows', good, { 'content-encoding': 'snappy' }, 'POST', 501, 'unimplemented'],
    [
      'a codec that nobody knows',
      good,
      { 'content-type': 'application/xml' },
      'POST',
      415,
      'MALFORMED_REQUEST',
    ],
    ['an unknown method', good, {}, 'GET', 405, 'MALFORMED_REQUEST'],
    ['an invalid deadline', good, { 'connect-timeout-ms': 'soon' }, 'POST', 400, 'invalid_argument'],
    ['a negative deadline', good, { 'connect-timeout-ms': '-1' }, 'POST', 400, 'invalid_argument'],
    [
      'a deadline of eleven digits',
      good,
      { 'connect-timeout-ms': '10000000000' },
      'POST',
      400,
      'invalid_argument',
    ],
    ['a deadline of no time', good, { 'connect-timeout-ms': '0' }, 'POST', 504, 'deadline_exceeded'],
    ['a deadline of ten digits', good, { 'connect-timeout-ms': '9999999999' }, 'POST', 404, 'not_found'],
    ['a deadline of 30 days', good, { 'connect-timeout-ms': '2592000000' }, 'POST', 404, 'not_found'],
    ['a version of the future', good, { 'connect-protocol-version': '2' }, 'POST', 404, 'not_found'],
  ])('%s', async ([_, body, headers, method, status, code], { call }) => {
    expect(await call(body, headers, method)).toMatchObject({ status, code });
  });
});

describe('gRPC-Web', () => {
  const test = rpcTest.extend('call', ({ service, identity }) => async (body: Uint8Array) => {
    const response = await fetch(service.httpUrl + RESERVE, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', ...identity() },
      body: Buffer.from(body),
    });
    const all = `${[...response.headers].map(([k, v]) => `${k}: ${v}`).join('\r\n')}\r\n${await response.text()}`;
    return Number(/grpc-status: ?(\d+)/.exec(all)?.[1]);
  });

  test.for(messages)('%s', async ([_, message, code], { call }) => {
    expect(await call(frame(0, message))).toBe(code);
  });

  test.for<readonly [string, Uint8Array, readonly number[]]>([
    ['no envelope', Buffer.alloc(0), [3, 12]],
    ['an envelope that breaks off', frame(0, good).subarray(0, 3), [3]],
    ['a message that breaks off', frame(0, good).subarray(0, 9), [3]],
    ['two messages', Buffer.concat([frame(0, good), frame(0, good)]), [3, 12]],
    ['a message over 64 KiB', frame(0, Buffer.alloc(65_537)), [8]],
  ])('%s', async ([_, body, codes], { call }) => {
    expect(codes).toContain(await call(body));
  });
});

describe('a message that is refused before it was sent whole', () => {
  const large = Buffer.alloc(300_000);
  const enveloped = frame(0, large);

  rpcTest.for<readonly [string, string, string, Buffer | string]>([
    ['gRPC-Web', 'Reserve', 'application/grpc-web+proto', enveloped],
    ['gRPC-Web text', 'Reserve', 'application/grpc-web-text', Buffer.from(enveloped).toString('base64')],
    ['gRPC-Web, a stream', 'WatchInventory', 'application/grpc-web+proto', enveloped],
    ['Connect', 'Reserve', 'application/proto', large],
    ['Connect, a stream', 'WatchInventory', 'application/connect+proto', enveloped],
  ])(
    '%s: the next request of its connection does not wait for the rest',
    async ([_, rpc, type, body], { service, identity }) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const send = (path: string, options: RequestOptions, sent?: Buffer | string): Promise<number> =>
        new Promise((resolve, reject) => {
          const asked = request(service.httpUrl + path, { ...options, agent }, (response) => {
            response.resume().on('end', () => resolve(response.statusCode!));
          });
          asked.on('error', reject).end(sent);
        });
      const headers = { ...identity(), 'content-type': type };
      await send(`/inventory.v1.InventoryService/${rpc}`, { method: 'POST', headers }, body);
      expect(await send('/healthz', {})).toBe(200);
      agent.destroy();
    },
  );
});
