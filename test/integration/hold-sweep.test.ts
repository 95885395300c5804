import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HoldSweep } from '../../src/engine/hold-sweep.js';
import { MerchantRound } from '../../src/engine/merchant-round.js';
import { findDrift } from '../../src/store/audit.js';
import { listMerchants } from '../../src/store/tables/merchants.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Session, Shelf, startEngine, told } from '../support/engine-stage.js';
import { until } from '../support/process.js';
import { sweepExpiredHolds } from '../support/sweeps.js';

let database: TestDatabase;
let dataSource: DataSource;
let shelf: Shelf;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.url);
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});
beforeEach(async () => {
  await database.query(
    'TRUNCATE merchants, api_keys, stock_levels, inventory_records, holds, movement_log, idempotency_keys',
  );
  shelf = await new Shelf(database, dataSource).fill();
});

const never = (): boolean => false;

/** Adds records `r1` … with this many holds of 1 unit each; all of them ended a while ago, or will end later. */
async function addHolds(
  merchantId: string,
  { records, holds, ended = true }: { records: number; holds: number; ended?: boolean },
): Promise<void> {
  const seconds = ended ? -60 : 60;
  await database.query(
    `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision, next_expiry_at)
     SELECT $1, 'r' || r, $3, $3, $3 + 1, now() + $4 * interval '1 second' FROM generate_series(1, $2) AS r`,
    [merchantId, records, holds, seconds],
  );
  await database.query(
    `INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id)
     SELECT $1, 'r' || r, 'r' || r, 'main' FROM generate_series(1, $2) AS r`,
    [merchantId, records],
  );
  await database.query(
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision, expires_at)
     SELECT $1, 'r' || r, 'h' || h, 1, h + 1, now() + $4 * interval '1 second'
       FROM generate_series(1, $2) AS r, generate_series(1, $3) AS h`,
    [merchantId, records, holds, seconds],
  );
  await database.query(
    `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, reference, actor, batch_id)
     SELECT $1, 'r' || r, h, CASE h WHEN 1 THEN 'RECEIVED' ELSE 'RESERVED' END,
            CASE h WHEN 1 THEN $3 ELSE 0 END, CASE h WHEN 1 THEN 0 ELSE 1 END,
            CASE WHEN h > 1 THEN 'h' || h - 1 END, 'bob', gen_random_uuid()
       FROM generate_series(1, $2) AS r, generate_series(1, $3 + 1) AS h`,
    [merchantId, records, holds],
  );
  expect(await findDrift(dataSource, merchantId)).toEqual([]);
}

/** Entries and records of each of the sweep's transactions. */
async function steps(merchantId = shelf.merchantId): Promise<{ records: number; most: number }[]> {
  return database.query(
    `SELECT count(*)::int AS records, max(entries)::int AS most
       FROM (SELECT batch_id, inventory_id, count(*) AS entries
               FROM movement_log WHERE merchant_id = $1 AND notes = 'expired' GROUP BY 1, 2) AS ended
      GROUP BY batch_id ORDER BY min(inventory_id)`,
    [merchantId],
  );
}

async function held(merchantId = shelf.merchantId): Promise<number> {
  return (await database.query('SELECT 1 FROM holds WHERE merchant_id = $1', [merchantId])).length;
}

async function expectEndedOnce(merchantId: string, { records, holds }: { records: number; holds: number }) {
  const entries = await database.query<{
    action: string;
    actor: string;
    reserved_delta: number;
    once: boolean;
  }>(
    `SELECT DISTINCT action, actor, reserved_delta, count(*) OVER (PARTITION BY inventory_id, reference) = 1 AS once
       FROM movement_log WHERE merchant_id = $1 AND notes = 'expired'`,
    [merchantId],
  );
  expect(entries).toEqual([{ action: 'RELEASED', actor: 'system', reserved_delta: -1, once: true }]);
  const [row] = await database.query(
    "SELECT count(*)::int AS ended FROM movement_log WHERE merchant_id = $1 AND notes = 'expired'",
    [merchantId],
  );
  expect(row).toEqual({ ended: records * holds });
  expect(await held(merchantId)).toBe(0);
  expect(await findDrift(dataSource, merchantId)).toEqual([]);
}

describe('one sweep', () => {
  test.each([
    // records, holds of each → transactions
    [1, 1, 1],
    [50, 1, 1],
    [51, 1, 2],
    [120, 2, 3],
    [1, 200, 1],
    [1, 201, 2],
    [3, 450, 3],
  ])('%i records with %i holds each: all, in %i steps that are bounded', async (records, holds, expected) => {
    await addHolds(shelf.merchantId, { records, holds });
    expect(await sweepExpiredHolds(dataSource, never)).toBe(records * holds);
    await expectEndedOnce(shelf.merchantId, { records, holds });
    const done = await steps();
    expect(done).toHaveLength(expected);
    for (const step of done) {
      expect(step.records).toBeLessThanOrEqual(50);
      expect(step.most).toBeLessThanOrEqual(200);
    }
    expect(await sweepExpiredHolds(dataSource, never)).toBe(0);
  });

  test('what has not ended stays, and is not written', async () => {
    await addHolds(shelf.merchantId, { records: 3, holds: 2, ended: false });
    const rows = (): Promise<unknown> =>
      database.query('SELECT xmin, xmax, * FROM stock_levels ORDER BY merchant_id, id');
    const before = await rows();
    expect(await sweepExpiredHolds(dataSource, never)).toBe(0);
    expect(await rows()).toEqual(before);
    expect(await held()).toBe(6);
  });

  test('a bound that was too low is corrected, once, and the log has no entry of it', async () => {
    await addHolds(shelf.merchantId, { records: 60, holds: 1, ended: false });
    await database.query(
      "UPDATE stock_levels SET next_expiry_at = now() - interval '1 s' WHERE id LIKE 'r%'",
    );
    await database.query("UPDATE holds SET expires_at = NULL WHERE inventory_id = 'r1'");
    expect(await sweepExpiredHolds(dataSource, never)).toBe(0);
    expect(await steps()).toEqual([]);
    const bounds = await database.query(
      `SELECT next_expiry_at IS NULL AS open, next_expiry_at > now() AS later, count(*)::int
         FROM stock_levels WHERE id LIKE 'r%' GROUP BY 1, 2 ORDER BY 1`,
    );
    expect(bounds).toEqual([
      { open: false, later: true, count: 59 },
      { open: true, later: null, count: 1 },
    ]);
  });

  test('stops between two steps when told to, and continues from there later', async () => {
    await addHolds(shelf.merchantId, { records: 120, holds: 1 });
    let asked = 0;
    expect(await sweepExpiredHolds(dataSource, () => asked++ === 2)).toBe(50);
    expect(await held()).toBe(70);
    expect(await findDrift(dataSource, shelf.merchantId)).toEqual([]);
    expect(await sweepExpiredHolds(dataSource, () => true)).toBe(0);
    expect(await sweepExpiredHolds(dataSource, never)).toBe(70);
    await expectEndedOnce(shelf.merchantId, { records: 120, holds: 1 });
  });

  test('each merchant separately, and each is reported', async () => {
    const others = await Promise.all([1, 2].map(() => new Shelf(database, dataSource).fill()));
    const [due, later] = others.map((other) => other.merchantId) as [string, string];
    await addHolds(shelf.merchantId, { records: 2, holds: 1 });
    await addHolds(due, { records: 60, holds: 1 });
    await addHolds(later, { records: 2, holds: 1, ended: false });
    const changed: string[] = [];
    expect(await sweepExpiredHolds(dataSource, never, (merchantId) => changed.push(merchantId))).toBe(62);
    await expectEndedOnce(shelf.merchantId, { records: 2, holds: 1 });
    await expectEndedOnce(due, { records: 60, holds: 1 });
    expect(await held(later)).toBe(2);
    expect(changed.sort()).toEqual([shelf.merchantId, due, due].sort());
    // No transaction has entries of two merchants.
    const batches = await database.query(
      "SELECT 1 FROM movement_log WHERE notes = 'expired' GROUP BY batch_id HAVING count(DISTINCT merchant_id) > 1",
    );
    expect(batches).toEqual([]);
  });
});

describe('of more merchants than one sweep looks at', () => {
  /** Adds merchants with nothing to sweep, before or behind all others in the order of ids. */
  const addMerchants = (prefix: string, count: number): Promise<unknown> =>
    database.query(
      "INSERT INTO merchants (merchant_id, name) SELECT $1 || lpad(n::text, 4, '0'), 'M' FROM generate_series(1, $2) AS n",
      [prefix, count],
    );

  test('each has its turn, once a round, and none twice', async () => {
    await addMerchants('aaa', 24);
    const round = new MerchantRound(dataSource, { min: 2, max: 9 });
    const turns: string[][] = [];
    for (let turn = 0; turn < 13; turn++) turns.push(await round.next());
    // In the first round, their number is not known. After that, a round has up to ten turns; the last has the rest.
    expect(turns.map((turn) => turn.length)).toEqual([9, 9, 7, 3, 3, 3, 3, 3, 3, 3, 3, 1, 3]);
    const all = (await listMerchants(dataSource)).map(({ merchantId }) => merchantId).sort();
    expect(turns.slice(0, 3).flat()).toEqual(all);
    expect(turns.slice(3, 12).flat()).toEqual(all);
    expect(turns[12]).toEqual(all.slice(0, 3));
  });

  test('no merchants, and as many as a turn takes', async () => {
    await database.query('TRUNCATE merchants CASCADE');
    const round = new MerchantRound(dataSource, { min: 2, max: 2 });
    expect(await round.next()).toEqual([]);
    await addMerchants('a', 2);
    expect([await round.next(), await round.next()]).toEqual(Array(2).fill(['a0001', 'a0002']));
  });

  test('a merchant’s holds end in its turn; at once if this process changed them or knows when they end', async () => {
    await addMerchants('aaa', 250);
    const holdSweep = new HoldSweep(dataSource);
    await addHolds(shelf.merchantId, { records: 1, holds: 1 });
    const swept: number[] = [];
    for (let turn = 0; turn < 3; turn++) swept.push(await holdSweep.sweep(never));
    expect(swept).toEqual([0, 0, 1]);

    // Its next turn is ten sweeps away.
    const again = await new Shelf(database, dataSource).fill();
    await addHolds(again.merchantId, { records: 1, holds: 1 });
    holdSweep.changed(again.merchantId);
    expect(await holdSweep.sweep(never)).toBe(1);

    const soon = await new Shelf(database, dataSource).fill();
    await addHolds(soon.merchantId, { records: 1, holds: 1, ended: false });
    await soon.passSeconds(58.5);
    holdSweep.changed(soon.merchantId);
    expect(await holdSweep.sweep(never)).toBe(0);
    await until('the hold to end', async () => (await holdSweep.sweep(never)) === 1);
  });

  test('one that cannot be swept does not stop the others, and is left alone for a while', async () => {
    await addHolds(shelf.merchantId, { records: 1, holds: 1 });
    const broken = await new Shelf(database, dataSource).fill();
    await addHolds(broken.merchantId, { records: 1, holds: 1 });
    await database.query('UPDATE stock_levels SET reserved_qty = 0 WHERE merchant_id = $1', [
      broken.merchantId,
    ]);
    const holdSweep = new HoldSweep(dataSource);
    await expect(holdSweep.sweep(never)).rejects.toThrow();
    await expectEndedOnce(shelf.merchantId, { records: 1, holds: 1 });
  });
});

describe('along with others', () => {
  test('a record that somebody has locked is left out, and nobody waits for it', async () => {
    await addHolds(shelf.merchantId, { records: 3, holds: 2 });
    const other = await Session.open(database.url);
    try {
      await other.run('BEGIN');
      await other.run("SELECT 1 FROM stock_levels WHERE id = 'r2' FOR UPDATE");
      // If the sweep waited, it would fail: the lock stays until after it.
      expect(await sweepExpiredHolds(dataSource, never)).toBe(4);
      expect(await shelf.held()).toEqual(['r2: h1=1 h2=1']);
      await other.run('COMMIT');
      expect(await sweepExpiredHolds(dataSource, never)).toBe(2);
      await expectEndedOnce(shelf.merchantId, { records: 3, holds: 2 });
    } finally {
      await other.close();
    }
  });

  test('four sweeps at the same time end each hold once', async () => {
    const size = { records: 150, holds: 3 };
    await addHolds(shelf.merchantId, size);
    const pools = await Promise.all([1, 2, 3, 4].map(() => openDataSource(database.url)));
    try {
      const swept = await Promise.all(pools.map((pool) => sweepExpiredHolds(pool, never)));
      expect(swept.reduce((sum, one) => sum + one, 0)).toBe(450);
      await expectEndedOnce(shelf.merchantId, size);
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()));
    }
  });
});

describe('together with commands', () => {
  let close = async (): Promise<void> => {};
  afterEach(() => close());

  test('each hold ends once, no matter who gets there first, without deadlocks', async () => {
    await addHolds(shelf.merchantId, { records: 40, holds: 5 });
    const engines = await Promise.all(
      [1, 2].map(() =>
        startEngine(database.url, { limits: { batchCommandsMax: 20, queueCommandsMax: 2000 } }),
      ),
    );
    const pool = await openDataSource(database.url);
    close = async () => {
      await Promise.all(engines.map((engine) => engine.close()));
      await pool.destroy();
    };
    let answered = 0;
    const commands = Array.from({ length: 600 }, async (_, i) => {
      const lines = [i, i * 7, i * 13].map((n) => ({ id: `r${(n % 40) + 1}`, qty: 1 }));
      const order = { reference: `new-${i}`, notes: '', allowPartial: false };
      const command = shelf.submission({
        kind: 'reserve_order',
        ...order,
        lines: i % 2 === 0 ? lines : lines.reverse(),
        ttlSeconds: 600,
      });
      const answer = told(await engines[i % 2]!.engine.submit(command, NEVER));
      answered++;
      return answer;
    });
    let swept = 0;
    while (answered < commands.length) swept += await sweepExpiredHolds(pool, never);
    const answers = await Promise.all(commands);

    // All of the 200 units became free. Each order took three of them, or was refused as a whole.
    const accepted = answers.filter((answer) => answer.endsWith('reserved')).length;
    expect(new Set(answers.filter((answer) => !answer.endsWith('reserved')))).toEqual(
      new Set(['INSUFFICIENT_STOCK']),
    );
    expect(accepted).toBeGreaterThan(0);
    expect(engines.flatMap((engine) => engine.retries)).toEqual([]);
    expect(await sweepExpiredHolds(pool, never)).toBeLessThanOrEqual(200 - swept);
    const [row] = await database.query(
      `SELECT count(*)::int AS ended, count(DISTINCT (inventory_id, reference))::int AS distinct
         FROM movement_log WHERE notes = 'expired'`,
    );
    expect(row).toEqual({ ended: 200, distinct: 200 });
    const [units] = await database.query<{ qty: number }>('SELECT sum(qty)::int AS qty FROM holds');
    const lines = await database.query("SELECT 1 FROM movement_log WHERE actor = 'ann'");
    expect(units!.qty).toBe(accepted * 3);
    expect(lines.length).toBeLessThanOrEqual(accepted * 3);
    expect(await findDrift(dataSource, shelf.merchantId)).toEqual([]);
  });
});
