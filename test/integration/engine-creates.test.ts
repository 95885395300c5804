import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RecordDetails } from '../../src/domain/inventory-record.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Session, Shelf, startEngine, type TestEngine, told } from '../support/engine-stage.js';
import { until } from '../support/process.js';
import { type FaultEffect, TcpProxy } from '../support/tcp-proxy.js';

/** Records that are added. There is no row to lock yet, so constraints must keep two from being created. */
let database: TestDatabase;
let judge: DataSource;
let proxy: TcpProxy;
let engine: TestEngine;
let other: TestEngine;
let shelf: Shelf;
beforeAll(async () => {
  database = await createTestDatabase();
  judge = await openDataSource(database.url);
});
afterAll(async () => {
  await judge?.destroy();
  await database?.drop();
});
let ids = 0;
beforeEach(async () => {
  const through = await TcpProxy.start(database.url);
  proxy = through.proxy;
  engine = await startEngine(through.url);
  other = await startEngine(database.url);
  shelf = await new Shelf(database, judge).fill();
});
afterEach(async () => {
  proxy.comeBack();
  await Promise.all([engine?.close(), other?.close()]);
  await proxy.close();
});

type Submission = ReturnType<Shelf['reserve']>;

async function submit(on: TestEngine, ...submissions: Submission[]): Promise<string[]> {
  return (await Promise.all(submissions.map((s) => on.engine.submit(s, NEVER)))).map(told);
}

const plain: Omit<RecordDetails, 'productId'> = {
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
};

/** Creates a record under a new id, as the service does. */
function create(productId: string, of: { key?: string; notes?: string; qty?: number } = {}): Submission {
  const { key, notes = '', qty = 7 } = of;
  return shelf.submission(
    { kind: 'create_record', id: `new_${++ids}`, initialQty: qty, details: { productId, ...plain }, notes },
    key,
  );
}

/** Products of the records that were added, with their units by counter and by log. */
async function created(): Promise<string[]> {
  const rows = await database.query<{ record: string }>(
    `SELECT product_id || ' ' || on_hand_qty || ' ' || (
              SELECT string_agg(action || on_hand_delta, ' ') FROM movement_log
               WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS record
       FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id)
      WHERE merchant_id = $1 AND id LIKE 'new%' ORDER BY 1`,
    [shelf.merchantId],
  );
  await shelf.happened();
  return rows.map((row) => row.record);
}

describe('the connection breaks', () => {
  test.each<[string, FaultEffect, boolean]>([
    // [at which message, how it breaks, whether the engine has to do it again]
    ['START TRANSACTION', 'cut', true],
    ['find_inventory_records', 'cut', true],
    ['insert_stock_levels', 'cut', true],
    ['insert_inventory_records', 'cut', true],
    ['COMMIT', 'cut', true],
    // It was done, though the answer is lost: the engine neither does it again nor refuses it as its own duplicate.
    ['COMMIT', 'cut after', false],
  ])('at %s, %s: created once, and told so', async (at, effect, again) => {
    const broken = proxy.failNext(at, effect);
    expect(await submit(engine, create('p1'))).toEqual(['done']);
    await broken;
    expect(engine.retries).toHaveLength(again ? 1 : 0);
    expect(await created()).toEqual(['p1 7 RECEIVED7']);
    expect(await submit(engine, create('p1'))).toEqual(['INVENTORY_ALREADY_EXISTS']);
  });

  test('COMMIT, cut immediately: created once, no matter who wins', async () => {
    for (let round = 1; round <= 10; round++) {
      const broken = proxy.failNext('COMMIT', 'cut at once');
      expect(await submit(engine, create(`p${round}`))).toEqual(['done']);
      await broken;
    }
    expect(await created()).toHaveLength(10);
  });

  test('a batch of several, and its COMMIT goes unanswered: each caller has its own answer', async () => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    const batch = [
      create('p1', { key: 'a' }),
      create('p1', { key: 'b' }),
      shelf.reserve(3),
      create('p2', { qty: 0 }),
      create('p3', { qty: -1 }),
    ];
    const answers = ['done', 'INVENTORY_ALREADY_EXISTS', '3 reserved', 'done', 'NEGATIVE_STOCK'];
    expect(await submit(engine, ...batch)).toEqual(answers);
    await broken;
    expect(engine.batches).toEqual([5]);
    expect(engine.retries).toEqual([]);
    expect(await created()).toEqual(['p1 7 RECEIVED7', 'p2 0 RECEIVED0']);
    expect(await submit(other, batch[0]!, batch[1]!)).toEqual(['done!', 'INVENTORY_ALREADY_EXISTS!']);
  });

  test.each<[FaultEffect, string, number]>([
    // A record that is not there cannot be locked, so the question first waits for its creation.
    ['cut', 'await_creation', 1],
    ['cut', 'find_movement', 1],
    ['cut after', 'lock_stock_levels', 0],
    ['cut after', 'find_movement', 0],
  ])('at COMMIT, %s, and the question about it at %s: created once', async (effect, at, again) => {
    const broken = [proxy.failNext('COMMIT', effect)];
    void broken[0]!.then(() => broken.push(proxy.failNext(at, 'cut')));
    expect(await submit(engine, create('p1'))).toEqual(['done']);
    await Promise.all(broken);
    expect(broken).toHaveLength(2);
    expect(engine.retries).toHaveLength(again);
    expect(await created()).toEqual(['p1 7 RECEIVED7']);
  });
});

describe('a COMMIT that the server is still busy with', () => {
  let gate: Session;
  beforeAll(() =>
    database.query(`
      CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(9); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER slow_commit AFTER INSERT ON movement_log
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.notes = 'slow') EXECUTE FUNCTION commit_slowly()`),
  );
  beforeEach(async () => {
    await Promise.all([engine.close(), other.close()]);
    const through = await TcpProxy.start(database.url);
    await proxy.close();
    proxy = through.proxy;
    // Only the test ends the waits here, and no limit of the server's.
    const patient = { database: { lockTimeoutMs: 60_000, statementTimeoutMs: 60_000 } };
    engine = await startEngine(through.url, patient);
    other = await startEngine(database.url, patient);
    gate = await Session.open(database.url);
    await gate.run('SELECT pg_advisory_lock(9)');
  });
  afterEach(() => gate?.close());

  const untilWaiting = (query: string): Promise<void> =>
    until(query, async () => {
      const rows = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast'
            AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'`,
        [query],
      );
      return rows.length > 0;
    });

  test('the question about a record that is not there yet waits for the COMMIT to end', async () => {
    const answers = submit(engine, create('p1', { key: 'k', notes: 'slow' }));
    await untilWaiting('COMMIT');
    proxy.goDown();
    proxy.comeBack();
    // There is no record to lock. Adding one waits for the transaction that is adding the same.
    await untilWaiting('INSERT INTO stock_levels');
    expect(await created()).toEqual([]);
    await gate.run('SELECT pg_advisory_unlock(9)');
    expect(await answers).toEqual(['done']);
    expect(engine.retries).toEqual([]);
    expect(await created()).toEqual(['p1 7 RECEIVED7']);
  });

  test('another that creates the same waits, too, and then finds it', async () => {
    const first = submit(engine, create('p1', { notes: 'slow' }));
    await untilWaiting('COMMIT');
    const second = submit(other, create('p1'));
    await untilWaiting('INSERT INTO inventory_records');
    await gate.run('SELECT pg_advisory_unlock(9)');
    expect(await first).toEqual(['done']);
    expect(await second).toEqual(['INVENTORY_ALREADY_EXISTS']);
    expect(other.retries).toEqual(['23505']);
    expect(await created()).toEqual(['p1 7 RECEIVED7']);
  });
});

describe('two engines create the same product, SKU and warehouse at the same time', () => {
  test('one by one: one wins, the other learns that it exists', async () => {
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all([
        submit(engine, create(`p${round}`)),
        submit(other, create(`p${round}`)),
      ]);
      expect(answers.flat().sort()).toEqual(['INVENTORY_ALREADY_EXISTS', 'done']);
    }
    expect(await created()).toHaveLength(40);
  });

  test('many in opposite order, along with the stock of others: no deadlock', async () => {
    const products = Array.from({ length: 60 }, (_, i) => `p${i}`);
    const both = (order: readonly string[]): Submission[] =>
      order.flatMap((product) => [create(product), shelf.reserve(1, { reference: product })]);
    const answers = await Promise.all([
      submit(engine, ...both(products)),
      submit(other, ...both([...products].reverse())),
    ]);
    const outcomes = answers.flat().filter((answer) => !answer.endsWith('reserved'));
    expect(outcomes.filter((answer) => answer === 'done')).toHaveLength(60);
    expect(outcomes.filter((answer) => answer === 'INVENTORY_ALREADY_EXISTS')).toHaveLength(60);
    expect([...engine.retries, ...other.retries].filter((code) => code !== '23505')).toEqual([]);
    expect(await created()).toHaveLength(60);
    expect((await shelf.happened()).reserved[0]).toBe(120);
  });

  test('the same identity of two merchants is two records', async () => {
    const theirs = await new Shelf(database, judge).fill();
    const mine = create('p1');
    const command = { ...mine.command, merchantId: theirs.merchantId };
    expect(await submit(engine, mine, { command })).toEqual(['done', 'done']);
    expect(await created()).toEqual(['p1 7 RECEIVED7']);
  });
});
