import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect } from 'vitest';
import { commandDoorNames, doorNames, openDoor } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { until } from '../support/process.js';

let lines: Record<string, unknown>[] = [];
const stream = new Writable({
  write(line: Buffer, _, done) {
    const { msg, level, durationMs, ...rest } = JSON.parse(line.toString());
    if (msg === 'call') lines.push({ ...rest, durationMs: typeof durationMs });
    done();
  },
});

const test = base
  .extend('environment', { ACCESS_LOG: 'all' })
  .extend('overrides', { logger: pino({ level: 'info', base: null, timestamp: false }, stream) })
  .extend('records', [{ id: 'inv_1', onHandQty: 100, reservedQty: 0 }]);

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'req-1' };
const protocols: Record<string, string> = {
  gRPC: 'grpc',
  'gRPC over h2c on the HTTP port': 'grpc',
  'Connect JSON': 'connect',
  'Connect binary': 'connect',
  'gRPC-Web': 'grpc-web',
  REST: 'rest',
};

test.for(doorNames)(
  'a line for each call, by %s: with its merchant, or none',
  async (name, { service, merchant }) => {
    lines = [];
    const door = openDoor(name, service);
    const named = { door: protocols[name], durationMs: 'number', requestId: 'req-1', traceId };
    const { merchantId } = merchant;
    await door.call('Reserve', { id: 'inv_1', qty: 1 }, { credentials: merchant, headers });
    await door.call('Reserve', { id: 'inv_1', qty: 1000 }, { credentials: merchant, headers });
    await door.call('GetInventory', { id: 'inv_1' }, { headers: { 'x-request-id': 'req-1' } });
    door.close();
    const { traceId: _, ...untraced } = named;
    expect(lines).toEqual([
      { ...named, rpc: 'Reserve', merchantId, reason: 'OK' },
      { ...named, rpc: 'Reserve', merchantId, reason: 'INSUFFICIENT_STOCK' },
      { ...untraced, rpc: 'GetInventory', reason: 'UNAUTHENTICATED' },
    ]);
  },
);

test.for(commandDoorNames)(
  'a line for each command, and for the %s that brings it',
  async (name, { service, merchant }) => {
    lines = [];
    const door = openDoor(name, service);
    await door.call('Reserve', { id: 'inv_1', qty: 1 }, { credentials: merchant, headers });
    door.close();
    const call = { door: 'grpc', merchantId: merchant.merchantId, durationMs: 'number', reason: 'OK' };
    await until('the lines', () => Promise.resolve(lines.length === 2));
    expect(lines).toEqual([
      { ...call, rpc: 'Reserve', within: name, requestId: expect.any(String), traceId },
      { ...call, rpc: name, requestId: lines[0]!.requestId, traceId },
    ]);
  },
);

test('a line for a watch, once it has ended or is refused', async ({ service, merchant }) => {
  lines = [];
  const url = `${service.httpUrl}/v1/inventory/watch`;
  const credentials = { 'x-merchantapikey': merchant.apiKey, authorization: `Bearer ${merchant.token}` };
  await fetch(url, { headers: { ...headers, ...credentials } });
  const leave = new AbortController();
  await fetch(`${url}?ids=inv_1`, { headers: { ...headers, ...credentials }, signal: leave.signal });
  leave.abort();
  await until('the lines', () => Promise.resolve(lines.length === 2));
  const watch = { door: 'rest', rpc: 'WatchInventory', durationMs: 'number', requestId: 'req-1', traceId };
  expect(lines).toEqual([
    { ...watch, merchantId: merchant.merchantId, reason: 'VALIDATION_FAILED' },
    { ...watch, merchantId: merchant.merchantId, reason: 'OK' },
  ]);
});
