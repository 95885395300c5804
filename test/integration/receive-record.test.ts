import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import type { ReceiveRecordCommand } from '../../src/domain/command.js';
import type { RecordDetails } from '../../src/domain/inventory-record.js';
import { QTY_MAX } from '../../src/domain/stock.js';
import type { Submission } from '../../src/engine/submission.js';
import { fingerprint } from '../../src/service/fingerprint.js';
import { newId } from '../../src/service/ids.js';
import { findDrift } from '../../src/store/audit.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import type { TestDatabase } from '../support/database.js';
import { withLastingEngines } from '../support/engine-fixtures.js';

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

/** A new merchant, who receives products. */
async function openReceiver(database: TestDatabase, dataSource: DataSource) {
  const merchantId = newId('mer');
  await insertMerchant(dataSource, merchantId, 'Test');
  const actor = 'ann';
  return {
    merchantId,
    /** `P 5` receives 5 units of the product P; ` key K` makes the call keyed, ` of R` gives it a reference. */
    receive: (said: string) => {
      const [, productId, qty, key, reference] = /^(\S+) (\d+)(?: key (\S+))?(?: of (\S+))?$/.exec(said)!;
      const command: ReceiveRecordCommand = {
        kind: 'receive_record',
        merchantId,
        actor,
        newId: newId('inv'),
        qty: Number(qty),
        details: details(productId!),
        reference: reference ?? '',
        notes: 'delivered',
      };
      if (key === undefined) return { command };
      return { command, idempotency: { key, fingerprint: fingerprint('receive_record', productId, qty) } };
    },
    create: (productId: string): Submission => {
      const record = { id: newId('inv'), initialQty: 1, details: details(productId), notes: '' };
      return { command: { kind: 'create_record', merchantId, actor, ...record } };
    },
    /** Units on hand by product; fails unless counters and log agree. */
    stock: async (): Promise<Record<string, number>> => {
      expect(await findDrift(dataSource, merchantId)).toEqual([]);
      const rows = await database.query<{ product: string; qty: number }>(
        `SELECT r.product_id AS product, s.on_hand_qty AS qty
           FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id)
          WHERE s.merchant_id = $1`,
        [merchantId],
      );
      return Object.fromEntries(rows.map(({ product, qty }) => [product, qty]));
    },
  };
}

const test = withLastingEngines.extend('receiver', ({ database, dataSource }) =>
  openReceiver(database, dataSource),
);

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

  test.for(cases)(
    '$said → $told',
    async ({ said, told: expected, shelf: left }, { database, dataSource, receiver, engine }) => {
      const first: string[] = [];
      for (const line of said) first.push(...(await engine.submit(receiver.receive(line))));
      expect(first).toEqual(expected);
      expect(await receiver.stock()).toEqual(left);

      const another = await openReceiver(database, dataSource);
      engine.batches.length = 0;
      expect(await engine.submit(...said.map(another.receive))).toEqual(expected);
      expect(engine.batches).toEqual([said.length]);
      expect(await another.stock()).toEqual(left);
    },
  );
});

test('a record that exists keeps its description, and the log says what came for which reference', async ({
  database,
  receiver,
  engine,
}) => {
  await engine.submit(receiver.receive('P 5 of PO-1'));
  const again = receiver.receive('P 2 of PO-2');
  const changed = details('P', { location: 'B9', reorderLevel: 99, variantAttributes: {} });
  await engine.submit({ command: { ...again.command, details: changed } });
  const rows = await database.query(
    `SELECT r.location, r.reorder_level, r.variant_attributes, l.revision::int, l.action, l.on_hand_delta,
            l.reference, l.notes, l.actor
       FROM inventory_records AS r JOIN movement_log AS l ON l.merchant_id = r.merchant_id AND l.inventory_id = r.id
      WHERE r.merchant_id = $1 ORDER BY l.revision`,
    [receiver.merchantId],
  );
  const record = { location: 'A1', reorder_level: 3, variant_attributes: { colour: 'red' } };
  const entry = { action: 'RECEIVED', notes: 'delivered', actor: 'ann' };
  expect(rows).toEqual([
    { ...record, ...entry, revision: 1, on_hand_delta: 5, reference: 'PO-1' },
    { ...record, ...entry, revision: 2, on_hand_delta: 2, reference: 'PO-2' },
  ]);
});

test('SKU and warehouse tell records apart', async ({ receiver, engine }) => {
  const said = [
    details('P'),
    details('P', { skuId: 'S' }),
    details('P', { warehouseId: 'wh_2' }),
    details('P'),
  ];
  const submissions = said.map((of): Submission => {
    const { command } = receiver.receive('P 1');
    return { command: { ...command, details: of } };
  });
  expect(await engine.submit(...submissions)).toEqual(['created', 'created', 'created', 'restocked']);
});

test('along with commands that create the same product', async ({ receiver, engine }) => {
  expect(
    await engine.submit(
      receiver.create('P'),
      receiver.receive('P 4'),
      receiver.receive('Q 4'),
      receiver.create('Q'),
    ),
  ).toEqual(['done', 'restocked', 'created', 'INVENTORY_ALREADY_EXISTS']);
  expect(await receiver.stock()).toEqual({ P: 5, Q: 4 });
});

test('another merchant has its own records', async ({ database, dataSource, receiver, engine }) => {
  await engine.submit(receiver.receive('P 5'));
  const another = await openReceiver(database, dataSource);
  expect(await engine.submit(another.receive('P 1'))).toEqual(['created']);
  expect(await another.stock()).toEqual({ P: 1 });
});

test('a description without its stock level, as from a damaged backup, is refused and not repaired by chance', async ({
  database,
  receiver,
  engine,
}) => {
  await engine.submit(receiver.receive('P 5'));
  await database.query('DELETE FROM stock_levels WHERE merchant_id = $1', [receiver.merchantId]);
  expect(await engine.submit(receiver.receive('P 1'), receiver.receive('Q 1'))).toEqual([
    'INVENTORY_NOT_FOUND',
    'created',
  ]);
});

describe('two processes at the same time', () => {
  const products = Array.from({ length: 300 }, (_, i) => `P${i}`);

  test('receive the same new products: each is created once, all units are there', async ({
    receiver,
    engine,
    other,
  }) => {
    const lines = () => products.map((product) => receiver.receive(`${product} 2`));
    const [a, b] = await Promise.all([engine.submit(...lines()), other.submit(...lines())]);
    const pairs = products.map((_, i) => [a[i], b[i]].sort().join(' '));
    expect(new Set(pairs)).toEqual(new Set(['created restocked']));
    expect(await receiver.stock()).toEqual(Object.fromEntries(products.map((product) => [product, 4])));
  });

  test('under the same keys: each line happens once', async ({ receiver, engine, other }) => {
    await engine.submit(...products.slice(0, 150).map((product) => receiver.receive(`${product} 1`)));
    const lines = () => products.map((product, i) => receiver.receive(`${product} 2 key k${i}`));
    const [a, b] = await Promise.all([engine.submit(...lines()), other.submit(...lines())]);
    const outcomes = products.map((_, i) => [a[i], b[i]].sort().join(' '));
    expect(outcomes.slice(0, 150)).toEqual(Array.from({ length: 150 }, () => 'restocked restocked!'));
    expect(outcomes.slice(150)).toEqual(Array.from({ length: 150 }, () => 'created created!'));
    expect(Object.values(await receiver.stock())).toEqual(products.map(() => expect.toBeOneOf([2, 3])));
  });

  test('in batches of different sizes: a process that meets one rival after another loses no command', async ({
    start,
    receiver,
  }) => {
    const small = await start({ limits: { batchCommandsMax: 20 } });
    const large = await start({ limits: { attemptsMax: 2, engineLanes: 1 } });
    const lines = () => products.map((product) => receiver.receive(`${product} 2`));
    const [a, b] = await Promise.all([small.submit(...lines()), large.submit(...lines())]);
    const pairs = products.map((_, i) => [a[i], b[i]].sort().join(' '));
    expect(new Set(pairs)).toEqual(new Set(['created restocked']));
    expect(large.batches).toEqual([products.length]);
  });

  test('in opposite order, many times: no two processes wait for each other', async ({
    receiver,
    engine,
    other,
  }) => {
    engine.retries.length = 0;
    other.retries.length = 0;
    for (let round = 0; round < 30; round++) {
      const some = Array.from({ length: 20 }, (_, i) => receiver.receive(`R${round}-${i} 1`));
      const reversed = Array.from({ length: 20 }, (_, i) => receiver.receive(`R${round}-${19 - i} 1`));
      const told = await Promise.all([engine.submit(...some), other.submit(...reversed)]);
      expect(told.flat().filter((said) => said === 'created')).toHaveLength(20);
      expect(told.flat().filter((said) => said === 'restocked')).toHaveLength(20);
    }
    expect([...engine.retries, ...other.retries]).not.toContain('40P01');
    expect(new Set(Object.values(await receiver.stock()))).toEqual(new Set([2]));
  });
});

test('a record that somebody else has locked holds up its own commands only', async ({
  dataSource,
  receiver,
  engine,
  other,
}) => {
  await engine.submit(receiver.receive('P 1'));
  const blocker = dataSource.createQueryRunner();
  await blocker.connect();
  await blocker.startTransaction();
  await blocker.query('SELECT 1 FROM stock_levels WHERE merchant_id = $1 FOR UPDATE', [receiver.merchantId]);
  const [p, q] = ['P 1', 'Q 1'].map((line) => other.submit(receiver.receive(line)));
  expect(await q).toEqual(['created']);
  expect(await engine.submit(receiver.receive('Q 1'))).toEqual(['restocked']);
  await blocker.commitTransaction();
  await blocker.release();
  expect(await p).toEqual(['restocked']);
  expect(await receiver.stock()).toEqual({ P: 2, Q: 2 });
});
