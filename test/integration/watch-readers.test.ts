import { describe, expect } from 'vitest';
import { endedStreams, openStreams } from '../support/metrics.js';
import { until } from '../support/process.js';
import type { Stage } from '../support/stage.js';
import { bareWatch, http2Doors } from '../support/streams/http2.js';
import { test } from '../support/watch-fixtures.js';
import type { WatchService } from '../support/watch-services.js';
import { type WatchDoor, type WatchStream, watchDoors } from '../support/watches.js';

/** Readers who do not read: they cost writers nothing, are told why they are cut off, and do not delay a stop. */

const RECORDS = 100;
/** Changes of one transaction; with their event ids, about a megabyte: more than a reader on HTTP/2 leaves room for. */
const CHANGES = 1000;
/** Such transactions: more than the sockets of HTTP/1.1 hold. */
const PLENTY = 7;

let nextCrowd = 0;
/** Records that are watched by clients who have seen what there is of each, and what changes them. */
async function crowd(service: WatchService, stage: Stage) {
  const name = `crowd${nextCrowd++}`;
  const ids = Array.from({ length: RECORDS }, (_, i) => `${name}_${i}`);
  await stage.seed(...ids.map((id) => ({ id, onHandQty: 1, reservedQty: 0 })));
  const lines = Array.from({ length: CHANGES }, (_, i) => ({
    id: ids[i % RECORDS],
    qty: 1,
    action: 'ADJUSTED',
  }));
  let logged = RECORDS;
  return {
    ids,
    /** Entries of their log. */
    logged: () => logged,
    change: async (times = 1): Promise<void> => {
      for (let i = 0; i < times; i++) {
        const answer = await service.caller.call('BatchAdjust', { lines }, { credentials: stage });
        expect(answer).toMatchObject({ ok: true });
        logged += CHANGES;
      }
    },
  };
}

async function stopReading(
  service: WatchService,
  doors: readonly WatchDoor[],
  ids: readonly string[],
): Promise<WatchStream[]> {
  const streams = doors.map((door) => service.watch(door, { ids }));
  for (const stream of streams) {
    await stream.take(ids.length);
    stream.pause();
  }
  return streams;
}

describe('a reader who does not read', () => {
  // [doors whose readers fall behind at the same time, after how many transactions]
  test.for<[readonly WatchDoor[], number]>([
    [['gRPC', 'gRPC over h2c on the HTTP port'], 1],
    [['Connect JSON', 'gRPC-Web', 'REST lines', 'REST events'], PLENTY],
  ])(
    'through %j keeps no writer waiting, is told SLOW_READER, and goes on without a gap',
    async ([doors, many], { services }) => {
      // A reader who comes back at once has as long again to read why.
      const service = await services.start({ STREAM_STALLED_MS: '1500' });
      const { ids, change, logged } = await crowd(service, services.stage);
      const streams = await stopReading(service, doors, ids);
      // Each is answered while nobody reads.
      await change(many);
      await service.untilNoStream();
      expect(await endedStreams(service.httpUrl, 'SLOW_READER')).toBe(doors.length);
      for (const stream of streams) stream.resume();
      const endings = await Promise.all(streams.map((stream) => stream.ended));
      expect(endings).toMatchObject(
        doors.map((door) => ({
          reason: 'SLOW_READER',
          help: expect.stringMatching(/\/docs\/errors#slow_reader$/),
          ...(door.startsWith('REST') ? { httpStatus: 200 } : { code: 8 }),
        })),
      );

      await change();
      for (const [i, { seen }] of streams.entries()) {
        expect(seen.length).toBeLessThan(logged() - CHANGES);
        const rest = service.watch(doors[i]!, { ids, afterId: seen.at(-1)!.eventId });
        const all = [...seen, ...(await rest.take(logged() - seen.length))];
        for (const id of ids) {
          const quantities = all.filter((event) => event.id === id).map((event) => event.onHandQty);
          expect(quantities).toEqual(quantities.map((_, n) => n + 1));
        }
        rest.leave();
      }
    },
  );

  test.for(http2Doors)('and never comes back is cut off, by %s', async (door, { services }) => {
    // Long enough that a slow test machine does not make readers look stalled while their window still has room. They
    // would then be told why, and never be cut off.
    const service = await services.start({ STREAM_STALLED_MS: '1000' });
    const { ids, change } = await crowd(service, services.stage);
    const { closed, socket } = bareWatch(door, service, { ids }, { credentials: services.stage });
    await until('the stream', async () => (await openStreams(service.httpUrl)) === 1);
    let isCut = false;
    void closed.then(() => {
      isCut = true;
    });
    // An open stream may not have read the stock yet, and then has none of the first changes to send.
    while (!isCut) await change();
    expect(await closed).toBe(ENHANCE_YOUR_CALM);
    expect(await endedStreams(service.httpUrl, 'SLOW_READER')).toBe(1);
    // Only the stream was reset: the connection stays open.
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});

/** https://www.rfc-editor.org/rfc/rfc9113.html#section-7 */
const ENHANCE_YOUR_CALM = 11;

describe('a service that stops', () => {
  // Long enough that a stop which waits for it fails its test.
  const patient = { SHUTDOWN_TIMEOUT_MS: '600000' };

  test('ends its streams with SHUTTING_DOWN and waits for none', async ({ services }) => {
    const service = await services.start(patient);
    const { ids } = await crowd(service, services.stage);
    const streams = watchDoors.map((door) => service.watch(door, { ids }));
    for (const stream of streams) await stream.next();
    await service.close();
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings).toMatchObject(
      watchDoors.map((door) => ({
        reason: 'SHUTTING_DOWN',
        help: expect.stringMatching(/\/docs\/errors#shutting_down$/),
        ...(door.startsWith('REST') ? { httpStatus: 200 } : { code: 14 }),
      })),
    );
  });

  test('does not wait for readers who do not read', async ({ services }) => {
    const service = await services.start(patient);
    const { ids, change, logged } = await crowd(service, services.stage);
    const doors = ['gRPC', 'gRPC over h2c on the HTTP port', 'Connect JSON', 'REST events'] as const;
    const streams = await stopReading(service, doors, ids);
    await change(PLENTY);
    await service.close();
    for (const stream of streams) stream.resume();
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings.map(({ reason }) => reason)).toEqual(endings.map(() => undefined));
    // Otherwise nobody was slow, and the test shows nothing.
    for (const stream of streams) expect(stream.seen.length).toBeLessThan(logged());
  });
});
