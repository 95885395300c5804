import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Session, Shelf, startEngine, type TestEngine, told } from '../support/engine-stage.js';
import { until } from '../support/process.js';
import { type FaultEffect, TcpProxy } from '../support/tcp-proxy.js';

/** The real engine on a real database, with connections that break at chosen moments. */
let database: TestDatabase;
let judge: DataSource;
let proxy: TcpProxy;
let proxyUrl: string;
let engine: TestEngine;
let shelf: Shelf;
beforeAll(async () => {
  database = await createTestDatabase();
  judge = await openDataSource(database.url);
  ({ proxy, url: proxyUrl } = await TcpProxy.start(database.url));
});
afterAll(async () => {
  await proxy?.close();
  await judge?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  engine = await startEngine(proxyUrl);
  shelf = await new Shelf(database, judge).fill();
});
afterEach(async () => {
  proxy.comeBack();
  await engine?.close();
});

type Submission = ReturnType<Shelf['reserve']>;

async function submit(...submissions: Submission[]): Promise<string[]> {
  return (await Promise.all(submissions.map((s) => engine.engine.submit(s, NEVER)))).map(told);
}

describe('a connection that breaks at one of the messages', () => {
  test.each<[string, FaultEffect, boolean]>([
    // [at which message, how it breaks, whether the engine has to do it again]
    ['START TRANSACTION', 'cut', true],
    ['lock_free_stock_level', 'cut', true],
    ['read_holds_of_record', 'cut', true],
    ['append_movements', 'cut', true],
    ['insert_idempotency_keys', 'cut', true],
    ['COMMIT', 'cut', true],
    // It was done, though the answer is lost: the engine finds that out, and does not do it again.
    ['COMMIT', 'cut after', false],
  ])('%s, %s: done once, and told once', async (at, effect, again) => {
    const broken = proxy.failNext(at, effect);
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toHaveLength(again ? 1 : 0);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved!']);
  });

  test('COMMIT, cut immediately: done once, no matter who wins', async () => {
    for (let round = 1; round <= 10; round++) {
      const broken = proxy.failNext('COMMIT', 'cut at once');
      expect(await submit(shelf.reserve(1))).toEqual([`${round} reserved`]);
      await broken;
    }
    expect(await shelf.happened()).toEqual({ reserved: [10, 0], entries: 10, keys: 0 });
  });

  test('at each try, in another place', async () => {
    for (const at of ['COMMIT', 'append_movements', 'START TRANSACTION']) void proxy.failNext(at, 'cut');
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a COMMIT whose answer is lost', () => {
  test('a whole batch: each caller gets its own outcome, once', async () => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    const batch = [
      shelf.reserve(1, { key: 'a' }),
      shelf.reserve(500, { key: 'b' }),
      shelf.reserve(1, { key: 'a' }),
      shelf.reserve(2, { key: 'a' }),
      shelf.reserve(5, { id: 'inv_2' }),
      shelf.reserve(1, { id: 'inv_none' }),
    ];
    expect(await submit(...batch)).toEqual([
      '1 reserved',
      'INSUFFICIENT_STOCK',
      '1 reserved!',
      'reused',
      '5 reserved',
      'INVENTORY_NOT_FOUND',
    ]);
    await broken;
    expect(engine.batches).toEqual([6]);
    expect(await shelf.happened()).toEqual({ reserved: [1, 5], entries: 2, keys: 2 });
  });

  test('rejections only: their outcome is the same either way', async () => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    expect(await submit(shelf.reserve(500, { key: 'a' }))).toEqual([
      expect.stringMatching(/^INSUFFICIENT_STOCK!?$/),
    ]);
    await broken;
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 1 });
  });

  test('rejections without keys: nothing was to be committed, nothing is done again', async () => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    expect(await submit(shelf.reserve(500))).toEqual(['INSUFFICIENT_STOCK']);
    await broken;
    expect(engine.retries).toEqual([]);
  });

  test('and the questions about it break too', async () => {
    const broken = [proxy.failNext('COMMIT', 'cut after')];
    for (const at of ['find_movement', 'lock_stock_levels', 'START TRANSACTION', 'find_movement']) {
      // By then, the first batch is past these messages.
      void broken[0]!.then(() => broken.push(proxy.failNext(at, 'cut')));
    }
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await Promise.all(broken);
    expect(broken).toHaveLength(5);
    expect(engine.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('and the connection stays open and silent', async () => {
    await engine.close();
    engine = await startEngine(proxyUrl, { database: { statementTimeoutMs: 100, lockTimeoutMs: 100 } });
    const broken = proxy.failNext('COMMIT', 'hush');
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('and the server never got it, nor learned that the client is gone', async () => {
    await engine.close();
    engine = await startEngine(proxyUrl, { database: { statementTimeoutMs: 100, lockTimeoutMs: 100 } });
    const broken = proxy.failNext('COMMIT', 'swallow');
    expect(await submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toHaveLength(1);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a COMMIT that the server is still busy with', () => {
  /** COMMIT waits for the advisory lock 9 when a command's notes say so. */
  const SLOW_COMMIT = `
    CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock(9); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON movement_log
      DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.notes = 'slow') EXECUTE FUNCTION commit_slowly();
  `;
  let gate: Session;
  beforeAll(() => database.query(SLOW_COMMIT));
  beforeEach(async () => {
    await engine.close();
    // Only the test ends the waits here, and no limit of the server's.
    engine = await startEngine(proxyUrl, { database: { lockTimeoutMs: 60_000, statementTimeoutMs: 60_000 } });
    gate = await Session.open(database.url);
    await gate.run('SELECT pg_advisory_lock(9)');
  });
  afterEach(() => gate?.close());

  const waiting = (): Promise<{ pid: number; query: string }[]> =>
    database.query(
      `SELECT pid, query FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast' AND wait_event_type = 'Lock'`,
    );
  const untilWaiting = (query: string): Promise<void> =>
    until(query, async () => (await waiting()).some((backend) => backend.query.includes(query)));

  async function waitingIn(query: string): Promise<number> {
    await untilWaiting(query);
    return (await waiting()).find((backend) => backend.query.includes(query))!.pid;
  }

  test('the client is cut off; the question waits for the COMMIT to end, and finds it done', async () => {
    const answers = submit(shelf.reserve(3, { key: 'k', notes: 'slow' }));
    await untilWaiting('COMMIT');
    proxy.goDown();
    proxy.comeBack();
    // Now one backend is busy with the COMMIT, and another waits for the record's lock.
    await untilWaiting('FOR UPDATE');
    expect(await shelf.happened()).toMatchObject({ entries: 0 });
    await gate.run('SELECT pg_advisory_unlock(9)');
    expect(await answers).toEqual(['3 reserved']);
    expect(engine.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('the backend is terminated; it was not done, so it is done again', async () => {
    const answers = submit(shelf.reserve(3, { key: 'k', notes: 'slow' }));
    const pid = await waitingIn('COMMIT');
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    await until('another try', async () => (await waiting()).some((backend) => backend.pid !== pid));
    await gate.run('SELECT pg_advisory_unlock(9)');
    expect(await answers).toEqual(['3 reserved']);
    expect(engine.retries).toHaveLength(1);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a database that is down', () => {
  test('for good → DATABASE_UNAVAILABLE, and no key is stored', async () => {
    proxy.goDown();
    const batch = ['a', 'b', 'c'].map((key) => shelf.reserve(1, { key }));
    expect(await submit(...batch)).toEqual(Array(3).fill('DATABASE_UNAVAILABLE'));
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
    proxy.comeBack();
    expect(await submit(...batch)).toEqual(['1 reserved', '2 reserved', '3 reserved']);
  });

  test('for a while: the call goes through', async () => {
    proxy.goDown();
    engine.onRetry = () => proxy.comeBack();
    expect(await submit(shelf.reserve(1))).toEqual(['1 reserved']);
    expect(engine.retries).toHaveLength(1);
  });

  test('since its COMMIT, for good: no caller gets a success, and the key tells later', async () => {
    await engine.close();
    engine = await startEngine(proxyUrl, { limits: { reconcileAttemptsMax: 3 } });
    const command = shelf.reserve(3, { key: 'k' });
    // The next transaction after the one that commits is the question about it.
    const down = proxy
      .failNext('COMMIT', 'cut after')
      .then(() => proxy.failNext('START TRANSACTION', 'cut'))
      .then(() => proxy.goDown());
    expect(await submit(command)).toEqual(['DATABASE_UNAVAILABLE']);
    await down;
    proxy.comeBack();
    expect(await submit(command)).toEqual(['3 reserved!']);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('while the engine drains: accepted calls are answered, others are not', async () => {
    const taken = submit(...Array.from({ length: 50 }, () => shelf.reserve(1)));
    proxy.goDown();
    const drained = engine.engine.drain();
    expect(await submit(shelf.reserve(1))).toEqual(['SHUTTING_DOWN']);
    await drained;
    expect(await taken).toEqual(Array(50).fill('DATABASE_UNAVAILABLE'));
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0], entries: 0 });
  });
});
