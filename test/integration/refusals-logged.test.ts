import { connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createApiKeySecret } from '../../src/auth/api-key-secret.js';
import type { Engine } from '../../src/engine/engine.js';
import type { Logger } from '../../src/telemetry/logger.js';
import { startApp } from '../support/app.js';
import { frame } from '../support/doors/grpc-web.js';
import { closeDoors, doorNames, openDoors } from '../support/doors.js';
import { until } from '../support/process.js';

test.each([
  ['info', []],
  [
    'debug',
    [
      { why: 'no authorization header', msg: 'credentials are refused' },
      { rpc: 'GetInventory', reason: 'UNAUTHENTICATED', requestId: 'req-1', msg: 'a call is refused' },
      { rpc: 'GetInventory', reason: 'INVENTORY_NOT_FOUND', requestId: 'req-2', msg: 'a call is refused' },
      { rpc: 'WatchInventory', reason: 'VALIDATION_FAILED', requestId: 'req-3', msg: 'a call is refused' },
    ],
  ],
] as const)('at level %s, refusals are logged: %j', async (level, expected) => {
  const { lines, logger } = capture(level);
  const service = await startApp({}, { logger });
  try {
    const { apiKey, token } = await service.createMerchant();
    const url = `${service.httpUrl}/v1/inventory/inv_none`;
    await fetch(url, { headers: { 'x-request-id': 'req-1', 'x-merchantapikey': apiKey } });
    const credentials = { 'x-merchantapikey': apiKey, authorization: `Bearer ${token}` };
    await fetch(url, { headers: { 'x-request-id': 'req-2', ...credentials } });
    const watch = `${service.httpUrl}/v1/inventory/watch`;
    await fetch(watch, { headers: { 'x-request-id': 'req-3', ...credentials } });
  } finally {
    await service.close();
  }
  expect(lines.filter(({ msg }) => msg.endsWith('refused'))).toEqual(expected);
});

test('an issuer that is down: retryable at every door, one warning, and no error line of a stranger', async () => {
  const { lines, logger } = capture('info');
  const jwks = { JWT_SECRET: '', JWT_JWKS_URL: 'http://127.0.0.1:1/jwks.json' };
  const service = await startApp(jwks, { logger });
  const doors = openDoors(service);
  try {
    const apiKey = createApiKeySecret('live').secret;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = `${part({ alg: 'ES256', kid: 'k' })}.${part({ sub: 'eve', exp: 4e9 })}.AA`;
    for (const name of doorNames) {
      const call = doors[name].call('GetInventory', { id: 'inv_1' }, { credentials: { apiKey, token } });
      expect(await call, name).toMatchObject({
        reason: 'DATABASE_UNAVAILABLE',
        message: "The keys of the token's issuer are unavailable. Retry later.",
      });
    }
    // Credentials are also checked before a request that cannot be read is refused.
    const malformed = await fetch(`${service.httpUrl}/inventory.v1.InventoryService/GetInventory`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-merchantapikey': apiKey,
        authorization: `Bearer ${token}`,
      },
      body: '{',
    });
    expect([malformed.status, await malformed.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'unavailable' }),
    ]);
  } finally {
    closeDoors(doors);
    await service.close();
  }
  expect(lines.filter(({ msg }) => msg.includes('JWKS'))).toHaveLength(1);
  expect(lines.filter((line) => 'err' in line)).toEqual([]);
});

/** ReserveRequest {id: "inv_xyz789", qty: 1}, in its envelope where the protocol has one. */
const reserve = Buffer.from('0a0a696e765f78797a3738391001', 'hex');
const calls: readonly (readonly [string, Uint8Array])[] = [
  ['application/proto', reserve],
  ['application/grpc', frame(0, reserve)],
  ['application/grpc-web', frame(0, reserve)],
  ['REST', Buffer.from('{"qty":1}')],
];

test('callers who leave in any way cause no error line; a fault does', async () => {
  const { lines, logger } = capture('info');
  const waiting: (() => void)[] = [];
  let told: Error | undefined;
  const engine: Engine = {
    submit: async () => {
      if (told !== undefined) throw told;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { reason: 'OVERLOADED' };
    },
    drain: async () => {},
  };
  const service = await startApp({}, { logger, engine });
  try {
    const { apiKey, token } = await service.createMerchant();
    const { hostname, port } = new URL(service.httpUrl);
    const open = (kind: string, body: Uint8Array) => {
      const session = connect(service.httpUrl);
      const stream = session.request({
        ':method': kind === 'REST' ? 'PATCH' : 'POST',
        ':path':
          kind === 'REST' ? '/v1/inventory/inv_xyz789/reserve' : '/inventory.v1.InventoryService/Reserve',
        'content-type': kind === 'REST' ? 'application/json' : kind,
        authorization: `Bearer ${token}`,
        'x-merchantapikey': apiKey,
        te: 'trailers',
      });
      session.on('error', () => {});
      stream.on('error', () => {}).resume();
      stream.end(body);
      const closed = new Promise((resolve) => stream.on('close', resolve));
      return { session, stream, closed };
    };
    const ways: ((call: ReturnType<typeof open>) => void)[] = [
      ({ stream }) => stream.close(constants.NGHTTP2_CANCEL),
      ({ stream }) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
      ({ session }) => session.destroy(),
    ];
    for (const [kind, body] of calls) {
      for (const leave of ways) {
        const call = open(kind, body);
        await until('the call', async () => waiting.length === 1);
        leave(call);
        await call.closed;
        // Nobody is left to take the answer. What that leads to shows with the next call.
        waiting.pop()!();
        call.session.destroy();
      }
      if (kind === 'application/grpc') continue;
      const { method, path } =
        kind === 'REST'
          ? { method: 'PATCH', path: '/v1/inventory/inv_xyz789/reserve' }
          : { method: 'POST', path: '/inventory.v1.InventoryService/Reserve' };
      const socket = connectTcp(Number(port), hostname);
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nX-MerchantApiKey: ${apiKey}\r\n` +
          `Content-Type: ${kind === 'REST' ? 'application/json' : kind}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body);
      await until('the call', async () => waiting.length === 1);
      socket.resetAndDestroy();
      waiting.pop()!();
    }
    expect(lines.filter((line) => 'err' in line)).toEqual([]);

    told = new Error('a fault');
    for (const [kind, body] of calls) {
      const { session, closed } = open(kind, body);
      await closed;
      session.destroy();
    }
    expect(lines.filter((line) => 'err' in line)).toHaveLength(calls.length);
  } finally {
    await service.close();
  }
  expect(lines.filter((line) => 'err' in line)).toHaveLength(calls.length);
});

function capture(level: string): { lines: { msg: string }[]; logger: Logger } {
  const lines: { msg: string }[] = [];
  const stream = new Writable({
    write(line: Buffer, _, done) {
      const { level: _level, ...rest } = JSON.parse(line.toString());
      lines.push(rest);
      done();
    },
  });
  return { lines, logger: pino({ level, base: null, timestamp: false }, stream) };
}
