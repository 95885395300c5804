import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createApiKeySecret } from '../../src/auth/api-key-secret.js';
import type { Logger } from '../../src/telemetry/logger.js';
import { startApp } from '../support/app.js';
import { closeDoors, doorNames, openDoors } from '../support/doors.js';

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
    // What cannot be read is answered after the credentials, too.
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
