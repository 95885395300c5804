import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CreateRecordCommand, ReceiveRecordCommand } from '../../src/domain/command.js';
import type { RecordDetails } from '../../src/domain/inventory-record.js';
import { QTY_MAX } from '../../src/domain/stock.js';
import type { Execution, Submission } from '../../src/engine/submission.js';
import { fingerprint } from '../../src/service/fingerprint.js';
import { newId } from '../../src/service/ids.js';
import { findDrift } from '../../src/store/audit.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, startEngine, type TestEngine } from '../support/engine-stage.js';

let database: TestDatabase;
let one: TestEngine;
let other: TestEngine;
beforeAll(async () => {
  database = await createTestDatabase();
  [one, other] = await Promise.all([startEngine(database.url), startEngine(database.url)]);
});
afterAll(async () => {
  await Promise.all([one?.close(), other?.close()]);
  await database?.drop();
});

let merchantId: string;
beforeEach(async () => {
  merchantId = `mer_${randomBytes(6).toString('hex')}`;
  await insertMerchant(one.dataSource, merchantId, 'Test');
});

const details = (productId: string, change: Partial<RecordDetails> = {}): RecordDetails => ({
  productId,
  skuId: '',
  warehouseId: 'wh_1',
  warehouseName: 'One',
  location: 'A1',
  reorderLevel: 3,
  reorderQty: 10,
  variantAttributes: { colour: 'red' },
  ...change,
});

/** `P 5` receives 5 units of the product P; ` key K` makes the call keyed, ` of R` gives it a reference. */
function receive(said: string): Submission {
  const [, productId, qty, key, reference] = /^(\S+) (\d+)(?: key (\S+))?(?: of (\S+))?$/.exec(said)!;
  const command: ReceiveRecordCommand = {
    kind: 'receive_record',
    merchantId,
    actor: 'ann',
    newId: newId('inv'),
    qty: Number(qty),
    details: details(productId!),
    reference: reference ?? '',
    notes: 'delivered',
  };
  if (key === undefined) return { command };
  return { command, idempotency: { key, fingerprint: fingerprint('receive_record', productId, qty) } };
}

function create(productId: string): Submission {
  const id = newId('inv');
  const command: CreateRecordCommand = {
    kind: 'create_record',
    merchantId,
    actor: 'ann',
    id,
    initialQty: 1,
    details: details(productId),
    notes: '',
  };
  return { command };
}

function told(execution: Execution | { reason: string }): string {
  if ('reason' in execution) return execution.reason;
  if (execution.kind === 'key_reused') return 'reused';
  const { outcome } = execution;
  const replayed = execution.kind === 'replayed' ? '!' : '';
  if (!outcome.ok) return `${outcome.rejection.reason}${replayed}`;
  return 'received' in outcome ? `${outcome.received.effect}${replayed}` : 'ok';
}

const submitAll = async (submissions: readonly Submission[], { engine } = one): Promise<string[]> =>
  (await Promise.all(submissions.map((submission) => engine.submit(submission, NEVER)))).map(told);

/** Units on hand by product; fails unless counters and log agree. */
async function shelf(): Promise<Record<string, number>> {
  expect(await findDrift(one.dataSource, merchantId)).toEqual([]);
  const rows = await database.query<{ product: string; qty: number }>(
    `SELECT r.product_id AS product, s.on_hand_qty AS qty
       FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id)
      WHERE s.merchant_id = $1`,
    [merchantId],
  );
  return Object.fromEntries(rows.map(({ product, qty }) => [product, qty]));
}

describe('one after the other, and all in one batch: the same', () => {
  const cases: { said: string[]; told: string[]; shelf: Record<string, number> }[] = [
    { said: ['P 5'], told: ['created'], shelf: { P: 5 } },
    { said: ['P 0'], told: ['created'], shelf: { P: 0 } },
    { said: ['P 5', 'P 2'], told: ['created', 'restocked'], shelf: { P: 7 } },
    { said: ['P 5', 'P 0'], told: ['created', 'unchanged'], shelf: { P: 5 } },
    {
      said: ['P 5', 'Q 1', 'P 2', 'P 2'],
      told: ['created', 'created', 'restocked', 'restocked'],
      shelf: { P: 9, Q: 1 },
    },
    { said: [`P ${QTY_MAX}`, 'P 1'], told: ['created', 'VALIDATION_FAILED'], shelf: { P: QTY_MAX } },
    { said: ['P 5 key k', 'P 5 key k'], told: ['created', 'created!'], shelf: { P: 5 } },
    { said: ['P 5 key k', 'P 6 key k'], told: ['created', 'reused'], shelf: { P: 5 } },
    {
      said: ['P 5', 'P 2 key k', 'P 2 key k'],
      told: ['created', 'restocked', 'restocked!'],
      shelf: { P: 7 },
    },
    {
      said: [`P ${QTY_MAX}`, 'P 1 key k', 'P 1 key k'],
      told: ['created', 'VALIDATION_FAILED', 'VALIDATION_FAILED!'],
      shelf: { P: QTY_MAX },
    },
  ];

  test.each(cases)('$said → $told', async ({ said, told: expected, shelf: left }) => {
    const first: string[] = [];
    for (const line of said) first.push(...(await submitAll([receive(line)])));
    expect(first).toEqual(expected);
    expect(await shelf()).toEqual(left);

    merchantId = `mer_${randomBytes(6).toString('hex')}`;
    await insertMerchant(one.dataSource, merchantId, 'Test');
    one.batches.length = 0;
    expect(await submitAll(said.map(receive))).toEqual(expected);
    expect(one.batches).toEqual([said.length]);
    expect(await shelf()).toEqual(left);
  });
});

test('a record that exists keeps its description, and the log says what came for which reference', async () => {
  await submitAll([receive('P 5 of PO-1')]);
  const again = receive('P 2 of PO-2');
  const command = again.command as ReceiveRecordCommand;
  const changed = details('P', { location: 'B9', reorderLevel: 99, variantAttributes: {} });
  await submitAll([{ command: { ...command, details: changed } }]);
  const rows = await database.query(
    `SELECT r.location, r.reorder_level, r.variant_attributes, l.revision::int, l.action, l.on_hand_delta,
            l.reference, l.notes, l.actor
       FROM inventory_records AS r JOIN movement_log AS l ON l.merchant_id = r.merchant_id AND l.inventory_id = r.id
      WHERE r.merchant_id = $1 ORDER BY l.revision`,
    [merchantId],
  );
  const record = { location: 'A1', reorder_level: 3, variant_attributes: { colour: 'red' } };
  const entry = { action: 'RECEIVED', notes: 'delivered', actor: 'ann' };
  expect(rows).toEqual([
    { ...record, ...entry, revision: 1, on_hand_delta: 5, reference: 'PO-1' },
    { ...record, ...entry, revision: 2, on_hand_delta: 2, reference: 'PO-2' },
  ]);
});

test('SKU and warehouse tell records apart', async () => {
  const said = [
    details('P'),
    details('P', { skuId: 'S' }),
    details('P', { warehouseId: 'wh_2' }),
    details('P'),
  ];
  const submissions = said.map((of): Submission => {
    const { command } = receive('P 1');
    return { command: { ...(command as ReceiveRecordCommand), details: of } };
  });
  expect(await submitAll(submissions)).toEqual(['created', 'created', 'created', 'restocked']);
});

test('along with commands that create the same product', async () => {
  expect(await submitAll([create('P'), receive('P 4'), receive('Q 4'), create('Q')])).toEqual([
    'ok',
    'restocked',
    'created',
    'INVENTORY_ALREADY_EXISTS',
  ]);
  expect(await shelf()).toEqual({ P: 5, Q: 4 });
});

test('another merchant has its own records', async () => {
  await submitAll([receive('P 5')]);
  merchantId = `mer_${randomBytes(6).toString('hex')}`;
  await insertMerchant(one.dataSource, merchantId, 'Test');
  expect(await submitAll([receive('P 1')])).toEqual(['created']);
  expect(await shelf()).toEqual({ P: 1 });
});

test('a description without its stock level, as from a damaged backup, is refused and not repaired by chance', async () => {
  await submitAll([receive('P 5')]);
  await database.query('DELETE FROM stock_levels WHERE merchant_id = $1', [merchantId]);
  expect(await submitAll([receive('P 1'), receive('Q 1')])).toEqual(['INVENTORY_NOT_FOUND', 'created']);
});

describe('two processes at the same time', () => {
  const products = Array.from({ length: 300 }, (_, i) => `P${i}`);

  test('receive the same new products: each is created once, all units are there', async () => {
    const lines = () => products.map((product) => receive(`${product} 2`));
    const [a, b] = await Promise.all([submitAll(lines(), one), submitAll(lines(), other)]);
    const pairs = products.map((_, i) => [a[i], b[i]].sort().join(' '));
    expect(new Set(pairs)).toEqual(new Set(['created restocked']));
    expect(await shelf()).toEqual(Object.fromEntries(products.map((product) => [product, 4])));
  });

  test('under the same keys: each line happens once', async () => {
    await submitAll(products.slice(0, 150).map((product) => receive(`${product} 1`)));
    const lines = () => products.map((product, i) => receive(`${product} 2 key k${i}`));
    const [a, b] = await Promise.all([submitAll(lines(), one), submitAll(lines(), other)]);
    const outcomes = products.map((_, i) => [a[i], b[i]].sort().join(' '));
    expect(outcomes.slice(0, 150)).toEqual(Array.from({ length: 150 }, () => 'restocked restocked!'));
    expect(outcomes.slice(150)).toEqual(Array.from({ length: 150 }, () => 'created created!'));
    expect(Object.values(await shelf())).toEqual(products.map(() => expect.toBeOneOf([2, 3])));
  });

  test('in batches of different sizes: a process that meets one rival after another loses no command', async () => {
    const small = await startEngine(database.url, { limits: { batchCommandsMax: 20 } });
    const large = await startEngine(database.url, { limits: { attemptsMax: 2 } });
    try {
      const lines = () => products.map((product) => receive(`${product} 2`));
      const [a, b] = await Promise.all([submitAll(lines(), small), submitAll(lines(), large)]);
      const pairs = products.map((_, i) => [a[i], b[i]].sort().join(' '));
      expect(new Set(pairs)).toEqual(new Set(['created restocked']));
      expect(large.batches).toEqual([products.length]);
    } finally {
      await Promise.all([small.close(), large.close()]);
    }
  });

  test('in opposite order, many times: no two processes wait for each other', async () => {
    one.retries.length = 0;
    other.retries.length = 0;
    for (let round = 0; round < 30; round++) {
      const some = Array.from({ length: 20 }, (_, i) => receive(`R${round}-${i} 1`));
      const reversed = Array.from({ length: 20 }, (_, i) => receive(`R${round}-${19 - i} 1`));
      const told = await Promise.all([submitAll(some, one), submitAll(reversed, other)]);
      expect(told.flat().filter((said) => said === 'created')).toHaveLength(20);
      expect(told.flat().filter((said) => said === 'restocked')).toHaveLength(20);
    }
    expect([...one.retries, ...other.retries]).not.toContain('40P01');
    expect(new Set(Object.values(await shelf()))).toEqual(new Set([2]));
  });
});

test('a record that somebody else has locked holds up its own commands only', async () => {
  await submitAll([receive('P 1')]);
  const blocker = one.dataSource.createQueryRunner();
  await blocker.connect();
  await blocker.startTransaction();
  await blocker.query('SELECT 1 FROM stock_levels WHERE merchant_id = $1 FOR UPDATE', [merchantId]);
  const [p, q] = ['P 1', 'Q 1'].map((line) => submitAll([receive(line)], other));
  expect(await q).toEqual(['created']);
  expect(await submitAll([receive('Q 1')])).toEqual(['restocked']);
  await blocker.commitTransaction();
  await blocker.release();
  expect(await p).toEqual(['restocked']);
  expect(await shelf()).toEqual({ P: 2, Q: 2 });
});
