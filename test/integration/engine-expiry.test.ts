import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import { EXPIRED_HOLDS_MAX } from '../../src/engine/fetch/fetch.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Shelf, startEngine, type TestEngine, told, type Unsigned } from '../support/engine-stage.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Expired holds that no sweep has ended yet. To commands, they do not exist. Two engines stand for two processes. */
let database: TestDatabase;
let judge: DataSource;
let engines: TestEngine[];
let shelf: Shelf;
beforeAll(async () => {
  database = await createTestDatabase();
  judge = await openDataSource(database.url);
});
afterAll(async () => {
  await judge?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  engines = await Promise.all([1, 2].map(() => startEngine(database.url)));
  // 200 units each of inv_1 and inv_2.
  shelf = await new Shelf(database, judge).fill();
});
afterEach(() => Promise.all((engines ?? []).map((engine) => engine.close())));

type Submission = ReturnType<Shelf['reserve']>;

async function submit(engine: TestEngine, ...submissions: Submission[]): Promise<string[]> {
  return (await Promise.all(submissions.map((s) => engine.engine.submit(s, NEVER)))).map(told);
}

const units = { id: 'inv_1', notes: '' };
const release = (qty: number, reference: string): Submission =>
  shelf.submission({ kind: 'release', ...units, qty, reference });
const ttl = { ttlSeconds: 60 };
const adjust = (qty: number): Submission =>
  shelf.submission({
    kind: 'adjust',
    ...units,
    qty,
    action: 'DAMAGED',
    reference: '',
    expectedOnHandQty: undefined,
  });

describe.each([0, 1])('what the next command finds, in engine %i', (place) => {
  const later: { name: string; command: () => Submission; outcome: string; held?: string[] }[] = [
    {
      name: 'a reserve of all units',
      command: () => shelf.reserve(200, { reference: 'B' }),
      outcome: '200 reserved',
      held: ['inv_1: B=200'],
    },
    { name: 'a reserve of more', command: () => shelf.reserve(201), outcome: 'INSUFFICIENT_STOCK' },
    // The reference is the same, the hold is a new one.
    {
      name: 'a reserve for the same',
      command: () => shelf.reserve(7),
      outcome: '7 reserved',
      held: ['inv_1: A=7'],
    },
    { name: 'a release by reference', command: () => release(1, 'A'), outcome: 'INSUFFICIENT_RESERVED' },
    { name: 'a release of any', command: () => release(1, ''), outcome: 'INSUFFICIENT_RESERVED' },
    { name: 'an adjustment to nothing', command: () => adjust(-200), outcome: '0 on hand' },
    { name: 'an adjustment below', command: () => adjust(-201), outcome: 'NEGATIVE_STOCK' },
    {
      name: 'a release of the order',
      command: () => shelf.submission({ kind: 'release_order', reference: 'A', notes: '' }),
      outcome: 'ORDER_EXPIRED',
    },
    {
      name: 'a confirmation of the order',
      command: () => shelf.submission({ kind: 'confirm_order', reference: 'A', notes: '' }),
      outcome: 'ORDER_EXPIRED',
    },
    {
      name: 'a partial order',
      command: () =>
        shelf.submission({
          kind: 'reserve_order',
          reference: 'B',
          lines: [{ id: 'inv_1', qty: 900 }],
          notes: '',
          ttlSeconds: undefined,
          allowPartial: true,
        }),
      outcome: '200 reserved',
      held: ['inv_1: B=200'],
    },
  ];

  test.each(later)('$name → $outcome', async ({ command, outcome, held = [] }) => {
    expect(await submit(engines[0]!, shelf.reserve(150, ttl))).toEqual(['150 reserved']);
    // The hold ends in a moment, so its units are still held.
    await shelf.passSeconds(50);
    expect(await submit(engines[place]!, shelf.reserve(51, { reference: 'B' }))).toEqual([
      'INSUFFICIENT_STOCK',
    ]);
    expect(await shelf.expired()).toEqual([]);

    await shelf.passSeconds(10);
    expect(await submit(engines[place]!, command())).toEqual([outcome]);
    expect(await shelf.held()).toEqual(held);
    expect(await shelf.expired()).toEqual(['inv_1 -150 A']);
    expect((await shelf.happened()).reserved).toEqual([held.length === 0 ? 0 : expect.any(Number), 0]);
  });
});

describe('the next expiry of a record', () => {
  /** Seconds until then, in tens; null when none is known. */
  async function bound(): Promise<number | null> {
    const [row] = await database.query<{ left: number | null }>(
      `SELECT (ceil(extract(epoch FROM next_expiry_at - clock_timestamp()) / 10) * 10)::int AS left
         FROM stock_levels WHERE merchant_id = $1 AND id = 'inv_1'`,
      [shelf.merchantId],
    );
    return row!.left;
  }
  const reserve = (reference: string, ttlSeconds?: number): Submission =>
    shelf.reserve(1, { reference, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) });

  test.each<[string, (string | number)[], number | null]>([
    // [case, reference:ttl of each reserve or seconds that pass, the bound then]
    ['none', ['A'], null],
    ['one', ['A:100'], 100],
    ['the earliest', ['A:300', 'B:100', 'C:200'], 100],
    ['no earlier for one that is open-ended', ['A:300', 'B'], 300],
    // The bound may be too low, but never too high.
    ['low after the earliest was put off', ['A:100', 'A:300', 'B:200'], 100],
    ['low after it was made open-ended', ['A:100', 'A'], 100],
    ['found out once that time has come, and nothing ends', ['A:100', 'A', 110, 'B'], null],
    ['of what comes then', ['A:100', 'A:300', 110, 'B'], 190],
    ['of what is left', ['A:100', 'B:300', 110, 'C'], 190],
    ['of the newcomer, when that is earlier', ['A:100', 'B:300', 110, 'C:50'], 50],
    ['none when all are over', ['A:100', 'B:200', 210, 'C'], null],
  ])('%s: %j → %s', async (_, happenings, expected) => {
    for (const happening of happenings) {
      if (typeof happening === 'number') await shelf.passSeconds(happening);
      else {
        const [reference, seconds] = happening.split(':');
        await submit(engines[0]!, reserve(reference!, seconds === undefined ? undefined : Number(seconds)));
      }
    }
    expect(await bound()).toBe(expected);
    await shelf.happened();
  });
});

test('one batch is one instant: a hold has ended for all of its commands, or for none', async () => {
  await submit(engines[0]!, shelf.reserve(200, ttl));
  await shelf.passSeconds(60);
  const batch = [
    release(1, 'A'),
    shelf.reserve(200, { reference: 'B' }),
    release(200, 'B'),
    shelf.reserve(1, ttl),
  ];
  expect(await submit(engines[1]!, ...batch)).toEqual([
    'INSUFFICIENT_RESERVED',
    '200 reserved',
    '0 reserved',
    '1 reserved',
  ]);
  expect(engines[1]!.batches).toEqual([4]);
  expect(await shelf.held()).toEqual(['inv_1: A=1']);
  expect(await shelf.expired()).toEqual(['inv_1 -200 A']);
});

test('a release of any draws on the oldest of those that have not ended, past any number that have', async () => {
  const references = ['E1', 'A', 'E2', 'E3', 'B', 'C'];
  for (const reference of references) {
    await submit(engines[0]!, shelf.reserve(1, { reference, ...(reference.startsWith('E') ? ttl : {}) }));
  }
  await shelf.passSeconds(60);
  expect(await submit(engines[1]!, release(2, ''))).toEqual(['1 reserved']);
  expect(await shelf.held()).toEqual(['inv_1: C=1']);
});

test('a release of as many units as a number can hold, where holds have ended → refused, not broken', async () => {
  await submit(engines[0]!, shelf.reserve(1, ttl));
  await shelf.passSeconds(60);
  expect(await submit(engines[0]!, release(2 ** 31 - 1, ''))).toEqual(['INSUFFICIENT_RESERVED']);
});

describe('more expired holds of one record than a batch ends along with its work', () => {
  const many = 2 * EXPIRED_HOLDS_MAX + 500;
  beforeEach(async () => {
    await database.query(
      `WITH opened AS (
         INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision, expires_at)
         SELECT $1, 'inv_1', 'old-' || n, 1, n + 1, now() - n * interval '1 second' FROM generate_series(1, $2) AS n),
       logged AS (
         INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                                   reference, actor, batch_id)
         SELECT $1, 'inv_1', n + 1, 'RESERVED', 0, 1, 'old-' || n, 'bob', gen_random_uuid()
           FROM generate_series(1, $2) AS n)
       SELECT 1`,
      [shelf.merchantId, many],
    );
    await database.query(
      `UPDATE stock_levels
          SET on_hand_qty = $2 + 200, reserved_qty = $2, revision = $2 + 1, next_expiry_at = now() - interval '1 day'
        WHERE merchant_id = $1 AND id = 'inv_1'`,
      [shelf.merchantId, many],
    );
    await database.query(
      `UPDATE movement_log SET on_hand_delta = $2 + 200
        WHERE merchant_id = $1 AND inventory_id = 'inv_1' AND revision = 1`,
      [shelf.merchantId, many],
    );
  });

  const all: Unsigned<Command> = {
    kind: 'reserve',
    ...units,
    qty: many + 200,
    reference: 'B',
    ttlSeconds: undefined,
    allowPartial: false,
  };

  test('the next command has the right figures immediately', async () => {
    const commands = [shelf.submission({ ...all, qty: many + 201 }), shelf.submission(all)];
    expect(await submit(engines[0]!, ...commands)).toEqual(['INSUFFICIENT_STOCK', `${many + 200} reserved`]);
    // The holds were ended first, in separate transactions; then the batch ran.
    expect(engines[0]!.retries).toEqual([expect.stringContaining('expired holds')]);
    expect(await shelf.held()).toEqual([`inv_1: B=${many + 200}`]);
    const entries = await shelf.expired();
    expect(entries).toHaveLength(many);
    expect(new Set(entries).size).toBe(many);
    expect(await shelf.happened()).toMatchObject({ entries: 1 });
  });

  test('so do commands in two engines at the same time, and each hold ends once', async () => {
    const commands = [1, 2].map((n) => shelf.submission({ ...all, qty: 1, reference: `B${n}` }));
    const answers = await Promise.all(commands.map((command, i) => submit(engines[i]!, command)));
    expect(answers.flat().sort()).toEqual(['1 reserved', '2 reserved']);
    expect(new Set(await shelf.expired()).size).toBe(many);
    expect(await shelf.expired()).toHaveLength(many);
    await shelf.happened();
  });

  test.each(['cut', 'cut after'] as const)('and the COMMIT that ends some of them, %s', async (effect) => {
    const { proxy, url } = await TcpProxy.start(database.url);
    const engine = await startEngine(url);
    try {
      const broken = proxy.failNext('COMMIT', effect);
      expect(await submit(engine, shelf.submission(all, 'k'))).toEqual([`${many + 200} reserved`]);
      await broken;
      // A step that was cut before it took effect is tried once more.
      expect(engine.retries).toHaveLength(effect === 'cut' ? 2 : 1);
      expect(await shelf.expired()).toHaveLength(many);
      expect(await shelf.happened()).toMatchObject({ entries: 1, keys: 1 });
    } finally {
      await engine.close();
      await proxy.close();
    }
  });
});
