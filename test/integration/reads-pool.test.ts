import { describe, expect } from 'vitest';
import { Reads } from '../../src/service/reads/reads.js';
import { ReadPool, ReadRefused } from '../../src/store/reads/read-pool.js';
import { openDataSource } from '../support/data-source.js';
import { Session } from '../support/engine-stage.js';
import { test as base } from '../support/fixtures.js';
import { callOf, MERCHANT, type ReadsStage } from '../support/reads-stage.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const NEVER = Number.MAX_SAFE_INTEGER;
const ONE = { name: 'one', text: 'SELECT 1 AS one' };
const record = { id: 'a', onHandQty: 5, reservedQty: 0 };

const test = base
  .extend('environment', {
    POOL_CONNECTIONS_MAX: '3',
    READ_POOL_CONNECTIONS_MAX: '2',
    READS_WAITING_MAX: '5',
  })
  .extend('records', [record])
  /** Keeps every read of records waiting until it is let go. */
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs.
  .extend('blockRecords', ({}, { onCleanup }) => {
    const blockers: Session[] = [];
    onCleanup(async () => {
      for (const blocker of blockers) await blocker.close();
    });
    return async (url: string): Promise<() => Promise<void>> => {
      const blocker = await Session.open(url);
      blockers.push(blocker);
      await blocker.run('BEGIN');
      await blocker.run('LOCK TABLE inventory_records IN ACCESS EXCLUSIVE MODE');
      return () => blocker.run('ROLLBACK');
    };
  });

test.beforeAll(({ readsStage }) => readsStage.seed(MERCHANT, record));

describe('the queue', () => {
  const blocked = { name: 'blocked', text: 'SELECT 1 FROM inventory_records WHERE merchant_id = $1' };

  test('a pool that closes lets running reads end, and refuses waiting ones', async ({
    readsStage,
    blockRecords,
  }) => {
    const letGo = await blockRecords(readsStage.database.url);
    const pool = new ReadPool(readsStage.readSource, { readPoolConnectionsMax: 1, readsWaitingMax: 2 });
    const before = Promise.allSettled([
      pool.reader('mer_1', NEVER).rows(blocked, ['mer_1']),
      pool.reader('mer_1', NEVER).rows(ONE, []),
    ]);
    // The first is sent.
    await new Promise(setImmediate);
    const after = Promise.allSettled([pool.close(), pool.reader('mer_1', NEVER).rows(ONE, [])]);
    await letGo();
    const refused = { status: 'rejected', reason: new ReadRefused('SHUTTING_DOWN') };
    for (const ends of [before, after]) {
      expect(await ends).toMatchObject([{ status: 'fulfilled' }, refused]);
    }
  });

  test('one more than may run and wait is refused immediately; the others have their turn, in order', async ({
    readsStage,
    blockRecords,
  }) => {
    const letGo = await blockRecords(readsStage.database.url);
    const pool = new ReadPool(readsStage.readSource, { readPoolConnectionsMax: 1, readsWaitingMax: 2 });
    const order: string[] = [];
    const read = (name: string, statement = ONE) =>
      pool
        .reader('mer_1', NEVER)
        .rows(statement, statement === blocked ? ['mer_1'] : [])
        .then(() => order.push(name));
    const accepted = [read('first', blocked), read('second'), read('third')];
    await expect(read('fourth')).rejects.toEqual(new ReadRefused('OVERLOADED'));
    await letGo();
    await Promise.all(accepted);
    expect(order).toEqual(['first', 'second', 'third']);
    await read('fifth');
  });

  test('a read whose deadline passes while it waits is not sent, and does not hold up the next', async ({
    readsStage,
    blockRecords,
  }) => {
    const letGo = await blockRecords(readsStage.database.url);
    const pool = new ReadPool(readsStage.readSource, { readPoolConnectionsMax: 1, readsWaitingMax: 2 });
    const first = pool.reader('mer_1', NEVER).rows(blocked, ['mer_1']);
    const late = expect(pool.reader('mer_1', Date.now()).rows(ONE, [])).rejects.toEqual(
      new ReadRefused('DEADLINE_EXCEEDED'),
    );
    const next = pool.reader('mer_1', NEVER).rows(ONE, []);
    await letGo();
    await first;
    await late;
    expect(await next).toEqual([{ one: 1 }]);
  });

  test('a read that fails gives its turn back', async ({ readsStage }) => {
    const pool = new ReadPool(readsStage.readSource, { readPoolConnectionsMax: 1, readsWaitingMax: 0 });
    const broken = pool.reader('mer_1', NEVER).rows({ name: 'broken', text: 'SELECT 1/0' }, []);
    await expect(broken).rejects.toMatchObject({ code: '22012' });
    expect(await pool.reader('mer_1', NEVER).rows(ONE, [])).toEqual([{ one: 1 }]);
  });
});

describe('what callers are told', () => {
  const readsOn = (dataSource: ReadsStage['readSource']) =>
    new Reads(new ReadPool(dataSource, { readPoolConnectionsMax: 1, readsWaitingMax: 0 }));

  test('a statement that takes too long', async ({ readsStage, blockRecords }) => {
    const dataSource = await openDataSource(readsStage.database.url, { statementTimeoutMs: 100 }, 'reads');
    const letGo = await blockRecords(readsStage.database.url);
    const result = await readsOn(dataSource).getInventory(callOf(), 'a');
    expect(result).toEqual({ ok: false, failure: { reason: 'DEADLINE_EXCEEDED', of: 'read' } });
    await letGo();
    await dataSource.destroy();
  });

  test('a lost database, and again when it is back', async ({ readsStage }) => {
    const { proxy, url } = await TcpProxy.start(readsStage.database.url);
    const dataSource = await openDataSource(url, {}, 'reads');
    const reads = readsOn(dataSource);
    try {
      expect(await reads.getSettings(callOf())).toMatchObject({ ok: true });
      const cut = proxy.failNext('get_settings', 'cut');
      const unavailable = { ok: false, failure: { reason: 'DATABASE_UNAVAILABLE' } };
      expect(await reads.getSettings(callOf())).toEqual(unavailable);
      await cut;
      proxy.goDown();
      expect(await reads.getSettings(callOf())).toEqual(unavailable);
      proxy.comeBack();
      expect(await reads.getSettings(callOf())).toMatchObject({ ok: true });
    } finally {
      await dataSource.destroy();
      await proxy.close();
    }
  });

  test('a queue that is full, and a deadline that has passed', async ({ readsStage, blockRecords }) => {
    const letGo = await blockRecords(readsStage.database.url);
    const reads = readsOn(readsStage.readSource);
    const first = reads.getInventory(callOf(), 'a');
    const overloaded = { ok: false, failure: { reason: 'OVERLOADED' } };
    expect(await reads.getInventory(callOf(), 'a')).toEqual(overloaded);
    await letGo();
    expect(await first).toMatchObject({ ok: true });
    const late = { ...callOf(), deadlineAtMs: Date.now() };
    expect(await reads.getInventory(late, 'a')).toEqual({
      ok: false,
      failure: { reason: 'DEADLINE_EXCEEDED' },
    });
  });

  test('a fault of the service is thrown, so that it is logged', async () => {
    const pool = { reader: () => ({ rows: () => Promise.reject(new Error('a fault')) }) };
    await expect(new Reads(pool).getSettings(callOf())).rejects.toThrow('a fault');
  });
});

test('its sessions cannot change anything', async ({ readsStage }) => {
  const writing = readsStage.readSource.query("UPDATE stock_levels SET on_hand_qty = 0 WHERE id = 'a'");
  await expect(writing).rejects.toMatchObject({ driverError: { code: '25006' } });
});

describe('along with writers', () => {
  test('no number of stuck reads keeps a reserve waiting', async ({
    blockRecords,
    service,
    doors,
    merchant,
  }) => {
    const letGo = await blockRecords(service.database.url);
    const read = () => doors.REST.call('GetInventory', { id: 'a' }, { credentials: merchant });
    const standing = Array.from({ length: 7 }, read);
    // There is one read too many. Whichever it is, it is refused, and by then the others are stuck.
    const answers = await Promise.all([
      Promise.race([...standing, read()]),
      doors.gRPC.call('Reserve', { id: 'a', qty: 2 }, { credentials: merchant }),
    ]);
    expect(answers[0]).toMatchObject({ ok: false, reason: 'OVERLOADED', retryAfterSeconds: 1 });
    expect(answers[1]).toMatchObject({ ok: true, data: { reservedQty: 2 } });
    await letGo();
    const oks = await Promise.all(standing);
    expect(oks.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(6);
  });

  test('no lock of a writer keeps a read waiting', async ({ service, doors, merchant }) => {
    const writer = await Session.open(service.database.url);
    await writer.run('BEGIN');
    await writer.run("SELECT * FROM stock_levels WHERE id = 'a' FOR UPDATE");
    await writer.run("UPDATE inventory_records SET location = 'moved' WHERE id = 'a'");
    const answer = await doors.REST.call('GetInventory', { id: 'a' }, { credentials: merchant });
    expect(answer).toMatchObject({ ok: true, data: { id: 'a', location: '' } });
    await writer.run('ROLLBACK');
    await writer.close();
  });
});
