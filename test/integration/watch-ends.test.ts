import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addKey, createMerchant } from '../../src/service/merchants.js';
import { seedRecords } from '../../src/store/seed.js';
import { tokenFor } from '../support/app.js';
import { endedStreams, openStreams } from '../support/metrics.js';
import { until } from '../support/process.js';
import { bareWatch, http2Doors } from '../support/streams/http2.js';
import { openWatchServices, type WatchService, type WatchServices } from '../support/watch-services.js';
import { type WatchDoor, watchDoors } from '../support/watches.js';

/** How streams end, by their callers, deadlines, credentials or limits; and that nothing is left of them. */

let services: WatchServices;
/** It does not cache keys, and sends a sign of life on each stream every 50 ms. */
let service: WatchService;
beforeAll(async () => {
  services = await openWatchServices();
  service = await services.start({
    API_KEY_CACHE_MS: '0',
    STREAM_HEARTBEAT_MS: '50',
    JWT_CLOCK_TOLERANCE_S: '0',
  });
});
afterEach(() => services.tidy(service));
afterAll(() => services.close());

let nextRecord = 0;
async function seeded(): Promise<string> {
  const id = `rec_${nextRecord++}`;
  await services.stage.seed({ id, onHandQty: 1000, reservedQty: 0 });
  return id;
}

const reserveOne = (id: string) =>
  service.caller.call('Reserve', { id, qty: 1 }, { credentials: services.stage });

/** What each door says of a reason once a stream has begun; on REST, its status was 200. */
function said(reason: string, code: number): object[] {
  return watchDoors.map((door) => ({
    reason,
    // This body is published word for word, without a link.
    ...(reason === 'UNAUTHENTICATED' && door.startsWith('REST')
      ? {}
      : { help: expect.stringMatching(`/docs/errors#${reason.toLowerCase()}$`) }),
    ...(door.startsWith('REST') ? { httpStatus: 200 } : { code }),
  }));
}

describe('a client that leaves', () => {
  test.each(watchDoors)('ends its watch by %s, silent or read', async (door) => {
    const { httpUrl } = service;
    const id = await seeded();
    const before = await endedStreams(httpUrl, 'OK');
    const [silent, read] = [service.watch(door, { ids: [id] }), service.watch(door, { ids: [id] })];
    await silent.begun;
    await read.next();
    expect(await openStreams(httpUrl)).toBe(2);
    silent.leave();
    await until('one stream', async () => (await openStreams(httpUrl)) === 1);
    await reserveOne(id);
    expect(await read.next()).toMatchObject({ reservedQty: 1 });
    read.leave();
    await service.untilNoStream();
    expect(await endedStreams(httpUrl, 'OK')).toBe(before + 2);
  });

  // [how]
  test.each<['hangs up' | 'dies']>([['hangs up'], ['dies']])(
    '%s without a word, on a connection of HTTP/2',
    async (how) => {
      const ids = [await seeded()];
      const watches = http2Doors.map((door) =>
        bareWatch(door, service, { ids }, { credentials: services.stage }),
      );
      await until('the streams', async () => (await openStreams(service.httpUrl)) === watches.length);
      for (const { socket } of watches) how === 'dies' ? socket.resetAndDestroy() : socket.destroy();
      await service.untilNoStream();
    },
  );

  test('before it was answered, or for the head alone, leaves no stream behind', async () => {
    const { apiKey, token } = services.stage;
    const few = await services.start({ STREAMS_MAX: '7' });
    const ids = [await seeded()];
    const headers = { authorization: `Bearer ${token}`, 'x-merchantapikey': apiKey };
    const url = `${few.httpUrl}/v1/inventory/watch?ids=${ids[0]}`;
    for (let i = 0; i < 20; i++) {
      const { status } = await fetch(url, { method: 'HEAD', headers });
      expect(status).toBe(200);
    }
    for (const door of watchDoors) few.watch(door, { ids }).leave();
    await few.untilNoStream();
    const streams = watchDoors.map((door) => few.watch(door, { ids }));
    for (const stream of streams) expect(await stream.next()).toMatchObject({ id: ids[0] });
  });
});

describe('a deadline that passes', () => {
  // [door, how it announces 300 ms]
  test.each<[WatchDoor, Record<string, string>]>([
    ['Connect JSON', { 'connect-timeout-ms': '300' }],
    ['Connect binary', { 'connect-timeout-ms': '300' }],
    ['gRPC-Web', { 'grpc-timeout': '300m' }],
  ])('ends a stream by %s with DEADLINE_EXCEEDED', async (door, headers) => {
    const ending = await service.watch(door, { ids: [await seeded()] }, { headers }).ended;
    expect(ending).toMatchObject({ code: 4, reason: 'DEADLINE_EXCEEDED' });
  });

  test.each(['gRPC', 'gRPC over h2c on the HTTP port'] as const)(
    'ends a stream by %s with DEADLINE_EXCEEDED',
    async (door) => {
      const options = { credentials: services.stage, headers: { 'grpc-timeout': '300m' } };
      const { stream, session, closed } = bareWatch(door, service, { ids: [await seeded()] }, options);
      let status: unknown;
      stream.on('trailers', (trailers) => {
        status = trailers['grpc-status'];
      });
      stream.resume();
      expect(await closed).toBe(0);
      expect(status).toBe('4');
      session.close();
    },
  );
});

test('one stream too many is OVERLOADED, through every door, until another ends', async () => {
  const few = await services.start({ STREAMS_MAX: '1' });
  const ids = [await seeded()];
  const first = few.watch('gRPC', { ids });
  await first.next();
  for (const door of watchDoors) {
    expect(await few.watch(door, { ids }).ended).toMatchObject({
      reason: 'OVERLOADED',
      ...(door.startsWith('REST') ? { httpStatus: 503 } : { code: 14 }),
    });
  }
  expect(await endedStreams(few.httpUrl, 'OVERLOADED')).toBe(watchDoors.length);
  expect(await openStreams(few.httpUrl)).toBe(1);
  first.leave();
  await few.untilNoStream();
  expect(await few.watch('REST lines', { ids }).next()).toMatchObject({ id: ids[0] });
});

test('one stream too many of a merchant is RATE_LIMITED, and nobody else is', async () => {
  const few = await services.start({ MERCHANT_STREAMS_MAX: '2' });
  const ids = [await seeded()];
  const open = [few.watch('gRPC', { ids }), few.watch('REST events', { ids })];
  for (const stream of open) await stream.next();
  for (const door of watchDoors) {
    expect(await few.watch(door, { ids }).ended).toMatchObject({
      reason: 'RATE_LIMITED',
      ...(door.startsWith('REST') ? { httpStatus: 429 } : { code: 8 }),
    });
  }
  const other = await createMerchant(services.stage.dataSource, 'Other', 'live');
  await seedRecords(services.stage.dataSource, other.merchantId, [
    { id: 'inv_other', onHandQty: 9, reservedQty: 0 },
  ]);
  const token = await tokenFor(other.merchantId);
  const credentials = { apiKey: other.apiKey, token };
  expect(await few.watch('gRPC', { ids: ['inv_other'] }, { credentials }).next()).toMatchObject({
    id: 'inv_other',
  });
  open[0]!.leave();
  await until('a place', async () => (await openStreams(few.httpUrl)) === 2);
  expect(await few.watch('REST lines', { ids }).next()).toMatchObject({ id: ids[0] });
});

test('refused streams are counted by their reasons', async () => {
  const reasons = ['INVENTORY_NOT_FOUND', 'VALIDATION_FAILED', 'UNAUTHENTICATED'];
  const counts = () => Promise.all(reasons.map((reason) => endedStreams(service.httpUrl, reason)));
  const before = await counts();
  await service.watch('gRPC', { ids: ['nobody'] }).ended;
  await service.watch('REST events', { ids: [] }).ended;
  const credentials = { ...services.stage, token: 'no token' };
  await service.watch('Connect JSON', { ids: ['nobody'] }, { credentials }).ended;
  expect(await counts()).toEqual(before.map((count) => count + 1));
  expect(await openStreams(service.httpUrl)).toBe(0);
});

test('credentials that are no longer good end their streams: a revoked key, an expired token; and no others', async () => {
  const { stage } = services;
  const ids = [await seeded()];
  const before = await endedStreams(service.httpUrl, 'UNAUTHENTICATED');
  // The token lives long enough for its streams to begin.
  const short = { ...stage, token: await tokenFor(stage.merchantId, ['can_read_inventory'], 4) };
  const expiring = watchDoors.map((door) => service.watch(door, { ids }, { credentials: short }));
  const other = { ...stage, apiKey: await addKey(stage.dataSource, stage.merchantId, 'test') };
  const revoked = watchDoors.map((door) => service.watch(door, { ids }, { credentials: other }));
  const good = service.watch('gRPC', { ids });
  for (const stream of [...expiring, ...revoked, good]) await stream.next();
  const lastFour = other.apiKey.slice(-4);
  await stage.database.query('UPDATE api_keys SET revoked_at = now() WHERE last_four = $1', [lastFour]);
  for (const streams of [revoked, expiring]) {
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings).toMatchObject(said('UNAUTHENTICATED', 16));
  }
  expect(await endedStreams(service.httpUrl, 'UNAUTHENTICATED')).toBe(before + 2 * watchDoors.length);
  expect(await openStreams(service.httpUrl)).toBe(1);
  await reserveOne(ids[0]!);
  expect(await good.next()).toMatchObject({ reservedQty: 1 });
});

describe('a silent stream', () => {
  // [format, a sign of life, what ends a message]
  test.each([
    ['application/x-ndjson', ' ', '\n'],
    ['text/event-stream', ':\n', '\n\n'],
  ])('of %s over REST says that it is alive, unseen by plain readers', async (accept, sign, end) => {
    const { apiKey, token } = services.stage;
    const id = await seeded();
    const gone = new AbortController();
    const headers = { accept, authorization: `Bearer ${token}`, 'x-merchantapikey': apiKey };
    const url = `${service.httpUrl}/v1/inventory/watch?ids=${id}`;
    const { body } = await fetch(url, { headers, signal: gone.signal });
    const reader = body!.getReader();
    let all = '';
    const text = async () => {
      const chunk = Buffer.from((await reader.read()).value!).toString();
      all += chunk;
      return chunk;
    };
    expect(await text()).toContain(`"id":"${id}"`);
    expect(await text()).toBe(sign);
    expect(await text()).toBe(sign);
    await reserveOne(id);
    while (!all.endsWith(end) || !all.includes('"reservedQty":1')) await text();
    gone.abort();
    // Each line, or all between two empty lines, is taken for a message.
    const messages = all.split(end).slice(0, -1);
    const json = messages.map((message) => message.match(/^data: (.*)$/m)?.[1] ?? message);
    expect(json.map((line) => JSON.parse(line))).toMatchObject([{ reservedQty: 0 }, { reservedQty: 1 }]);
  });
});
