import { describe, expect } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import { EXPIRED_HOLDS_MAX } from '../../src/engine/fetch/fetch.js';
import type { Submission } from '../../src/engine/submission.js';
import type { TestDatabase } from '../support/database.js';
import { withProxy } from '../support/engine-fixtures.js';
import type { Shelf, Unsigned } from '../support/engine-stage.js';

/** Expired holds that no sweep has ended yet. To commands, they do not exist. Two engines stand for two processes. */
const test = withProxy.extend('engines', async ({ start }) => [await start(), await start()] as const);

const units = { id: 'inv_1', notes: '' };
const ttl = { ttlSeconds: 60 };
const adjust = (shelf: Shelf, qty: number): Submission =>
  shelf.submission({
    kind: 'adjust',
    ...units,
    qty,
    action: 'DAMAGED',
    reference: '',
    expectedOnHandQty: undefined,
  });

describe.each([0, 1] as const)('what the next command finds, in engine %i', (place) => {
  const later: { name: string; command: (shelf: Shelf) => Submission; outcome: string; held?: string[] }[] = [
    {
      name: 'a reserve of all units',
      command: (shelf) => shelf.reserve(200, { reference: 'B' }),
      outcome: '200 reserved',
      held: ['inv_1: B=200'],
    },
    { name: 'a reserve of more', command: (shelf) => shelf.reserve(201), outcome: 'INSUFFICIENT_STOCK' },
    // The reference is the same, the hold is a new one.
    {
      name: 'a reserve for the same',
      command: (shelf) => shelf.reserve(7),
      outcome: '7 reserved',
      held: ['inv_1: A=7'],
    },
    {
      name: 'a release by reference',
      command: (shelf) => shelf.release('inv_1', 1, 'A'),
      outcome: 'INSUFFICIENT_RESERVED',
    },
    {
      name: 'a release of any',
      command: (shelf) => shelf.release('inv_1', 1),
      outcome: 'INSUFFICIENT_RESERVED',
    },
    { name: 'an adjustment to nothing', command: (shelf) => adjust(shelf, -200), outcome: '0 on hand' },
    { name: 'an adjustment below', command: (shelf) => adjust(shelf, -201), outcome: 'NEGATIVE_STOCK' },
    {
      name: 'a release of the order',
      command: (shelf) => shelf.submission({ kind: 'release_order', reference: 'A', notes: '' }),
      outcome: 'ORDER_EXPIRED',
    },
    {
      name: 'a confirmation of the order',
      command: (shelf) => shelf.submission({ kind: 'confirm_order', reference: 'A', notes: '' }),
      outcome: 'ORDER_EXPIRED',
    },
    {
      name: 'a partial order',
      command: (shelf) =>
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

  test.for(later)('$name → $outcome', async ({ command, outcome, held = [] }, { shelf, engines }) => {
    expect(await engines[0].submit(shelf.reserve(150, ttl))).toEqual(['150 reserved']);
    // The hold ends in a moment, so its units are still held.
    await shelf.passSeconds(50);
    expect(await engines[place].submit(shelf.reserve(51, { reference: 'B' }))).toEqual([
      'INSUFFICIENT_STOCK',
    ]);
    expect(await shelf.expired()).toEqual([]);

    await shelf.passSeconds(10);
    expect(await engines[place].submit(command(shelf))).toEqual([outcome]);
    expect(await shelf.held()).toEqual(held);
    expect(await shelf.expired()).toEqual(['inv_1 -150 A']);
    expect((await shelf.happened()).reserved).toEqual([held.length === 0 ? 0 : expect.any(Number), 0]);
  });
});

describe('the next expiry of a record', () => {
  /** Seconds until then, in tens; null when none is known. */
  async function bound(database: TestDatabase, { merchantId }: Shelf): Promise<number | null> {
    const [row] = await database.query<{ left: number | null }>(
      `SELECT (ceil(extract(epoch FROM next_expiry_at - clock_timestamp()) / 10) * 10)::int AS left
         FROM stock_levels WHERE merchant_id = $1 AND id = 'inv_1'`,
      [merchantId],
    );
    return row!.left;
  }

  test.for<[string, (string | number)[], number | null]>([
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
  ])('%s: %j → %s', async ([_, happenings, expected], { database, shelf, engines }) => {
    for (const happening of happenings) {
      if (typeof happening === 'number') await shelf.passSeconds(happening);
      else {
        const [reference, seconds] = happening.split(':');
        const ends = seconds === undefined ? {} : { ttlSeconds: Number(seconds) };
        await engines[0].submit(shelf.reserve(1, { reference: reference!, ...ends }));
      }
    }
    expect(await bound(database, shelf)).toBe(expected);
    await shelf.happened();
  });
});

test('one batch is one instant: a hold has ended for all of its commands, or for none', async ({
  shelf,
  engines,
}) => {
  await engines[0].submit(shelf.reserve(200, ttl));
  await shelf.passSeconds(60);
  const batch = [
    shelf.release('inv_1', 1, 'A'),
    shelf.reserve(200, { reference: 'B' }),
    shelf.release('inv_1', 200, 'B'),
    shelf.reserve(1, ttl),
  ];
  expect(await engines[1].submit(...batch)).toEqual([
    'INSUFFICIENT_RESERVED',
    '200 reserved',
    '0 reserved',
    '1 reserved',
  ]);
  expect(engines[1].batches).toEqual([4]);
  expect(await shelf.held()).toEqual(['inv_1: A=1']);
  expect(await shelf.expired()).toEqual(['inv_1 -200 A']);
});

test('a release of any draws on the oldest of those that have not ended, past any number that have', async ({
  shelf,
  engines,
}) => {
  const references = ['E1', 'A', 'E2', 'E3', 'B', 'C'];
  for (const reference of references) {
    await engines[0].submit(shelf.reserve(1, { reference, ...(reference.startsWith('E') ? ttl : {}) }));
  }
  await shelf.passSeconds(60);
  expect(await engines[1].submit(shelf.release('inv_1', 2))).toEqual(['1 reserved']);
  expect(await shelf.held()).toEqual(['inv_1: C=1']);
});

test('a release of as many units as a number can hold, where holds have ended → refused, not broken', async ({
  shelf,
  engines,
}) => {
  await engines[0].submit(shelf.reserve(1, ttl));
  await shelf.passSeconds(60);
  expect(await engines[0].submit(shelf.release('inv_1', 2 ** 31 - 1))).toEqual(['INSUFFICIENT_RESERVED']);
});

describe('more expired holds of one record than a batch ends along with its work', () => {
  const many = 2 * EXPIRED_HOLDS_MAX + 500;
  test.beforeEach(async ({ database, shelf }) => {
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

  test.for(['changes', 'changes_of_merchant'] as const)(
    'through a pool for %s, the next command has the right figures immediately',
    async (role, { shelf, start }) => {
      const engine = await start({ role });
      const commands = [shelf.submission({ ...all, qty: many + 201 }), shelf.submission(all)];
      expect(await engine.submit(...commands)).toEqual(['INSUFFICIENT_STOCK', `${many + 200} reserved`]);
      // The holds were ended first, in separate transactions; then the batch ran.
      expect(engine.retries).toEqual([expect.stringContaining('expired holds')]);
      expect(await shelf.held()).toEqual([`inv_1: B=${many + 200}`]);
      const entries = await shelf.expired();
      expect(entries).toHaveLength(many);
      expect(new Set(entries).size).toBe(many);
      expect(await shelf.happened()).toMatchObject({ entries: 1 });
    },
  );

  test('so do commands in two engines at the same time, and each hold ends once', async ({
    shelf,
    engines,
  }) => {
    const commands = [1, 2].map((n) => shelf.submission({ ...all, qty: 1, reference: `B${n}` }));
    const answers = await Promise.all(commands.map((command, i) => engines[i]!.submit(command)));
    expect(answers.flat().sort()).toEqual(['1 reserved', '2 reserved']);
    expect(new Set(await shelf.expired()).size).toBe(many);
    expect(await shelf.expired()).toHaveLength(many);
    await shelf.happened();
  });

  test.for(['cut', 'cut after'] as const)(
    'and the COMMIT that ends some of them, %s',
    async (effect, { shelf, engine, proxy }) => {
      const broken = proxy.failNext('COMMIT', effect);
      expect(await engine.submit(shelf.submission(all, 'k'))).toEqual([`${many + 200} reserved`]);
      await broken;
      // A step that was cut before it took effect is tried once more.
      expect(engine.retries).toHaveLength(effect === 'cut' ? 2 : 1);
      expect(await shelf.expired()).toHaveLength(many);
      expect(await shelf.happened()).toMatchObject({ entries: 1, keys: 1 });
    },
  );
});
