import { describe, expect } from 'vitest';
import { sweepIdempotencyKeys } from '../../src/store/tables/idempotency-keys.js';
import { withLastingEngines } from '../support/engine-fixtures.js';
import { Shelf } from '../support/engine-stage.js';
import { sweepAllKeys } from '../support/sweeps.js';

const test = withLastingEngines.extend('keys', ({ database, dataSource }) => ({
  /** Puts `count` keys of that age into the table. */
  add: ({ merchantId }: Shelf, prefix: string, count: number, age: string) =>
    database.query(
      `INSERT INTO idempotency_keys (merchant_id, key, fingerprint, outcome, created_at)
       SELECT $1, $2 || n, 'f', '{}', now() - $3::interval FROM generate_series(1, $4) AS n`,
      [merchantId, prefix, age, count],
    ),
  makeOlder: (key: string, age: string) =>
    database.query('UPDATE idempotency_keys SET created_at = now() - $2::interval WHERE key = $1', [
      key,
      age,
    ]),
  sweepAll: (isStopped = (): boolean => false) => sweepAllKeys(dataSource, isStopped),
  sweep: ({ merchantId }: Shelf, max: number) => sweepIdempotencyKeys(dataSource, merchantId, max),
  left: async () => {
    const rows = await database.query<{ key: string }>('SELECT key FROM idempotency_keys ORDER BY key');
    return rows.map((row) => row.key);
  },
}));

test.beforeEach(({ database }) =>
  database.query('TRUNCATE merchants, api_keys, stock_levels, holds, movement_log, idempotency_keys'),
);

describe('the sweep', () => {
  test.for<[string, string]>([
    ['0 s', 'kept'],
    ['23 h 59 min 50 s', 'kept'],
    ['24 h', 'forgotten'],
    ['24 h 1 s', 'forgotten'],
    ['30 days', 'forgotten'],
  ])('a key of %s is %s', async ([age, expected], { shelf, keys }) => {
    await keys.add(shelf, 'k', 1, age);
    const swept = await keys.sweepAll();
    expect({ swept, left: await keys.left() }).toEqual(
      expected === 'kept' ? { swept: 0, left: ['k1'] } : { swept: 1, left: [] },
    );
  });

  test('one statement removes no more than its limit, the oldest first', async ({ shelf, keys }) => {
    await keys.add(shelf, 'older', 3, '3 days');
    await keys.add(shelf, 'old', 3, '2 days');
    await keys.add(shelf, 'young', 3, '1 h');
    expect(await keys.sweep(shelf, 4)).toBe(4);
    const left = await keys.left();
    expect(left.filter((key) => key.startsWith('old'))).toHaveLength(2);
    expect(left.filter((key) => key.startsWith('older'))).toHaveLength(0);
    expect(await keys.sweep(shelf, 4)).toBe(2);
    expect(await keys.left()).toEqual(['young1', 'young2', 'young3']);
  });

  test('only the merchant that is named', async ({ database, dataSource, shelf, keys }) => {
    const other = await new Shelf(database, dataSource).fill();
    await keys.add(shelf, 'mine', 1, '2 days');
    await keys.add(other, 'theirs', 1, '2 days');
    expect(await keys.sweep(shelf, 100)).toBe(1);
    expect(await keys.left()).toEqual(['theirs1']);
    expect(await keys.sweepAll()).toBe(1);
    expect(await keys.left()).toEqual([]);
  });

  test('goes on, statement by statement, until all are gone', async ({ shelf, keys }) => {
    await keys.add(shelf, 'old', 2500, '2 days');
    await keys.add(shelf, 'young', 10, '1 h');
    expect(await keys.sweepAll()).toBe(2500);
    expect(await keys.left()).toHaveLength(10);
  });

  test('stops between two statements when it is told to', async ({ shelf, keys }) => {
    await keys.add(shelf, 'old', 2500, '2 days');
    let asked = 0;
    expect(await keys.sweepAll(() => ++asked > 2)).toBe(1000);
    expect(await keys.left()).toHaveLength(1500);
  });

  test('several at the same time remove each key once, and none fails', async ({ shelf, keys }) => {
    await keys.add(shelf, 'old', 3000, '2 days');
    await keys.add(shelf, 'young', 5, '1 h');
    const swept = await Promise.all([1, 2, 3, 4].map(() => keys.sweepAll()));
    // A sweep leaves out what another one has locked.
    expect(swept.reduce((sum, n) => sum + n)).toBe(3000);
    expect(await keys.left()).toHaveLength(5);
  });

  test('one merchant whose keys cannot be removed does not stop the others', async ({
    database,
    dataSource,
    shelf,
    keys,
  }) => {
    const other = await new Shelf(database, dataSource).fill();
    for (const each of [shelf, other]) await keys.add(each, each.merchantId, 1, '2 days');
    const broken = [shelf.merchantId, other.merchantId].sort()[0]!;
    await database.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN IF OLD.merchant_id = '${broken}' THEN RAISE 'no'; END IF; RETURN OLD; END $$;
      CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse()`);
    try {
      await expect(keys.sweepAll()).rejects.toThrow('no');
      expect(await keys.left()).toEqual([`${broken}1`]);
    } finally {
      await database.query('DROP FUNCTION refuse CASCADE');
    }
  });

  test('does not wait for a key that somebody is taking over', async ({ session, shelf, keys }) => {
    await keys.add(shelf, 'old', 2, '2 days');
    await session.run('BEGIN');
    await session.run("SELECT 1 FROM idempotency_keys WHERE key = 'old1' FOR UPDATE");
    expect(await keys.sweepAll()).toBe(1);
    await session.run('COMMIT');
    expect(await keys.left()).toEqual(['old1']);
  });
});

describe('an outlived key counts as never seen, swept or not', () => {
  test.for<[string, string, string]>([
    ['23 h 59 min 50 s', 'same', '1 reserved!'],
    ['23 h 59 min 50 s', 'other', 'reused'],
    ['24 h', 'same', '2 reserved'],
    ['24 h', 'other', '3 reserved'],
  ])('after %s, the %s request → %s', async ([age, request, expected], { shelf, keys, engine }) => {
    expect(await engine.submit(shelf.reserve(1, { key: 'k' }))).toEqual(['1 reserved']);
    await keys.makeOlder('k', age);
    const again = shelf.reserve(request === 'same' ? 1 : 2, { key: 'k' });
    expect(await engine.submit(again)).toEqual([expected]);
    // A request that runs takes the key over, and is then remembered for its own 24 hours.
    const executed = !/!|reused/.test(expected);
    if (executed) expect(await engine.submit(again)).toEqual([`${expected}!`]);
    expect(await shelf.happened()).toMatchObject({ entries: executed ? 2 : 1, keys: 1 });
  });

  test('swept first', async ({ shelf, keys, engine }) => {
    expect(await engine.submit(shelf.reserve(1, { key: 'k' }))).toEqual(['1 reserved']);
    await keys.makeOlder('k', '25 h');
    expect(await keys.sweepAll()).toBe(1);
    expect(await engine.submit(shelf.reserve(1, { key: 'k' }))).toEqual(['2 reserved']);
  });

  test('two calls of one batch take it over: the first runs, the second is its replay', async ({
    shelf,
    keys,
    engine,
  }) => {
    await engine.submit(shelf.reserve(1, { key: 'k' }));
    await keys.makeOlder('k', '25 h');
    const both = [shelf.reserve(5, { key: 'k' }), shelf.reserve(5, { key: 'k' })];
    expect(await engine.submit(...both)).toEqual(['6 reserved', '6 reserved!']);
  });

  test('raced by two engines, each time on another record: one takes it over', async ({
    shelf,
    keys,
    engine,
    other,
  }) => {
    for (let round = 0; round < 10; round++) {
      await keys.add(shelf, `r${round}-`, 1, '25 h');
      const key = `r${round}-1`;
      const answers = await Promise.all([
        engine.submit(shelf.reserve(1, { key, id: 'inv_1' })),
        other.submit(shelf.reserve(1, { key, id: 'inv_2' })),
      ]);
      expect(answers.flat().filter((answer) => answer === 'reused')).toHaveLength(1);
    }
    expect(await shelf.happened()).toMatchObject({ entries: 10, keys: 10 });
  });

  test('swept while calls take keys over: nobody fails, each call runs once', async ({
    shelf,
    keys,
    engine,
  }) => {
    await keys.add(shelf, 'k', 100, '25 h');
    const calls = Array.from({ length: 100 }, (_, i) =>
      engine.submit(shelf.reserve(1, { key: `k${i + 1}` })),
    );
    const sweeps = Array.from({ length: 5 }, () => keys.sweep(shelf, 10));
    const answers = (await Promise.all(calls)).flat();
    await Promise.all(sweeps);
    expect(answers.filter((answer) => !/^\d+ reserved$/.test(answer))).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [100, 0], entries: 100, keys: 100 });
  });
});
