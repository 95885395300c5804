import { afterEach, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp, tokenFor } from '../support/app.js';
import { type Door, openDoor } from '../support/doors.js';
import { endedStreams, openStreams } from '../support/metrics.js';
import { until } from '../support/process.js';
import {
  openWatch,
  type WatchDoor,
  type WatchRequest,
  type WatchStream,
  watchDoors,
} from '../support/watches.js';

/** How streams end, and what is left of them. */

let app: TestApp | undefined;
let merchant: Credentials;
let caller: Door;
const open: WatchStream[] = [];

async function start(env: Record<string, string> = {}): Promise<TestApp> {
  app = await startApp({
    // So long that whoever waits for it fails its test.
    SHUTDOWN_TIMEOUT_MS: '600000',
    ...env,
  });
  merchant = await app.createMerchant();
  caller = openDoor('REST', app);
  await app.seed(merchant.merchantId, { id: 'a', onHandQty: 50, reservedQty: 0 });
  return app;
}

afterEach(async () => {
  for (const stream of open.splice(0)) stream.leave();
  caller.close();
  await app?.close();
  app = undefined;
});

function watch(door: WatchDoor, request: WatchRequest = { ids: ['a'] }, token = merchant.token): WatchStream {
  const stream = openWatch(door, app!, request, { credentials: { apiKey: merchant.apiKey, token } });
  open.push(stream);
  return stream;
}

const watchEverywhere = (): WatchStream[] => watchDoors.map((door) => watch(door));
const reserveOne = () => caller.call('Reserve', { id: 'a', qty: 1 }, { credentials: merchant });

/** What each door says of a reason; REST streams had begun with 200. */
function said(reason: string, code: number): object[] {
  return watchDoors.map((door) => ({
    reason,
    ...(door.startsWith('REST') ? { httpStatus: 200 } : { code }),
  }));
}

describe('a client that leaves', () => {
  test('ends its watch, through every door, silent or read', async () => {
    const { httpUrl } = await start();
    for (const [i, door] of watchDoors.entries()) {
      const [silent, read] = [watch(door), watch(door)];
      await silent.begun;
      expect(await read.next()).toMatchObject({ reservedQty: i });
      expect(await openStreams(httpUrl), door).toBe(2);
      silent.leave();
      await until('one stream', async () => (await openStreams(httpUrl)) === 1);
      await reserveOne();
      expect(await read.next()).toMatchObject({ reservedQty: i + 1 });
      read.leave();
      await until('no stream', async () => (await openStreams(httpUrl)) === 0);
      expect(await endedStreams(httpUrl, 'OK'), door).toBe(2 * i + 2);
    }
  });

  test('before it was answered, or for the head alone, leaves no stream behind', async () => {
    const { httpUrl } = await start({ STREAMS_MAX: '7' });
    const headers = { authorization: `Bearer ${merchant.token}`, 'x-merchantapikey': merchant.apiKey };
    const url = `${httpUrl}/v1/inventory/watch?ids=a`;
    for (let i = 0; i < 20; i++) {
      const { status } = await fetch(url, { method: 'HEAD', headers });
      expect(status).toBe(200);
    }
    for (const stream of watchEverywhere()) stream.leave();
    await until('no stream', async () => (await openStreams(httpUrl)) === 0);
    const streams = watchEverywhere();
    for (const stream of streams) expect(await stream.next()).toMatchObject({ id: 'a' });
  });
});

test('one stream too many is OVERLOADED, through every door, until another ends', async () => {
  const { httpUrl } = await start({ STREAMS_MAX: '1' });
  const first = watch('gRPC');
  await first.next();
  for (const door of watchDoors) {
    const ending = await watch(door).ended;
    expect(ending).toMatchObject({
      reason: 'OVERLOADED',
      ...(door.startsWith('REST') ? { httpStatus: 503 } : { code: 14 }),
    });
  }
  expect(await endedStreams(httpUrl, 'OVERLOADED')).toBe(watchDoors.length);
  expect(await openStreams(httpUrl)).toBe(1);
  first.leave();
  await until('no stream', async () => (await openStreams(httpUrl)) === 0);
  expect(await watch('REST lines').next()).toMatchObject({ id: 'a' });
});

test('refused streams are counted by their reasons', async () => {
  const { httpUrl } = await start();
  await watch('gRPC', { ids: ['nobody'] }).ended;
  await watch('REST events', { ids: [] }).ended;
  await watch('Connect JSON', { ids: ['a'] }, 'no token').ended;
  for (const reason of ['INVENTORY_NOT_FOUND', 'VALIDATION_FAILED', 'UNAUTHENTICATED']) {
    expect(await endedStreams(httpUrl, reason)).toBe(1);
  }
  expect(await openStreams(httpUrl)).toBe(0);
});

describe('credentials that are no longer good', () => {
  test('a revoked key ends its streams', async () => {
    const { httpUrl, database } = await start({ API_KEY_CACHE_MS: '0' });
    const streams = watchEverywhere();
    for (const stream of streams) await stream.next();
    await database.query('UPDATE api_keys SET revoked_at = now() WHERE merchant_id = $1', [
      merchant.merchantId,
    ]);
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings).toMatchObject(said('UNAUTHENTICATED', 16));
    expect(await endedStreams(httpUrl, 'UNAUTHENTICATED')).toBe(watchDoors.length);
  });

  test('an expired token ends its streams, and no others', async () => {
    const { httpUrl } = await start();
    const good = watch('gRPC');
    const token = await tokenFor(merchant.merchantId, ['can_read_inventory'], 4);
    const streams = watchDoors.map((door) => watch(door, { ids: ['a'] }, token));
    for (const stream of streams) await stream.next();
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings).toMatchObject(said('UNAUTHENTICATED', 16));
    expect(await openStreams(httpUrl)).toBe(1);
    await reserveOne();
    expect(await good.take(2)).toMatchObject([{ reservedQty: 0 }, { reservedQty: 1 }]);
  });
});

describe('a service that stops', () => {
  test('ends its streams with SHUTTING_DOWN and waits for none', async () => {
    const { app: service } = await start();
    const streams = watchEverywhere();
    for (const stream of streams) await stream.next();
    await service.close();
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings).toMatchObject(said('SHUTTING_DOWN', 14));
  });

  test('does not wait for readers who do not read', async () => {
    const { app: service } = await start();
    const { streams, write, sent } = await crowd(watchDoors);
    for (let i = 0; i < 4; i++) await write();
    await service.close();
    for (const stream of streams) stream.resume();
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings.map(({ reason }) => reason)).toEqual(endings.map(() => undefined));
    // Or nobody was slow, and nothing was shown.
    for (const stream of streams) expect(stream.seen.length).toBeLessThan(sent());
  });
});

describe('a reader who does not read', () => {
  // [doors, how long he may take, what they say once he reads]: the HTTP port says nothing and closes.
  test.each<[readonly WatchDoor[], string, string | undefined]>([
    [['gRPC'], '1500', 'SLOW_READER'],
    [['gRPC over h2c on the HTTP port', 'Connect JSON', 'REST events'], '300', undefined],
  ])(
    'through %j costs writers nothing, is cut off, and can go on without a gap',
    async (doors, stalledMs, said) => {
      const { httpUrl } = await start({ STREAM_STALLED_MS: stalledMs });
      const { streams, request, write, sent } = await crowd(doors);
      // Every write is answered while nobody reads.
      while ((await openStreams(httpUrl)) > 0) await write();
      expect(await endedStreams(httpUrl, 'SLOW_READER')).toBe(doors.length);
      for (const stream of streams) stream.resume();
      const endings = await Promise.all(streams.map((stream) => stream.ended));
      expect(endings.map(({ reason }) => reason)).toEqual(doors.map(() => said));

      await write();
      const logged = await logOf(app!, merchant.merchantId);
      for (const [i, stream] of streams.entries()) {
        const { eventId } = stream.seen.at(-1)!;
        const rest = watch(doors[i]!, { ...request, afterId: eventId });
        const all = [...stream.seen, ...(await rest.take(sent() - stream.seen.length))];
        for (const [id, quantities] of logged) {
          expect(all.filter((event) => event.id === id).map((event) => event.onHandQty)).toEqual(quantities);
        }
        rest.leave();
      }
    },
    60_000,
  );
});

/** Watches of 100 records that nobody reads, and what writes 1,000 events for each. */
async function crowd(doors: readonly WatchDoor[]) {
  const ids = Array.from({ length: 100 }, (_, i) => `r${i}`);
  await app!.seed(merchant.merchantId, ...ids.map((id) => ({ id, onHandQty: 1, reservedQty: 0 })));
  const request = { ids };
  const streams = doors.map((door) => watch(door, request));
  for (const stream of streams) {
    // What comes after it is changes, which nobody may miss.
    await stream.take(ids.length);
    stream.pause();
  }
  const lines = Array.from({ length: 1000 }, (_, i) => ({ id: `r${i % 100}`, qty: 1, action: 'ADJUSTED' }));
  let sent = ids.length;
  const write = async (): Promise<void> => {
    const answer = await caller.call('BatchAdjust', { lines }, { credentials: merchant });
    expect(answer).toMatchObject({ ok: true });
    sent += lines.length;
  };
  return { streams, request, write, sent: () => sent };
}

/** Units on hand after each entry of the log, record by record, from the first one that a watch sends. */
async function logOf({ database }: TestApp, merchantId: string): Promise<Map<string, number[]>> {
  const rows = await database.query<{ id: string; on_hand: number }>(
    `SELECT inventory_id AS id,
            (sum(on_hand_delta) OVER (PARTITION BY inventory_id ORDER BY revision))::int AS on_hand
       FROM movement_log WHERE merchant_id = $1 AND inventory_id LIKE 'r%' ORDER BY inventory_id, revision`,
    [merchantId],
  );
  const logged = new Map<string, number[]>();
  for (const { id, on_hand } of rows) logged.set(id, [...(logged.get(id) ?? []), on_hand]);
  return logged;
}

describe('a silent stream', () => {
  // [format, a sign of life]
  test.each([
    ['application/x-ndjson', '\n'],
    ['text/event-stream', ':\n\n'],
  ])('of %s over REST says that it is alive', async (accept, sign) => {
    const { httpUrl } = await start({ STREAM_HEARTBEAT_MS: '50' });
    const gone = new AbortController();
    const headers = {
      accept,
      authorization: `Bearer ${merchant.token}`,
      'x-merchantapikey': merchant.apiKey,
    };
    const url = `${httpUrl}/v1/inventory/watch?ids=a`;
    const { body } = await fetch(url, { headers, signal: gone.signal });
    const reader = body!.getReader();
    const text = async () => Buffer.from((await reader.read()).value!).toString();
    expect(await text()).toContain('"id":"a"');
    expect(await text()).toBe(sign);
    expect(await text()).toBe(sign);
    await reserveOne();
    let next = await text();
    while (next === sign) next = await text();
    expect(next).toContain('"reservedQty":1');
    gone.abort();
  });
});
