import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StockCommand } from '../../src/domain/command.js';
import { QTY_MAX } from '../../src/domain/stock.js';
import { applyCommands } from '../../src/engine/apply-commands.js';
import type { Submission } from '../../src/engine/submission.js';
import { fingerprint } from '../../src/service/fingerprint.js';
import { findDrift } from '../../src/store/audit.js';
import { insertMerchant } from '../../src/store/merchants.js';
import { seedRecords } from '../../src/store/seed.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RecordState, StockModel } from './stock-model.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.url);
});
afterAll(async () => {
  await dataSource?.destroy();
  await database?.drop();
});

const merchants = ['a', 'b'] as const;
const references = ['A', 'B', 'C', 'D', 'E', 'a'] as const;

/**
 * A step: who, what, how much, for whom, under which key. Few of each, so that they meet: most on one record,
 * most reserves with a reference, many releases without one, so that these draw on a queue of holds.
 */
const step = fc
  .record({
    merchant: fc.constantFrom('a', 'a', 'a', 'b'),
    kind: fc.constantFrom('reserve', 'release'),
    id: fc.constantFrom(...Array(9).fill('inv_1'), 'inv_2', 'inv_full', 'inv_none'),
    qty: fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(30, QTY_MAX - 1, QTY_MAX) },
    ),
    named: fc.constantFrom(...references),
    isNamed: fc.integer({ min: 0, max: 7 }),
    key: fc.option(fc.constantFrom('k1', 'k2', 'k3', 'k4'), { freq: 4 }),
    notes: fc.constantFrom('', '', '', 'why'),
  })
  .map(({ named, isNamed, ...rest }) => ({
    ...rest,
    reference: isNamed >= (rest.kind === 'reserve' ? 1 : 4) ? named : '',
  }));
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const run = fc.record({
  onHand: fc.integer({ min: 0, max: 60 }),
  reserved: fc.constantFrom(0, 0, 0, 1, 7),
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }),
  // Small ones leave holds unread that a larger one would have fetched.
  batchSizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 40,
  }),
});

/** A set of merchants of its own, with the records of the run. */
async function createWorld(name: string, onHand: number, reserved: number) {
  const model = new StockModel();
  const idOf = (merchant: string): string => `${name}_${merchant}`;
  for (const merchant of merchants) {
    const merchantId = idOf(merchant);
    const records = [
      { id: 'inv_1', onHandQty: onHand, reservedQty: Math.min(onHand, reserved) },
      { id: 'inv_2', onHandQty: 12, reservedQty: 0 },
      { id: 'inv_full', onHandQty: QTY_MAX, reservedQty: QTY_MAX - 3 },
    ];
    await insertMerchant(dataSource, merchantId, merchant);
    await seedRecords(dataSource, merchantId, records);
    for (const { id, onHandQty, reservedQty } of records) {
      model.addRecord(merchantId, id, onHandQty, reservedQty);
    }
  }
  const submission = ({ merchant, key, ...rest }: Step): Submission => {
    const command = { ...rest, merchantId: idOf(merchant), actor: 'ann' } as StockCommand;
    return key === null ? { command } : { command, idempotency: { key, fingerprint: fingerprint(command) } };
  };
  /** Executes the steps in one transaction; the outcomes, the tables and the model must agree. */
  const execute = async (steps: readonly Step[]) => {
    const submissions = steps.map(submission);
    const expected = submissions.map((s) => model.execute(s));
    expect(await applyCommands(dataSource, submissions)).toEqual(expected);
    expect(await readState(merchants.map(idOf))).toEqual(merchants.flatMap((m) => model.state(idOf(m))));
    return expected;
  };
  return { idOf, execute };
}

/** The tables' word on the merchants' records. The log without batch and time, and without what seeded it. */
async function readState(merchantIds: readonly string[]): Promise<RecordState[]> {
  return dataSource.query(
    `SELECT id, on_hand_qty AS "onHand", reserved_qty AS reserved,
            (SELECT coalesce(json_agg(reference || '=' || qty ORDER BY opened_revision), '[]')
               FROM holds WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS holds,
            (SELECT coalesce(json_agg(concat_ws(' ', action, reserved_delta, coalesce(reference, ''),
                                                coalesce(notes, ''), actor) ORDER BY revision), '[]')
               FROM movement_log
              WHERE merchant_id = s.merchant_id AND inventory_id = s.id AND actor <> 'system') AS log
       FROM stock_levels AS s
      WHERE merchant_id = ANY ($1)
      ORDER BY merchant_id, id COLLATE "C"`,
    [merchantIds],
  );
}

/** Everything that is stored, in full, but for the merchant's name and what differs by nature: batch and time. */
async function readTables(merchantId: string): Promise<unknown> {
  const rows = (table: string, columns: string): Promise<unknown> =>
    dataSource.query(`SELECT ${columns} FROM ${table} WHERE merchant_id = $1 ORDER BY ${columns}`, [
      merchantId,
    ]);
  return {
    stockLevels: await rows('stock_levels', 'id, on_hand_qty, reserved_qty, revision'),
    holds: await rows('holds', 'inventory_id, reference, qty, opened_revision'),
    log: await rows(
      'movement_log',
      'inventory_id, revision, action, on_hand_delta, reserved_delta, reference, notes, actor',
    ),
    keys: await rows('idempotency_keys', 'key, fingerprint, outcome::text'),
  };
}

test('any commands in batches of any size equal the same commands one by one', async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(run, async ({ onHand, reserved, steps, batchSizes }) => {
      worlds++;
      const single = await createWorld(`one${worlds}`, onHand, reserved);
      const batched = await createWorld(`many${worlds}`, onHand, reserved);

      const expected = [];
      for (const one of steps) expected.push(...(await single.execute([one])));
      const outcomes = [];
      for (let from = 0, i = 0; from < steps.length; i++) {
        const size = batchSizes[i % batchSizes.length]!;
        outcomes.push(...(await batched.execute(steps.slice(from, from + size))));
        from += size;
      }

      expect(outcomes).toEqual(expected);
      for (const merchant of merchants) {
        const [one, many] = [single.idOf(merchant), batched.idOf(merchant)];
        expect(await readTables(many)).toEqual(await readTables(one));
        // 0 <= reserved <= on hand; holds and log add up to the counters.
        expect(await findDrift(dataSource, one)).toEqual([]);
        expect(await findDrift(dataSource, many)).toEqual([]);
      }
    }),
    // Each step of shrinking is a run on the database: a counterexample of some length soon is worth more.
    { numRuns: 40, endOnFailure: true },
  );
}, 120_000);
