import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sweepIdempotencyKeys } from '../../src/store/tables/idempotency-keys.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Session, Shelf, startEngine, type TestEngine, told } from '../support/engine-stage.js';
import { sweepAllKeys } from '../support/sweeps.js';

let database: TestDatabase;
let dataSource: DataSource;
let engine: TestEngine;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.url);
  engine = await startEngine(database.url);
});
afterAll(async () => {
  await engine?.close();
  await dataSource?.destroy();
  await database?.drop();
});

let shelf: Shelf;
beforeEach(async () => {
  await database.query('TRUNCATE merchants, api_keys, stock_levels, holds, movement_log, idempotency_keys');
  shelf = await new Shelf(database, dataSource).fill();
});

async function submit(submission: ReturnType<Shelf['reserve']>): Promise<string> {
  return told(await engine.engine.submit(submission, NEVER));
}

/** Puts `count` keys of that age into the table. */
async function addKeys(merchantId: string, prefix: string, count: number, age: string): Promise<void> {
  await database.query(
    `INSERT INTO idempotency_keys (merchant_id, key, fingerprint, outcome, created_at)
     SELECT $1, $2 || n, 'f', '{}', now() - $3::interval FROM generate_series(1, $4) AS n`,
    [merchantId, prefix, age, count],
  );
}

const makeOlder = (key: string, age: string): Promise<unknown> =>
  database.query('UPDATE idempotency_keys SET created_at = now() - $2::interval WHERE key = $1', [key, age]);

async function keysLeft(): Promise<string[]> {
  return (await database.query<{ key: string }>('SELECT key FROM idempotency_keys ORDER BY key')).map(
    (row) => row.key,
  );
}

const never = (): boolean => false;

describe('the sweep', () => {
  test.each([
    ['0 s', 'kept'],
    ['23 h 59 min 50 s', 'kept'],
    ['24 h', 'forgotten'],
    ['24 h 1 s', 'forgotten'],
    ['30 days', 'forgotten'],
  ])('a key of %s is %s', async (age, expected) => {
    await addKeys(shelf.merchantId, 'k', 1, age);
    const swept = await sweepAllKeys(dataSource, never);
    expect({ swept, left: await keysLeft() }).toEqual(
      expected === 'kept' ? { swept: 0, left: ['k1'] } : { swept: 1, left: [] },
    );
  });

  test('one statement removes no more than its limit, the oldest first', async () => {
    await addKeys(shelf.merchantId, 'older', 3, '3 days');
    await addKeys(shelf.merchantId, 'old', 3, '2 days');
    await addKeys(shelf.merchantId, 'young', 3, '1 h');
    expect(await sweepIdempotencyKeys(dataSource, shelf.merchantId, 4)).toBe(4);
    const left = await keysLeft();
    expect(left.filter((key) => key.startsWith('old'))).toHaveLength(2);
    expect(left.filter((key) => key.startsWith('older'))).toHaveLength(0);
    expect(await sweepIdempotencyKeys(dataSource, shelf.merchantId, 4)).toBe(2);
    expect(await keysLeft()).toEqual(['young1', 'young2', 'young3']);
  });

  test('only the merchant that is named', async () => {
    const other = await new Shelf(database, dataSource).fill();
    await addKeys(shelf.merchantId, 'mine', 1, '2 days');
    await addKeys(other.merchantId, 'theirs', 1, '2 days');
    expect(await sweepIdempotencyKeys(dataSource, shelf.merchantId, 100)).toBe(1);
    expect(await keysLeft()).toEqual(['theirs1']);
    expect(await sweepAllKeys(dataSource, never)).toBe(1);
    expect(await keysLeft()).toEqual([]);
  });

  test('goes on, statement by statement, until all are gone', async () => {
    await addKeys(shelf.merchantId, 'old', 2500, '2 days');
    await addKeys(shelf.merchantId, 'young', 10, '1 h');
    expect(await sweepAllKeys(dataSource, never)).toBe(2500);
    expect(await keysLeft()).toHaveLength(10);
  });

  test('stops between two statements when it is told to', async () => {
    await addKeys(shelf.merchantId, 'old', 2500, '2 days');
    let asked = 0;
    expect(await sweepAllKeys(dataSource, () => ++asked > 2)).toBe(1000);
    expect(await keysLeft()).toHaveLength(1500);
  });

  test('several at the same time remove each key once, and none fails', async () => {
    await addKeys(shelf.merchantId, 'old', 3000, '2 days');
    await addKeys(shelf.merchantId, 'young', 5, '1 h');
    const swept = await Promise.all([1, 2, 3, 4].map(() => sweepAllKeys(dataSource, never)));
    // A sweep leaves out what another one has locked.
    expect(swept.reduce((sum, n) => sum + n)).toBe(3000);
    expect(await keysLeft()).toHaveLength(5);
  });

  test('one merchant whose keys cannot be removed does not stop the others', async () => {
    const other = await new Shelf(database, dataSource).fill();
    for (const { merchantId } of [shelf, other]) await addKeys(merchantId, merchantId, 1, '2 days');
    const broken = [shelf.merchantId, other.merchantId].sort()[0]!;
    await database.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF OLD.merchant_id = '${broken}' THEN RAISE 'no'; END IF; RETURN OLD; END $$;
      CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      await expect(sweepAllKeys(dataSource, never)).rejects.toThrow('no');
      expect(await keysLeft()).toEqual([`${broken}1`]);
    } finally {
      await database.query('DROP FUNCTION refuse CASCADE');
    }
  });

  test('does not wait for a key that somebody is taking over', async () => {
    await addKeys(shelf.merchantId, 'old', 2, '2 days');
    const other = await Session.open(database.url);
    await other.run('BEGIN');
    await other.run("SELECT 1 FROM idempotency_keys WHERE key = 'old1' FOR UPDATE");
    expect(await sweepAllKeys(dataSource, never)).toBe(1);
    await other.run('COMMIT');
    await other.close();
    expect(await keysLeft()).toEqual(['old1']);
  });
});

describe('an outlived key counts as never seen, swept or not', () => {
  test.each([
    ['23 h 59 min 50 s', 'same', '1 reserved!'],
    ['23 h 59 min 50 s', 'other', 'reused'],
    ['24 h', 'same', '2 reserved'],
    ['24 h', 'other', '3 reserved'],
  ])('after %s, the %s request → %s', async (age, request, expected) => {
    expect(await submit(shelf.reserve(1, { key: 'k' }))).toBe('1 reserved');
    await makeOlder('k', age);
    const again = shelf.reserve(request === 'same' ? 1 : 2, { key: 'k' });
    expect(await submit(again)).toBe(expected);
    // A request that runs takes the key over, and is then remembered for its own 24 hours.
    const executed = !/!|reused/.test(expected);
    if (executed) expect(await submit(again)).toBe(`${expected}!`);
    expect(await shelf.happened()).toMatchObject({ entries: executed ? 2 : 1, keys: 1 });
  });

  test('swept first', async () => {
    expect(await submit(shelf.reserve(1, { key: 'k' }))).toBe('1 reserved');
    await makeOlder('k', '25 h');
    expect(await sweepAllKeys(dataSource, never)).toBe(1);
    expect(await submit(shelf.reserve(1, { key: 'k' }))).toBe('2 reserved');
  });

  test('two calls of one batch take it over: the first runs, the second is its replay', async () => {
    await submit(shelf.reserve(1, { key: 'k' }));
    await makeOlder('k', '25 h');
    const both = [shelf.reserve(5, { key: 'k' }), shelf.reserve(5, { key: 'k' })];
    expect(await Promise.all(both.map(submit))).toEqual(['6 reserved', '6 reserved!']);
  });

  test('raced by two engines, each time on another record: one takes it over', async () => {
    const second = await startEngine(database.url);
    for (let round = 0; round < 10; round++) {
      await addKeys(shelf.merchantId, `r${round}-`, 1, '25 h');
      const key = `r${round}-1`;
      const answers = await Promise.all([
        submit(shelf.reserve(1, { key, id: 'inv_1' })),
        second.engine.submit(shelf.reserve(1, { key, id: 'inv_2' }), NEVER).then(told),
      ]);
      expect(answers.filter((answer) => answer === 'reused')).toHaveLength(1);
    }
    await second.close();
    expect(await shelf.happened()).toMatchObject({ entries: 10, keys: 10 });
  });

  test('swept while calls take keys over: nobody fails, each call runs once', async () => {
    await addKeys(shelf.merchantId, 'k', 100, '25 h');
    const calls = Array.from({ length: 100 }, (_, i) => submit(shelf.reserve(1, { key: `k${i + 1}` })));
    const sweeps = Array.from({ length: 5 }, () => sweepIdempotencyKeys(dataSource, shelf.merchantId, 10));
    const answers = await Promise.all(calls);
    await Promise.all(sweeps);
    expect(answers.filter((answer) => !/^\d+ reserved$/.test(answer))).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [100, 0], entries: 100, keys: 100 });
  });
});
