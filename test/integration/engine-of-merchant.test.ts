import { describe, expect, vi } from 'vitest';
import { MovedMerchants } from '../../src/engine/moved-merchants.js';
import { poolWatchOf } from '../../src/store/connection/data-source.js';
import { inPlace, PlaceKept } from '../../src/store/tables/kept-place.js';
import { withProxy as test } from '../support/engine-fixtures.js';
import { NEVER, Shelf, told } from '../support/engine-stage.js';
import { passSeconds } from '../support/pass-time.js';
import { sweepExpiredHolds } from '../support/sweeps.js';

/** The engine with BATCH_SCOPE=merchant, for tables that are distributed by merchant. */

const role = 'changes_of_merchant';

describe('rows that move to another node, during which nobody may write', () => {
  /** What a cluster does then has this on one server: it lets rows be locked, but not written. */
  const MOVE = 'LOCK TABLE stock_levels IN SHARE MODE';

  test('each command waits without a lane and without a lock, and is done after the move', async ({
    shelf,
    start,
    session,
  }) => {
    const engine = await start({ role, limits: { engineLanes: 1, straysMax: 1 } });
    const { merchantId } = shelf;
    await shelf.add('inv_3');
    await engine.submit(shelf.reserve(1, { id: 'inv_3', reference: 'O' }));
    await session.run('BEGIN');
    await session.run(MOVE);
    const order = { kind: 'reserve_order', reference: 'P', notes: '', allowPartial: false } as const;
    const lines = [
      { id: 'inv_1', qty: 1 },
      { id: 'inv_2', qty: 1 },
    ];
    const batch = [
      shelf.reserve(3, { key: 'k' }),
      shelf.submission({ ...order, lines, ttlSeconds: undefined }),
      shelf.reserve(1, { id: 'inv_none' }),
      shelf.releaseOrder('O'),
      shelf.submission({ kind: 'update_settings', defaultTtlSeconds: 60 }),
    ];
    const answers = batch.map(async (command) => told(await engine.engine.submit(command, NEVER)));
    // The settings are somewhere else.
    expect(await answers[4]).toBe('done');
    // For inv_1 (the order, too), inv_none, and for no record: the order by its reference.
    await expect.poll(() => engine.engine.recordsAwaited).toBe(3);
    expect(engine.retries).toEqual([]);
    await session.run('SELECT 1 FROM stock_levels WHERE merchant_id = $1 FOR UPDATE NOWAIT', [merchantId]);
    await session.run('COMMIT');
    expect(await Promise.all(answers)).toEqual([
      '3 reserved',
      '4 1 reserved',
      'INVENTORY_NOT_FOUND',
      '0 reserved',
      'done',
    ]);
    expect(await shelf.happened()).toEqual({ reserved: [4, 1, 0], entries: 5, keys: 1 });
  });

  test('once that is known, only looks ask for the rows', async ({ shelf, start, session }) => {
    const engine = await start({ role });
    await shelf.add('inv_3');
    const asked: string[] = [];
    poolWatchOf(engine.dataSource)!.onTransaction = ({ kind }) => asked.push(kind);
    await session.run('BEGIN');
    await session.run(MOVE);
    const answers: Promise<string[]>[] = [];
    for (const id of ['inv_1', 'inv_2', 'inv_3']) {
      answers.push(engine.submit(shelf.reserve(1, { id })));
      await expect.poll(() => engine.engine.recordsAwaited).toBe(answers.length);
    }
    await expect.poll(() => asked.filter((kind) => kind === 'look').length).toBeGreaterThan(2);
    await session.run('COMMIT');
    expect(await Promise.all(answers)).toEqual(Array(3).fill(['1 reserved']));
    // The first one that found it out, and those after the move.
    expect(asked.filter((kind) => kind === 'batch').length).toBeLessThanOrEqual(1 + 3);
    expect(asked.filter((kind) => kind === 'line')).toEqual([]);
  });

  test('until a look finds them in their place, or for five seconds', async ({ ofMerchants, session }) => {
    const moved = new MovedMerchants();
    const id = 'mer_1';
    const run = (): Promise<string> => moved.run(ofMerchants, async () => 'done', id, 'batch');
    const look = (): Promise<string> => moved.look(ofMerchants, async () => 'found', id);
    const { now } = performance;
    const clock = vi.spyOn(performance, 'now');
    for (const [way, after] of [
      ['a look', async () => expect(await look()).toBe('found')],
      ['time', async () => clock.mockImplementation(() => now.call(performance) + 5000)],
    ] as const) {
      await session.run('BEGIN');
      await session.run(MOVE);
      await expect(run(), way).rejects.toThrow(PlaceKept);
      await expect(look(), way).rejects.toThrow(PlaceKept);
      await session.run('COMMIT');
      await expect(run(), way).rejects.toThrow(PlaceKept);
      await after();
      expect(await run(), way).toBe('done');
    }
    clock.mockRestore();
  });

  test('of several merchants, each is answered', async ({ database, dataSource, shelf, start, session }) => {
    const engine = await start({ role });
    const shelves = [shelf];
    for (let n = 1; n < 12; n++) shelves.push(await new Shelf(database, dataSource).fill());
    await session.run('BEGIN');
    await session.run(MOVE);
    const answers = shelves.map((one) => engine.submit(one.reserve(1), one.releaseOrder('none')));
    await expect.poll(() => engine.engine.recordsAwaited).toBe(2 * shelves.length);
    await session.run('COMMIT');
    expect(await Promise.all(answers)).toEqual(Array(12).fill(['1 reserved', 'ORDER_NOT_HELD']));
    expect(engine.engine.recordsAwaited).toBe(0);
  });

  test('commands of one stream stay in order', async ({ shelf, start, session }) => {
    const engine = await start({ role });
    await session.run('BEGIN');
    await session.run(MOVE);
    const stream = [
      shelf.reserve(3),
      shelf.reserve(2, { id: 'inv_2' }),
      shelf.release('inv_1', 2),
      shelf.reserve(200),
      shelf.release('inv_2', 2),
    ];
    const answers = engine.submit(...stream.map((command) => ({ ...command, sequence: 's' })));
    await expect.poll(() => engine.engine.recordsAwaited).toBeGreaterThan(0);
    await session.run('COMMIT');
    expect(await answers).toEqual([
      '3 reserved',
      '2 reserved',
      '1 reserved',
      'INSUFFICIENT_STOCK',
      '0 reserved',
    ]);
  });

  test('a deadline that passes meanwhile: never executed', async ({ shelf, start, session }) => {
    const engine = await start({ role });
    await session.run('BEGIN');
    await session.run(MOVE);
    const answer = await engine.engine.submit(shelf.reserve(3), Date.now() + 50);
    expect(told(answer)).toBe('DEADLINE_EXCEEDED');
    await session.run('COMMIT');
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
  });

  test('an engine that drains meanwhile: what it has taken is done', async ({ shelf, start, session }) => {
    const engine = await start({ role });
    await session.run('BEGIN');
    await session.run(MOVE);
    const answers = engine.submit(shelf.reserve(3), shelf.reserve(2, { id: 'inv_2' }));
    await expect.poll(() => engine.engine.recordsAwaited).toBe(2);
    const drained = engine.engine.drain();
    await session.run('COMMIT');
    await drained;
    expect(await answers).toEqual(['3 reserved', '2 reserved']);
  });

  test('a move that takes too long → CONTENTION, and nothing was done', async ({ shelf, start, session }) => {
    const engine = await start({ role, limits: { rowWaitMaxMs: 100 } });
    await session.run('BEGIN');
    await session.run(MOVE);
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }), shelf.releaseOrder('O'))).toEqual([
      'CONTENTION',
      'CONTENTION',
    ]);
    await session.run('COMMIT');
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
  });

  test('the sweep leaves the merchant’s holds to the next one', async ({ shelf, start, session }) => {
    const engine = await start({ role });
    await engine.submit(shelf.reserve(3, { ttlSeconds: 60 }));
    await passSeconds(engine.dataSource, shelf.merchantId, 60);
    await session.run('BEGIN');
    await session.run(MOVE);
    expect(await sweepExpiredHolds(engine.dataSource, () => false)).toBe(0);
    await session.run('COMMIT');
    expect(await sweepExpiredHolds(engine.dataSource, () => false)).toBe(1);
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0] });
  });

  test('after that, a transaction waits for locks as long as before', async ({ start, session }) => {
    const engine = await start({ role });
    const merchantId = 'mer_1';
    const setting = async (): Promise<string> => {
      const rows = await inPlace(
        engine.dataSource,
        (tx) => tx.read<{ lock_timeout: string }>({ name: '', text: 'SHOW lock_timeout' }, []),
        merchantId,
      );
      return rows[0]!.lock_timeout;
    };
    await session.run('BEGIN');
    await session.run(MOVE);
    await expect(setting()).rejects.toThrow(PlaceKept);
    await session.run('COMMIT');
    const [{ lock_timeout: usual }] = await engine.dataSource.query('SHOW lock_timeout');
    expect(await setting()).toBe(usual);
    expect(await engine.dataSource.query('SHOW lock_timeout')).toEqual([{ lock_timeout: usual }]);
  });
});

describe('a COMMIT whose answer is lost', () => {
  test.for([
    ['cut', 1],
    ['cut after', 0],
  ] as const)('%s: done once, and told once', async ([effect, tries], { shelf, startBehind, proxy }) => {
    const engine = await startBehind({ role });
    const broken = proxy.failNext('COMMIT', effect);
    expect(await engine.submit(shelf.reserve(3, { key: 'k' }))).toEqual(['3 reserved']);
    await broken;
    expect(engine.retries).toHaveLength(tries);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });
});

describe('a change of settings, which a cluster commits on all nodes', () => {
  test.for([
    ['any', [3], 'changes'],
    ['merchant', [2, 1], role],
  ] as const)(
    'BATCH_SCOPE=%s: three commands of a merchant at one time run in batches of %j',
    async ([, batches, role], { shelf, start }) => {
      const engine = await start({ role });
      const commands = [
        shelf.reserve(1),
        shelf.submission({ kind: 'update_settings', defaultTtlSeconds: 60 }),
        shelf.reserve(1),
      ];
      const answers = await Promise.all(commands.map((command) => engine.engine.submit(command, NEVER)));
      expect(answers.map(told)).toEqual(['1 reserved', 'done', '2 reserved']);
      expect(engine.batches).toEqual(batches);
    },
  );
});
