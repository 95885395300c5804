import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect, vi } from 'vitest';
import { findHeader } from '../../bench/load/hpack.js';
import { audit } from '../../src/service/audit.js';
import { addKey } from '../../src/service/merchants.js';
import { type Credentials, type TestApp, tokenFor } from '../support/app.js';
import type { TestDatabase } from '../support/database.js';
import { frame as envelope } from '../support/doors/grpc-web.js';
import { test as base } from '../support/fixtures.js';
import { frame } from '../support/http2-frames.js';
import {
  END_STREAM,
  FrameType,
  grpcHeaders,
  headersFrames,
  messageFrame,
  RawHttp2,
} from '../support/http2-raw.js';
import {
  commandBytes,
  EXECUTE_PATH,
  ExecuteStream,
  errorOf,
  executeDoors,
} from '../support/streams/execute.js';

/**
 * How streams of commands end. The commands that were read are executed in the order in which they were sent. If the
 * caller then sends all of them again, with the same keys, each is done once.
 */

const ENHANCE_YOUR_CALM = 11;
/** The client keeps no table of headers, so that they can be read by hand. */
const NO_HEADER_TABLE = [1, 0] as const;

const ports = ['gRPC port', 'HTTP port'] as const;
type Port = (typeof ports)[number];

const test = base
  .extend('environment', { scope: 'file' }, () => ({
    API_KEY_CACHE_MS: '0',
    JWT_CLOCK_TOLERANCE_S: '0',
    STREAM_COMMANDS_MAX: '4',
    STREAM_STALLED_MS: '200',
  }))
  /** A record for this test alone. */
  .extend('id', async ({ service, merchant }) => {
    const id = `inv_${nextRecord++}`;
    await service.seed(merchant.merchantId, { id, onHandQty: 1_000_000, reservedQty: 0 });
    return id;
  });
let nextRecord = 0;

const authorityOf = ({ grpcAddress, httpUrl }: TestApp, port: Port): string =>
  port === 'gRPC port' ? grpcAddress : new URL(httpUrl).host;

/** The n-th command of a stream. Its reference says which one it is, and so does its key, if it has one. */
const reserve = (id: string, n: number, of = '', key = false): JsonObject => ({
  tag: `${n}`,
  ...(key ? { idempotencyKey: `${id}${of}-${n}` } : {}),
  reserve: { id, qty: 1, reference: `${of}${n}` },
});

/** What was executed on the record, in that order. */
async function executed({ app }: TestApp, id: string): Promise<string[]> {
  const rows: { reference: string }[] = await app.dataSource.query(
    'SELECT reference FROM movement_log WHERE inventory_id = $1 AND reserved_delta > 0 ORDER BY revision',
    [id],
  );
  return rows.map(({ reference }) => reference);
}

const numbersTo = (count: number): string[] => Array.from({ length: count }, (_, n) => `${n}`);

async function expectConsistent({ app }: TestApp, { merchantId }: Credentials): Promise<void> {
  const report = await audit(app.dataSource, { merchantId, repair: false });
  expect(report).toMatchObject({ consistent: true, drift: [] });
}

test('credentials that are no longer good end their streams: a revoked key, an expired token; what was read is answered', async ({
  service,
  merchant,
  database,
}) => {
  const apiKey = await addKey(service.app.dataSource, merchant.merchantId, 'test');
  const short = { ...merchant, token: await tokenFor(merchant.merchantId, ['can_update_inventory'], 3) };
  const busy = [{ ...merchant, apiKey }, short].flatMap((credentials) =>
    executeDoors.map(async (door, i) => {
      const id = `inv_${credentials === short ? 'expired' : 'revoked'}_${i}`;
      await service.seed(merchant.merchantId, { id, onHandQty: 1_000_000, reservedQty: 0 });
      return { id, door, stream: new ExecuteStream(door, service, { credentials }) };
    }),
  );
  const streams = await Promise.all(busy);
  const done = Promise.all(streams.map(({ stream, id }) => keepBusy(stream, id)));
  await Promise.all(streams.map(({ stream }) => stream.answered(1)));
  const lastFour = apiKey.slice(-4);
  await database.query('UPDATE api_keys SET revoked_at = now() WHERE last_four = $1', [lastFour]);
  for (const { stream, id, door } of streams) {
    expect(await stream.ended, `${door} ${id}`).toMatchObject({ code: 16, reason: 'UNAUTHENTICATED' });
    await done;
    expect(stream.answers.map(errorOf).filter((error) => error !== undefined)).toEqual([]);
    expect(await executed(service, id)).toEqual(numbersTo(stream.answers.length));
  }
});

/** Four commands are under way at any time, until the stream ends. */
async function keepBusy(stream: ExecuteStream, id: string): Promise<void> {
  let sent = 0;
  while (!stream.stream.closed) {
    while (sent < stream.answers.length + 4) stream.send(reserve(id, sent++));
    await stream.answered(sent);
  }
}

describe('a deadline', () => {
  const DEADLINE_MS = 1500;

  test.beforeAll(async ({ database, service: _ }) => {
    await database.query(`
      CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(${(DEADLINE_MS + 500) / 1000}); RETURN NEW; END $$;
      CREATE TRIGGER slow BEFORE INSERT ON movement_log
      FOR EACH ROW WHEN (NEW.reference = 'begun') EXECUTE FUNCTION be_slow()`);
  });

  async function sleeping(database: TestDatabase): Promise<number> {
    const [row] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'`,
    );
    return row!.n;
  }

  test.for(executeDoors)(
    'that passes on a stream by %s: what had begun is answered, what waits is not executed, and no more is read',
    async (door, { service, merchant, database, id }) => {
      const headers: Record<string, string> = door.startsWith('gRPC')
        ? { 'grpc-timeout': `${DEADLINE_MS}m` }
        : { 'connect-timeout-ms': `${DEADLINE_MS}` };
      const stream = new ExecuteStream(door, service, { credentials: merchant, headers });
      stream.send({ tag: 'begun', reserve: { id, qty: 1, reference: 'begun' } });
      await vi.waitFor(async () => expect(await sleeping(database)).toBe(1));
      // Four may be in progress: `begun` and three of these. The last is only read once `begun` is answered: too late.
      stream.send(...[1, 2, 3, 4].map((n) => reserve(id, n)));
      expect(await stream.ended).toMatchObject({ code: 4, reason: 'DEADLINE_EXCEEDED' });
      expect(stream.answers.map((answer) => [answer.tag, errorOf(answer)?.reason])).toEqual([
        ['begun', undefined],
        ...['1', '2', '3'].map((tag) => [tag, 'DEADLINE_EXCEEDED']),
      ]);
      expect(await executed(service, id)).toEqual(['begun']);
    },
  );

  test('that no stream can have is refused', async ({ service, merchant }) => {
    const bad = { 'grpc-timeout': '1x', 'connect-timeout-ms': 'soon' };
    for (const door of executeDoors) {
      const stream = new ExecuteStream(door, service, { credentials: merchant, headers: bad });
      expect(await stream.ended, door).toMatchObject({ code: 3, reason: 'MALFORMED_REQUEST' });
    }
  });
});

/** What a client does after its last byte. */
const endings: Readonly<Record<string, (raw: RawHttp2) => void>> = {
  'resets the stream': (raw) => raw.send(frame(FrameType.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 8]))),
  'goes away': (raw) => raw.send(frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(8))),
  'hangs up': (raw) => raw.socket.end(),
  'is cut off': (raw) => raw.socket.destroy(),
  dies: (raw) => raw.socket.resetAndDestroy(),
};

describe.for(ports)('on the %s, a client', (port) => {
  test.for(Object.keys(endings))('that %s at any point', async (how, { service, merchant, id }) => {
    const messages = [0, 1, 2].map((n) => envelope(0, commandBytes(reserve(id, n, 'REF-'))));
    const whole = Buffer.concat(messages);
    const head = headersFrames(1, grpcHeaders(EXECUTE_PATH, merchant));
    const all = Buffer.concat([head, frame(FrameType.DATA, 0, 1, whole)]);
    // Within the headers, the head of the data frame, each prefix and each message, and between messages.
    const cuts = [5, head.length - 1, head.length, head.length + 4];
    const first = head.length + 9;
    for (let at = first; at <= all.length; at += at < first + messages[0]!.length ? 1 : 4) cuts.push(at);
    for (const cut of cuts) {
      const raw = await RawHttp2.connect(authorityOf(service, port));
      // The data frame is as long as what is sent, so the server does not wait for the rest of a frame.
      const data = all.subarray(first, Math.max(first, cut));
      raw.send(cut < first ? all.subarray(0, cut) : Buffer.concat([head, frame(FrameType.DATA, 0, 1, data)]));
      endings[how]!(raw);
      raw.socket.destroy();
    }
    const stream = new ExecuteStream('gRPC', service, { credentials: merchant });
    expect(await stream.send(reserve(id, 9)).all()).toHaveLength(1);
    const references = await executed(service, id);
    // Of each client, its first commands are executed: never its second without its first.
    const counts = [0, 1, 2].map((n) => references.filter((reference) => reference === `REF-${n}`).length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    await expectConsistent(service, merchant);
  });

  test('that ends its side at any point has all that was whole executed and answered', async ({
    service,
    merchant,
    id,
  }) => {
    const messages = [0, 1].map((n) => envelope(0, commandBytes(reserve(id, n))));
    const whole = Buffer.concat(messages);
    let done = 0;
    for (let cut = 0; cut <= whole.length; cut++) {
      const raw = await RawHttp2.connect(authorityOf(service, port), [NO_HEADER_TABLE]);
      raw.send(
        headersFrames(1, grpcHeaders(EXECUTE_PATH, merchant)),
        frame(FrameType.DATA, END_STREAM, 1, whole.subarray(0, cut)),
      );
      const end = await raw.frame(
        ({ type, flags }) => type === FrameType.HEADERS && (flags & END_STREAM) !== 0,
      );
      const isBetween = [0, messages[0]!.length, whole.length].includes(cut);
      expect(findHeader(end!.payload, 'grpc-status'), `cut at ${cut}`).toBe(isBetween ? '0' : '3');
      done += [messages[0]!.length, whole.length].filter((boundary) => boundary <= cut).length;
      raw.socket.destroy();
    }
    expect(await executed(service, id)).toHaveLength(done);
  });

  test('that leaves after some answers: what was read is executed, in order', async ({
    service,
    merchant,
    id,
  }) => {
    const raw = await RawHttp2.connect(authorityOf(service, port));
    const commands = Array.from({ length: 500 }, (_, n) => messageFrame(1, commandBytes(reserve(id, n)), 0));
    raw.send(headersFrames(1, grpcHeaders(EXECUTE_PATH, merchant)), ...commands);
    await raw.frame(({ type }) => type === FrameType.DATA);
    raw.socket.destroy();
    await settle(service, merchant, id);
  });

  test('that does not read is cut off, and what it sent is settled', async ({ service, merchant, id }) => {
    // Long tags make long answers, so that a few fill what the service buffers for a reader.
    const commands = Array.from({ length: 200 }, (_, n) => ({
      ...reserve(id, n, '', true),
      tag: `${n}`.padStart(120, '0'),
    }));
    // The client's window has room for the first answers only.
    const raw = await RawHttp2.connect(authorityOf(service, port), [[4, 100]]);
    const messages = commands.map((json) => messageFrame(1, commandBytes(json), 0));
    raw.send(headersFrames(1, grpcHeaders(EXECUTE_PATH, merchant)), ...messages);
    const reset = await raw.frame(({ type }) => type === FrameType.RST_STREAM);
    expect(reset?.payload.readUInt32BE()).toBe(ENHANCE_YOUR_CALM);
    raw.socket.destroy();
    const before = await executed(service, id);
    expect(before.length).toBeGreaterThan(0);
    expect(before).toEqual(numbersTo(before.length));
    const again = new ExecuteStream('Connect JSON', service, { credentials: merchant });
    await again.send(...commands).all();
    expect(await executed(service, id)).toEqual(numbersTo(commands.length));
    const replayed = again.answers.filter((answer) => answer.replayed).map(({ tag }) => `${Number(tag)}`);
    expect(replayed).toEqual(numbersTo(before.length));
  });

  /** Waits until the record's commands are done: those of one stream are on their way when its client is gone. */
  async function settle(service: TestApp, merchant: Credentials, id: string): Promise<void> {
    await vi.waitFor(async () => {
      const stream = new ExecuteStream('gRPC', service, { credentials: merchant });
      await stream.send({ tag: 'l', reserve: { id, qty: 1, reference: 'last' } }).all();
      const references = await executed(service, id);
      // No command of the stream is executed after it.
      const [last] = references.splice(-1);
      expect(last).toBe('last');
      const ofStream = references.filter((reference) => reference !== 'last');
      expect(ofStream.length).toBeGreaterThan(0);
      expect(ofStream).toEqual(numbersTo(ofStream.length));
    });
    await expectConsistent(service, merchant);
  }
});
