import { describe, expect } from 'vitest';
import { withProxy as test } from '../support/engine-fixtures.js';
import { NEVER } from '../support/engine-stage.js';
import { until } from '../support/process.js';
import type { FaultEffect } from '../support/tcp-proxy.js';

/** The real engine on a real database, with connections that break at chosen moments. */

describe('a connection that breaks at one of the messages', () => {
  test.for<[string, FaultEffect, boolean]>([
    // [at which message, how it breaks, whether the engine has to do it again]
    ['START TRANSACTION', 'cut', true],
    ['lock_free_stock_level', 'cut', true],
    ['read_holds_of_record', 'cut', true],
    ['append_movements', 'cut', true],
    ['insert_idempotency_keys', 'cut', true],
    ['COMMIT', 'cut', true],
    // It was done, though the answer is lost: the engine finds that out, and does not do it again.
    ['COMMIT', 'cut after', false],
  ])('%s, %s: done once, and told once', async ([at, effect, again], { shelf, engine, proxy }) => {
    const broken = proxy.failNext(at, effect);
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toHaveLength(again ? 1 : 0);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved!']);
  });

  test('COMMIT, cut immediately: done once, no matter who wins', async ({ shelf, engine, proxy }) => {
    for (let round = 1; round <= 10; round++) {
      const broken = proxy.failNext('COMMIT', 'cut at once');
      expect(await engine.submit(shelf.reserve(1))).toEqual([`${round} reserved`]);
      await broken;
    }
    expect(await shelf.happened()).toEqual({ reserved: [10, 0], entries: 10, keys: 0 });
  });

  test('at each try, in another place', async ({ shelf, engine, proxy }) => {
    for (const at of ['COMMIT', 'append_movements', 'START TRANSACTION']) void proxy.failNext(at, 'cut');
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a COMMIT whose answer is lost', () => {
  test('a whole batch: each caller gets its own outcome, once', async ({ shelf, engine, proxy }) => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    const batch = [
      shelf.reserve(1, { key: 'a' }),
      shelf.reserve(500, { key: 'b' }),
      shelf.reserve(1, { key: 'a' }),
      shelf.reserve(2, { key: 'a' }),
      shelf.reserve(5, { id: 'inv_2' }),
      shelf.reserve(1, { id: 'inv_none' }),
    ];
    expect(await engine.submit(...batch)).toEqual([
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

  test('rejections only: their outcome is the same either way', async ({ shelf, engine, proxy }) => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    expect(await engine.submit(shelf.reserve(500, { key: 'a' }))).toEqual([
      expect.stringMatching(/^INSUFFICIENT_STOCK!?$/),
    ]);
    await broken;
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 1 });
  });

  test('rejections without keys: nothing was to be committed, nothing is done again', async ({
    shelf,
    engine,
    proxy,
  }) => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    expect(await engine.submit(shelf.reserve(500))).toEqual(['INSUFFICIENT_STOCK']);
    await broken;
    expect(engine.retries).toEqual([]);
  });

  test('and the questions about it break too', async ({ shelf, engine, proxy }) => {
    const broken = [proxy.failNext('COMMIT', 'cut after')];
    for (const at of ['find_movement', 'lock_stock_levels', 'START TRANSACTION', 'find_movement']) {
      // By then, the first batch is past these messages.
      void broken[0]!.then(() => broken.push(proxy.failNext(at, 'cut')));
    }
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await Promise.all(broken);
    expect(broken).toHaveLength(5);
    expect(engine.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('and the connection stays open and silent', async ({ shelf, startBehind, proxy }) => {
    const engine = await startBehind({ database: { statementTimeoutMs: 100, lockTimeoutMs: 100 } });
    const broken = proxy.failNext('COMMIT', 'hush');
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('and the server never got it, nor learned that the client is gone', async ({
    shelf,
    startBehind,
    proxy,
  }) => {
    const engine = await startBehind({ database: { statementTimeoutMs: 100, lockTimeoutMs: 100 } });
    const broken = proxy.failNext('COMMIT', 'swallow');
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toHaveLength(1);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a COMMIT that the server is still busy with', () => {
  test('the client is cut off; the question waits for the COMMIT to end, and finds it done', async ({
    shelf,
    patient,
    proxy,
    gate,
  }) => {
    const answers = patient.submit(shelf.reserve(3, { key: 'k', notes: 'slow' }));
    await gate.untilWaiting('COMMIT');
    proxy.goDown();
    proxy.comeBack();
    // Now one backend is busy with the COMMIT, and another waits for the record's lock.
    await gate.untilWaiting('FOR UPDATE');
    expect(await shelf.happened()).toMatchObject({ entries: 0 });
    await gate.open();
    expect(await answers).toEqual(['3 reserved']);
    expect(patient.retries).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('the backend is terminated; it was not done, so it is done again', async ({
    database,
    shelf,
    patient,
    gate,
  }) => {
    const answers = patient.submit(shelf.reserve(3, { key: 'k', notes: 'slow' }));
    const pid = await gate.untilWaiting('COMMIT');
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    await until('another try', async () => (await gate.waiting()).some((backend) => backend.pid !== pid));
    await gate.open();
    expect(await answers).toEqual(['3 reserved']);
    expect(patient.retries).toHaveLength(1);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('while a command waits for a record that somebody has', () => {
  test.beforeEach(async ({ session, shelf }) => {
    await session.run('BEGIN');
    await session.lockRecord(shelf.merchantId, 'inv_1');
  });

  test.for(['changes', 'changes_of_merchant'] as const)(
    'a look at it is cut off at its COMMIT: nobody knows who has it (%s)',
    async (role, { shelf, startBehind, proxy }) => {
      const limits = { rowsAwaitedMax: 0, findFreeEveryMs: 300, rowWaitMaxMs: 500 };
      const engine = await startBehind({ role, limits });
      const answer = engine.submit(shelf.reserve(3));
      await expect.poll(() => engine.engine.recordsAwaited).toBe(1);
      await proxy.failNext('COMMIT', 'cut');
      expect(await answer).toEqual(['DATABASE_UNAVAILABLE']);
    },
  );

  test.for([
    ['await_stock_level', 3],
    ['find_free_stock_levels', 0],
  ] as const)(
    '%s gets no answer: the command does, in time',
    async ([at, rowsAwaitedMax], { shelf, startBehind, proxy }) => {
      const engine = await startBehind({
        limits: { rowsAwaitedMax, rowWaitMaxMs: 1500 },
        database: { statementTimeoutMs: 3000 },
      });
      const silent = proxy.failNext(at, 'swallow');
      const answers = [Date.now() + 200, NEVER].map((deadline) =>
        engine.engine.submit(shelf.reserve(3), deadline),
      );
      await silent;
      expect(await Promise.all(answers)).toEqual([
        { reason: 'DEADLINE_EXCEEDED' },
        { reason: 'DATABASE_UNAVAILABLE' },
      ]);
      // The connection is still waited for.
      expect(engine.engine.busy).toBe(true);
      expect(await shelf.happened()).toMatchObject({ reserved: [0, 0], entries: 0 });
      proxy.goDown();
    },
  );
});

describe('a database that is down', () => {
  test('for good → DATABASE_UNAVAILABLE, and no key is stored', async ({ shelf, engine, proxy }) => {
    proxy.goDown();
    const batch = ['a', 'b', 'c'].map((key) => shelf.reserve(1, { key }));
    expect(await engine.submit(...batch)).toEqual(Array(3).fill('DATABASE_UNAVAILABLE'));
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
    proxy.comeBack();
    expect(await engine.submit(...batch)).toEqual(['1 reserved', '2 reserved', '3 reserved']);
  });

  test('for a while: the call goes through', async ({ shelf, engine, proxy }) => {
    proxy.goDown();
    engine.onRetry = () => proxy.comeBack();
    expect(await engine.submit(shelf.reserve(1))).toEqual(['1 reserved']);
    expect(engine.retries).toHaveLength(1);
  });

  test('since its COMMIT, for good: no caller gets a success, and the key tells later', async ({
    shelf,
    startBehind,
    proxy,
  }) => {
    const engine = await startBehind({ limits: { reconcileAttemptsMax: 3 } });
    const command = shelf.reserve(3, { key: 'k' });
    // The next transaction after the one that commits is the question about it.
    const down = proxy
      .failNext('COMMIT', 'cut after')
      .then(() => proxy.failNext('START TRANSACTION', 'cut'))
      .then(() => proxy.goDown());
    expect(await engine.submit(command)).toEqual(['DATABASE_UNAVAILABLE']);
    await down;
    proxy.comeBack();
    expect(await engine.submit(command)).toEqual(['3 reserved!']);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('while the engine drains: accepted calls are answered, others are not', async ({
    shelf,
    engine,
    proxy,
  }) => {
    const taken = engine.submit(...Array.from({ length: 50 }, () => shelf.reserve(1)));
    proxy.goDown();
    const drained = engine.engine.drain();
    expect(await engine.submit(shelf.reserve(1))).toEqual(['SHUTTING_DOWN']);
    await drained;
    expect(await taken).toEqual(Array(50).fill('DATABASE_UNAVAILABLE'));
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0], entries: 0 });
  });
});
