import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.js';

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
  const lines: { msg: string }[] = [];
  const stream = new Writable({
    write(line: Buffer, _, done) {
      const { level: _level, ...rest } = JSON.parse(line.toString());
      lines.push(rest);
      done();
    },
  });
  const logger = pino({ level, base: null, timestamp: false }, stream);
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
