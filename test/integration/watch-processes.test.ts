import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type App, createApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { type Addresses, type Door, openDoor } from '../support/doors.js';
import { cleanUpProcesses, onDatabase, startService, until } from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import {
  openWatch,
  StreamEnded,
  type WatchDoor,
  type WatchEvent,
  type WatchStream,
  watchDoors,
} from '../support/watches.js';

/** Watches and changes on several services that share one database, and come and go. */

/** So rarely that a test fails if its event waits for it: what arrives was woken. */
const NEVER_LOOKS = { WATCH_LOOK_MS: '600000' };

let stage: Stage;
const closers: (() => Promise<void> | void)[] = [];
beforeAll(async () => {
  stage = await createStage();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await cleanUpProcesses();
});
afterAll(() => stage.close());

interface Service extends Addresses {
  readonly app: App;
  readonly caller: Door;
}

async function start(env: Record<string, string> = {}, url = stage.database.url): Promise<Service> {
  const app = await createApp(loadConfig({ ...onDatabase(url), LOG_LEVEL: 'silent', ...env }));
  const caller = openDoor('REST', app.addresses);
  closers.push(() => app.close(), caller.close);
  return { app, caller, ...app.addresses };
}

function watch(door: WatchDoor, service: Addresses, id: string, afterId?: string): WatchStream {
  const request = { ids: [id], ...(afterId === undefined ? {} : { afterId }) };
  const stream = openWatch(door, service, request, { credentials: stage });
  closers.push(() => stream.leave());
  return stream;
}

async function reserve({ caller }: Service, id: string): Promise<void> {
  expect(await caller.call('Reserve', { id, qty: 1 }, { credentials: stage })).toMatchObject({ ok: true });
}

let nextRecord = 0;
async function seeded(): Promise<string> {
  const id = `rec_${nextRecord++}`;
  await stage.seed({ id, onHandQty: 1000, reservedQty: 0 });
  return id;
}

const reserved = (events: readonly WatchEvent[]) => events.map((event) => event.reservedQty);
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, i) => i);

/** Backends of the services' change channels that listen, the oldest first. */
async function listeners(): Promise<number[]> {
  const rows = await stage.database.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity
      WHERE application_name = 'holdfast-changes' AND datname = current_database()
        AND state = 'idle' AND query ~ 'LISTEN|pg_notify'
      ORDER BY backend_start`,
  );
  return rows.map(({ pid }) => pid);
}

async function startListening(env: Record<string, string>): Promise<Service & { readonly pid: number }> {
  const before = await listeners();
  const service = await start(env);
  let pid: number | undefined;
  await until('a listener', async () => {
    pid = (await listeners()).find((each) => !before.includes(each));
    return pid !== undefined;
  });
  return { ...service, pid: pid! };
}

describe('two services', () => {
  test('what one changes arrives at watches on the other, and on itself, by a wake-up call', async () => {
    const [a, b] = [await startListening(NEVER_LOOKS), await startListening(NEVER_LOOKS)];
    const id = await seeded();
    const streams = [a, b].flatMap((service) => watchDoors.map((door) => watch(door, service, id)));
    for (const stream of streams) await stream.next();
    for (let i = 0; i < 5; i++) {
      await reserve(i % 2 === 0 ? a : b, id);
      for (const stream of streams) expect(await stream.next()).toMatchObject({ reservedQty: i + 1 });
    }
    for (const stream of streams) expect(reserved(stream.seen)).toEqual(upTo(5));
  });

  test('a hold that expires arrives too', async () => {
    const [a, b] = [await startListening(NEVER_LOOKS), await startListening(NEVER_LOOKS)];
    const id = await seeded();
    const stream = watch('gRPC', b, id);
    await stream.next();
    const request = { id, qty: 1, reference: 'ORD-1', ttlSeconds: 1 };
    await a.caller.call('Reserve', request, { credentials: stage });
    expect(reserved(await stream.take(2))).toEqual([1, 0]);
  });

  test('what is committed while nobody listens arrives once somebody does again', async () => {
    const [a, b] = [await startListening(NEVER_LOOKS), await startListening(NEVER_LOOKS)];
    const id = await seeded();
    const stream = watch('gRPC', b, id);
    await stream.next();
    for (let i = 1; i <= 3; i++) {
      const others = await listeners();
      const [pid] = others.filter((each) => each !== a.pid);
      await stage.database.query('SELECT pg_terminate_backend($1)', [pid]);
      await until('the end of the listener', async () => !(await listeners()).includes(pid!));
      await reserve(a, id);
      expect(await stream.next()).toMatchObject({ reservedQty: i });
    }
  });
});

describe('services that come and go', () => {
  test.each<WatchDoor>(['gRPC', 'Connect JSON', 'REST events'])(
    'a watch by %s goes on at the next service where it was, also with what was changed in between',
    async (door) => {
      const id = await seeded();
      const first = await start();
      const before = watch(door, first, id);
      await before.next();
      await reserve(first, id);
      const { eventId } = await before.next();
      const other = await start();
      await first.app.close();
      expect(await before.ended).toMatchObject({ reason: 'SHUTTING_DOWN' });
      await reserve(other, id);
      await other.app.close();
      const second = await start();
      const after = watch(door, second, id, eventId);
      await reserve(second, id);
      expect(reserved([...before.seen, ...(await after.take(2))])).toEqual(upTo(3));
    },
  );

  test('SIGTERM ends open streams with SHUTTING_DOWN, and the process well', async () => {
    // Long enough that a stop which waits for it fails its test.
    const env = onDatabase(stage.database.url, { SHUTDOWN_TIMEOUT_MS: '600000' });
    const service = await startService(env);
    const id = await seeded();
    const streams = watchDoors.map((door) => watch(door, service, id));
    for (const stream of streams) await stream.next();
    expect(await service.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const endings = await Promise.all(streams.map((stream) => stream.ended));
    expect(endings.map(({ reason }) => reason)).toEqual(endings.map(() => 'SHUTTING_DOWN'));
    expect(service.stderr()).not.toMatch(/"level":[56]0/);
  });

  test('kill -9 cuts a stream, and nothing is missing when it resumes', async () => {
    const service = await startService(onDatabase(stage.database.url));
    const other = await start();
    const id = await seeded();
    const before = watch('gRPC', service, id);
    await before.next();
    await reserve(other, id);
    const { eventId } = await before.next();
    await service.end('SIGKILL');
    expect((await before.ended).reason).toBeUndefined();
    await reserve(other, id);
    const after = watch('gRPC', other, id, eventId);
    await reserve(other, id);
    expect(reserved([...before.seen, ...(await after.take(2))])).toEqual(upTo(3));
  });
});

describe('a database that restarts', () => {
  // [what happens]
  test.each<[string, (proxy: TcpProxy) => Promise<void>]>([
    [
      'every connection is ended',
      async () => {
        await stage.database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'holdfast%' AND datname = current_database() AND pid <> pg_backend_pid()`,
        );
      },
    ],
    [
      'nobody can reach it for a while',
      async (proxy) => {
        proxy.goDown();
        await new Promise(setImmediate);
        proxy.comeBack();
      },
    ],
  ])('%s: a watch ends with DATABASE_UNAVAILABLE or goes on, without a gap', async (_, happen) => {
    const { proxy, url } = await TcpProxy.start(stage.database.url);
    closers.push(() => proxy.close());
    const watched = await start({ WATCH_LOOK_MS: '100' }, url);
    const changing = await start();
    const id = await seeded();
    const seen: WatchEvent[] = [];
    let stream = watch('gRPC', watched, id);
    seen.push(await stream.next());
    let reserves = 0;
    const reserveAnyway = async (): Promise<void> => {
      const idempotencyKey = `key-${id}-${reserves++}`;
      await until('a reserve', async () => {
        const options = { credentials: stage, idempotencyKey };
        return (await changing.caller.call('Reserve', { id, qty: 1 }, options)).ok;
      });
    };
    for (let round = 0; round < 6; round++) {
      await reserveAnyway();
      await happen(proxy);
      await reserveAnyway();
      while (seen.at(-1)!.reservedQty < reserves) {
        try {
          seen.push(await stream.next());
        } catch (error) {
          if (!(error instanceof StreamEnded)) throw error;
          expect(error.ending.reason).toBe('DATABASE_UNAVAILABLE');
          stream = watch('gRPC', watched, id, seen.at(-1)!.eventId);
        }
      }
    }
    expect(reserved(seen)).toEqual(upTo(12));
  });
});
