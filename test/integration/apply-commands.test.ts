import { describe, expect } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import type { Submission } from '../../src/engine/submission.js';
import { findDrift } from '../../src/store/audit.js';
import { seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { applyAll } from '../support/apply.js';
import { told } from '../support/engine-stage.js';
import { test as base } from '../support/fixtures.js';

/** `+2A`: reserve 2 for A; `-1`: release 1 without a reference; `+1@k1`: under the key k1. */
function parse(merchantId: string, text: string): Submission {
  const [, sign, qty, reference, key] = /^([+-])(\d+)(\w*)(?:@(\w+))?$/.exec(text)!;
  const units = { id: 'inv_1', qty: Number(qty), reference: reference!, notes: '' };
  const common = { merchantId, actor: 'ann', ...units };
  const command: Command =
    sign === '+'
      ? { kind: 'reserve', ...common, ttlSeconds: undefined, allowPartial: false }
      : { kind: 'release', ...common };
  return key === undefined ? { command } : { command, idempotency: { key, fingerprint: text } };
}

const commands = (merchantId: string, text: string): Submission[] =>
  text.split(' ').map((command) => parse(merchantId, command));

let merchants = 0;

const test = base
  /** Makes a new merchant with 20 units of one record, and runs each batch in one transaction. */
  .extend(
    'run',
    ({ database, dataSource }) =>
      async (...batches: string[]): Promise<{ holds: string; outcomes: string[] }> => {
        const merchantId = `mer_${++merchants}`;
        await insertMerchant(dataSource, merchantId, 'Test');
        await seedRecords(dataSource, merchantId, [{ id: 'inv_1', onHandQty: 20, reservedQty: 0 }]);
        const outcomes: string[] = [];
        for (const batch of batches) {
          const executions = await applyAll(dataSource, commands(merchantId, batch), 500);
          outcomes.push(executions.map((execution) => told(execution).replace(' reserved', '')).join(' '));
        }
        expect(await findDrift(dataSource, merchantId)).toEqual([]);
        const rows = await database.query<{ hold: string }>(
          'SELECT reference || qty AS hold FROM holds WHERE merchant_id = $1 ORDER BY opened_revision',
          [merchantId],
        );
        return { holds: rows.map((row) => row.hold).join(' '), outcomes };
      },
  );

describe('a release without a reference draws on the oldest holds, no matter what else its batch does to them', () => {
  test.for<[string, string, string]>([
    // what is held, one batch → what is held then
    ['+1A +1B +1C +1D', '-1', 'B1 C1 D1'],
    ['+1A +1B +1C +1D', '-2', 'C1 D1'],
    ['+1A +1B +1C +1D', '-1 -1 -1', 'D1'],
    ['+1A +1B +1C +1D', '-4', ''],
    // Commands before it emptied the oldest by name.
    ['+1A +1B +1C +1D', '-1A -1', 'C1 D1'],
    ['+1A +1B +1C +1D', '-1A -1B -1', 'D1'],
    ['+1A +1B +1C +1D', '-1A -1B -1C -1', ''],
    ['+1A +1B +1C +1D', '-1B -1A -1', 'D1'],
    // A hold that is emptied and reserved again is the youngest.
    ['+1A +1B +1C +1D', '-1A +1A -1', 'C1 D1 A1'],
    ['+1A +1B +1C +1D', '-1A +1A -3', 'A1'],
    // A hold that the batch names keeps its age.
    ['+1A +1B +1C +1D', '+1D -1', 'B1 C1 D2'],
    ['+1A +1B +1C +2D', '-1D -1', 'B1 C1 D1'],
    ['+1A +2B +1C +1D', '+1C -2', 'B1 C2 D1'],
    // One that the batch opens comes last.
    ['+1A +1B', '+1E -2', 'E1'],
    ['+1A +1B', '+1E -3', ''],
    // The unreferenced units come first, also those that the batch itself reserved.
    ['+1A +1', '-1', 'A1'],
    ['+1A', '+1 -1', 'A1'],
    ['+1A', '+1 -2', ''],
    ['+2A +1', '-2 +1', 'A1 1'],
  ])('%s, then %s → %s', async ([held, batch, left], { run }) => {
    expect((await run(held, batch)).holds).toBe(left);
    // Each command in a transaction by itself comes to the same.
    expect((await run(...held.split(' '), ...batch.split(' '))).holds).toBe(left);
  });
});

describe('each command of a batch has its own outcome', () => {
  const few = 'INSUFFICIENT_STOCK';
  const none = 'INSUFFICIENT_RESERVED';
  test.for<[string, string]>([
    ['+20', '20'],
    ['+21 +20 +1', `${few} 20 ${few}`],
    ['+5A -6A -5A -1A', `5 ${none} 0 ${none}`],
    ['+5A -1B -5 -1', `5 ${none} 0 ${none}`],
    ['+10A +10B +1C -10A +1C', `10 20 ${few} 10 11`],
    // One key twice in a batch: the second call finds the outcome of the first, whatever it was.
    ['+1@k +1@k', '1 1!'],
    ['+1@k +2@k +1@k', '1 reused 1!'],
    ['+21@k -1 +21@k', `${few} ${none} ${few}!`],
    ['+1@k +1 +1@k -1@j -1@j', '1 2 1! 1 1!'],
  ])('%s → %s', async ([batch, outcomes], { run }) => {
    expect((await run(batch)).outcomes).toEqual([outcomes]);
    expect((await run(...batch.split(' '))).outcomes.join(' ')).toBe(outcomes);
  });
});

test('a batch that changes nothing writes nothing', async ({ database, dataSource }) => {
  const merchantId = `mer_${++merchants}`;
  await insertMerchant(dataSource, merchantId, 'Test');
  await seedRecords(dataSource, merchantId, [{ id: 'inv_1', onHandQty: 1, reservedQty: 0 }]);
  const before = await database.query('SELECT xmin, * FROM stock_levels WHERE merchant_id = $1', [
    merchantId,
  ]);
  await applyAll(dataSource, commands(merchantId, '+2 -1'), 500);
  expect(
    await database.query('SELECT xmin, * FROM stock_levels WHERE merchant_id = $1', [merchantId]),
  ).toEqual(before);
});
