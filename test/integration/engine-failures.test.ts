import { describe, expect } from 'vitest';
import type { Submission } from '../../src/engine/submission.js';
import { test as base } from '../support/engine-fixtures.js';
import { NEVER, type TestEngine, told } from '../support/engine-stage.js';
import { untilWaiting, waiting } from '../support/waiting.js';

/**
 * Failures of the server, on the real engine. A trigger on the log provokes the failure that the notes of a command
 * ask for: `fail 40001 2` fails its first two tries with 40001. The counter is a sequence, since a rollback does not
 * reset it.
 */
const TROUBLE = `
  CREATE SEQUENCE tries;
  CREATE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF nextval('tries') <= split_part(NEW.notes, ' ', 3)::int THEN
      RAISE EXCEPTION 'as asked' USING ERRCODE = split_part(NEW.notes, ' ', 2);
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER trouble BEFORE INSERT ON movement_log
     FOR EACH ROW WHEN (NEW.notes LIKE 'fail %') EXECUTE FUNCTION make_trouble();
  ALTER TABLE movement_log ADD CONSTRAINT no_poison CHECK (notes <> 'poison');
`;

const test = base
  /** A session that can lock records of the shelf. */
  .extend('blocker', ({ shelf, session }) =>
    Object.assign(session, { lock: (id: string) => session.lockRecord(shelf.merchantId, id) }),
  );

test.beforeAll(async ({ database }) => {
  await database.query(TROUBLE);
  // The server looks for a deadlock when somebody has waited this long. For sessions that begin from now on.
  const [row] = await database.query<{ name: string }>('SELECT current_database() AS name');
  await database.query(`ALTER DATABASE ${row!.name} SET deadlock_timeout = '20ms'`);
});

/** Each caller's answer, as a promise of its own. */
const each = ({ engine }: TestEngine, ...submissions: readonly Submission[]): Promise<string>[] =>
  submissions.map((submission) => engine.submit(submission, NEVER).then(told));

describe('a failure by SQLSTATE', () => {
  test.beforeEach(({ database }) => database.query("SELECT setval('tries', 1, false)"));

  test.for<[string, number, string, number]>([
    // [SQLSTATE, how often it happens, what the caller is told, after how many tries]
    ['40001', 1, '3 reserved', 2],
    ['40P01', 1, '3 reserved', 2],
    ['55P03', 1, '3 reserved', 2],
    ['57014', 1, '3 reserved', 2],
    ['53300', 1, '3 reserved', 2],
    ['57P01', 1, '3 reserved', 2],
    ['08006', 1, '3 reserved', 2],
    ['40P01', 3, '3 reserved', 4],
    ['40P01', 9, 'CONTENTION', 4],
    ['40001', 9, 'CONTENTION', 4],
    ['55P03', 9, 'CONTENTION', 4],
    ['53300', 9, 'DATABASE_UNAVAILABLE', 4],
    ['57P01', 9, 'DATABASE_UNAVAILABLE', 4],
    // Another try cannot help.
    ['23514', 9, 'INTERNAL', 1],
    ['22003', 9, 'INTERNAL', 1],
    ['P0001', 9, 'INTERNAL', 1],
    ['XX000', 9, 'INTERNAL', 1],
  ])(
    '%s, %i times → %s, after %i tries',
    async ([code, times, expected, tries], { database, shelf, engine }) => {
      const command = shelf.reserve(3, { key: 'k', notes: `fail ${code} ${times}` });
      expect(await engine.submit(command)).toEqual([expected]);
      const [{ last_value: counted }] = (await database.query('SELECT last_value FROM tries')) as [
        { last_value: string },
      ];
      expect(Number(counted)).toBe(tries);
      const done = expected === '3 reserved';
      expect(await shelf.happened()).toEqual(
        done ? { reserved: [3, 0], entries: 1, keys: 1 } : { reserved: [0, 0], entries: 0, keys: 0 },
      );
      // After a failure, nothing is stored under the key, so this runs; after a success, it is a replay.
      await database.query("SELECT setval('tries', 100)");
      expect(await engine.submit(command)).toEqual([done ? '3 reserved!' : '3 reserved']);
      expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
    },
  );
});

describe('one poisoned command among 63 good ones', () => {
  test.for([0, 37, 63])('at place %i: only its caller sees INTERNAL', async (place, { shelf, engine }) => {
    const submissions = Array.from({ length: 64 }, (_, i) =>
      shelf.reserve(1, { key: `k${i}`, notes: i === place ? 'poison' : '' }),
    );
    const answers = await engine.submit(...submissions);
    expect(engine.batches).toEqual([64]);
    expect(answers.map((answer) => (answer === 'INTERNAL' ? 'INTERNAL' : 'fine'))).toEqual(
      submissions.map((_, i) => (i === place ? 'INTERNAL' : 'fine')),
    );
    expect(await shelf.happened()).toEqual({ reserved: [63, 0], entries: 63, keys: 63 });
  });

  test('a value that PostgreSQL cannot hold is one command’s too', async ({ shelf, engine }) => {
    const answers = await engine.submit(
      shelf.reserve(1),
      shelf.reserve(1, { notes: 'a\0b' }),
      shelf.reserve(1),
    );
    expect(answers).toEqual(['1 reserved', 'INTERNAL', '2 reserved']);
  });
});

describe('locks that others hold', () => {
  test('a circle of waits: the engine gives way, by the limit for circles or the one for locks', async ({
    database,
    shelf,
    engine,
    blocker,
  }) => {
    await blocker.run("SET deadlock_timeout = '1min'");
    await blocker.run('BEGIN');
    await blocker.run(
      `INSERT INTO idempotency_keys (merchant_id, key, fingerprint, outcome) VALUES ($1, 'k', 'f', '{}')`,
      [shelf.merchantId],
    );
    const answers = engine.submit(
      shelf.reserve(1, { id: 'inv_1', key: 'k' }),
      shelf.reserve(2, { id: 'inv_2' }),
    );
    await untilWaiting(database);
    // The engine holds both records and waits for the key; now the other waits for inv_1.
    await blocker.lock('inv_1');
    await blocker.run('ROLLBACK');
    expect(await answers).toEqual(['1 reserved', '2 reserved']);
    expect(await shelf.happened()).toMatchObject({ reserved: [1, 2], entries: 2 });
  });

  test('a record that does not come → CONTENTION, and nothing was done', async ({
    shelf,
    start,
    blocker,
  }) => {
    const engine = await start({ limits: { rowWaitMaxMs: 100 }, database: { lockTimeoutMs: 20 } });
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    expect(await engine.submit(shelf.reserve(1, { key: 'k' }))).toEqual(['CONTENTION']);
    await blocker.run('COMMIT');
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
    expect(await engine.submit(shelf.reserve(1, { key: 'k' }))).toEqual(['1 reserved']);
  });

  test.for<[string, number]>([
    ['while somebody waits in line', 3],
    ['while it is looked at now and then', 0],
  ])('a record that comes late, %s → done', async ([_, rowsAwaitedMax], { shelf, start, blocker }) => {
    const engine = await start({ limits: { rowsAwaitedMax } });
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    const answers = each(engine, shelf.reserve(1), shelf.reserve(1, { id: 'inv_2' }));
    expect(await answers[1]).toBe('1 reserved');
    await blocker.run('COMMIT');
    expect(await answers[0]).toBe('1 reserved');
    expect(engine.retries).toEqual([]);
  });

  test('of a batch of three records one is locked: the others are answered before it is free', async ({
    shelf,
    engine,
    blocker,
  }) => {
    await shelf.add('inv_3');
    await blocker.run('BEGIN');
    await blocker.lock('inv_2');
    const order = shelf.submission({
      kind: 'reserve_order',
      reference: 'B',
      lines: ['inv_1', 'inv_2'].map((id) => ({ id, qty: 1 })),
      notes: '',
      ttlSeconds: undefined,
      allowPartial: false,
    });
    const [first, blocked, both, third] = each(
      engine,
      shelf.reserve(1, { id: 'inv_1' }),
      shelf.reserve(1, { id: 'inv_2' }),
      order,
      shelf.reserve(1, { id: 'inv_3' }),
    );
    expect(await Promise.all([first, third])).toEqual(['1 reserved', '1 reserved']);
    // Later commands for the order's other record do not wait behind it.
    expect(await engine.submit(shelf.reserve(1, { id: 'inv_1' }))).toEqual(['2 reserved']);
    expect(await shelf.happened()).toMatchObject({ reserved: [2, 0, 1], entries: 3 });
    await blocker.run('COMMIT');
    expect(await Promise.all([blocked, both])).toEqual(['1 reserved', '3 2 reserved']);
    // Except for the order's short wait, with a record locked.
    expect(engine.retries.filter((state) => state !== '55P03')).toEqual([]);
  });

  test('1,000 records are locked at once: another one is answered, and they are once free', async ({
    shelf,
    start,
    blocker,
  }) => {
    const engine = await start({ limits: { queueCommandsMax: 10_000 } });
    const ids = Array.from({ length: 1000 }, (_, i) => `inv_many_${i}`);
    await shelf.add(...ids);
    await blocker.run('BEGIN');
    await blocker.run(
      "SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id LIKE 'inv_many_%' FOR UPDATE",
      [shelf.merchantId],
    );
    const blocked = each(engine, ...ids.map((id) => shelf.reserve(1, { id })));
    const order = each(engine, ...ids.slice(0, 3).map((id) => shelf.reserve(1, { id })));
    expect(await engine.submit(shelf.reserve(1), shelf.reserve(1, { id: 'inv_2' }))).toEqual([
      '1 reserved',
      '1 reserved',
    ]);
    await blocker.run('COMMIT');
    expect(new Set(await Promise.all(blocked))).toEqual(new Set(['1 reserved']));
    expect(new Set(await Promise.all(order))).toEqual(new Set(['2 reserved']));
    expect(engine.engine.recordsAwaited).toBe(0);
    expect(engine.retries).toEqual([]);
  });

  test('a deadline that passes while the record is kept: never executed', async ({
    shelf,
    start,
    blocker,
  }) => {
    const engine = await start({ limits: { rowsAwaitedMax: 0 } });
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    const answer = await engine.engine.submit(shelf.reserve(1), Date.now() + 30);
    expect(told(answer)).toBe('DEADLINE_EXCEEDED');
    await blocker.run('COMMIT');
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 0 });
  });

  test('one blocked record does not hold up the others', async ({ database, shelf, engine, blocker }) => {
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    const blocked = engine.submit(shelf.reserve(1, { id: 'inv_1' }));
    await untilWaiting(database);
    expect(await engine.submit(shelf.reserve(1, { id: 'inv_2' }))).toEqual(['1 reserved']);
    await blocker.run('COMMIT');
    expect(await blocked).toEqual(['1 reserved']);
  });

  test('the backend is terminated while it waits: done once, on another', async ({
    database,
    shelf,
    engine,
    blocker,
  }) => {
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    const answers = engine.submit(shelf.reserve(3, { key: 'k' }));
    await untilWaiting(database);
    await database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
      (await waiting(database)).map(({ pid }) => pid),
    ]);
    await blocker.run('COMMIT');
    expect(await answers).toEqual(['3 reserved']);
    expect(await shelf.happened()).toEqual({ reserved: [3, 0], entries: 1, keys: 1 });
  });

  test('waits that take too long for a statement → CONTENTION', async ({ shelf, start, blocker }) => {
    const engine = await start({
      database: { lockTimeoutMs: 5000, statementTimeoutMs: 20 },
      limits: { rowWaitMaxMs: 100 },
    });
    await blocker.run('BEGIN');
    await blocker.lock('inv_1');
    expect(await engine.submit(shelf.reserve(1))).toEqual(['CONTENTION']);
    await blocker.run('COMMIT');
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0] });
  });
});

describe('one key in two engines', () => {
  /** Submits both at once, several times; returns the distinct pairs of answers, and the winners. */
  async function race(
    engines: readonly [TestEngine, TestEngine],
    first: (key: string) => Submission,
    second = first,
  ): Promise<string[]> {
    const seen = new Set<string>();
    for (let round = 0; round < 30; round++) {
      const key = `k${round}`;
      const answers = await Promise.all([engines[0].submit(first(key)), engines[1].submit(second(key))]);
      const words = answers.flat().map((answer) => answer.replace(/^\d+ /, ''));
      seen.add(words.sort().join(' + '));
    }
    return [...seen];
  }

  test('the same request: one runs, the other gets its outcome', async ({ shelf, engine, other }) => {
    expect(await race([engine, other], (key) => shelf.reserve(1, { key }))).toEqual(['reserved + reserved!']);
    expect(await shelf.happened()).toEqual({ reserved: [30, 0], entries: 30, keys: 30 });
  });

  test('requests on different records: one runs, the other is told that the key was used', async ({
    shelf,
    engine,
    other,
  }) => {
    const outcomes = await race(
      [engine, other],
      (key) => shelf.reserve(1, { key, id: 'inv_1' }),
      (key) => shelf.reserve(1, { key, id: 'inv_2' }),
    );
    expect(outcomes).toEqual(['reserved + reused']);
    const { reserved, entries, keys } = await shelf.happened();
    expect({ total: reserved[0]! + reserved[1]!, entries, keys }).toEqual({
      total: 30,
      entries: 30,
      keys: 30,
    });
  });

  test('no record, so no lock to meet at', async ({ shelf, engine, other }) => {
    const outcomes = await race([engine, other], (key) => shelf.reserve(1, { key, id: 'inv_none' }));
    expect(outcomes).toEqual(['INVENTORY_NOT_FOUND + INVENTORY_NOT_FOUND!']);
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 0, keys: 30 });
  });

  test('the one that decided first commits last: it finds the key taken, and undoes its work', async ({
    database,
    session,
    shelf,
    engine,
    other,
  }) => {
    await database.query(`
      CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;
      CREATE TRIGGER waits BEFORE INSERT ON movement_log
         FOR EACH ROW WHEN (NEW.notes = 'wait') EXECUTE FUNCTION wait_here();`);
    await session.run('SELECT pg_advisory_lock(7)');
    const slow = engine.submit(shelf.reserve(1, { key: 'k', id: 'inv_1', notes: 'wait' }));
    await untilWaiting(database);
    const quick = await other.submit(shelf.reserve(2, { key: 'k', id: 'inv_2' }));
    await session.run('SELECT pg_advisory_unlock(7)');
    expect(quick).toEqual(['2 reserved']);
    expect(await slow).toEqual(['reused']);
    expect(engine.retries).toEqual(['23505']);
    expect(await shelf.happened()).toEqual({ reserved: [0, 2], entries: 1, keys: 1 });
  });
});
