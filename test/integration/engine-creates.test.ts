import { describe, expect } from 'vitest';
import type { RecordDetails } from '../../src/domain/inventory-record.js';
import type { Submission } from '../../src/engine/submission.js';
import { PATIENT, withProxy } from '../support/engine-fixtures.js';
import { Shelf } from '../support/engine-stage.js';
import type { FaultEffect } from '../support/tcp-proxy.js';

const plain: Omit<RecordDetails, 'productId'> = {
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
};

let ids = 0;

/** Records that are added. There is no row to lock yet, so constraints must keep two from being created. */
const test = withProxy.extend('products', ({ database, shelf }) => ({
  /** Creates a record under a new id, as the service does. */
  create(productId: string, of: { key?: string; notes?: string; qty?: number } = {}): Submission {
    const { key, notes = '', qty: initialQty = 7 } = of;
    const details = { productId, ...plain };
    return shelf.submission({ kind: 'create_record', id: `new_${++ids}`, initialQty, details, notes }, key);
  },
  /** Those that were created, with their units by counter and by log. */
  async created(): Promise<string[]> {
    const rows = await database.query<{ record: string }>(
      `SELECT product_id || ' ' || on_hand_qty || ' ' || (
                SELECT string_agg(action || on_hand_delta, ' ') FROM movement_log
                 WHERE merchant_id = s.merchant_id AND inventory_id = s.id) AS record
         FROM stock_levels AS s JOIN inventory_records AS r USING (merchant_id, id)
        WHERE merchant_id = $1 AND id LIKE 'new%' ORDER BY 1`,
      [shelf.merchantId],
    );
    await shelf.happened();
    return rows.map((row) => row.record);
  },
}));

describe('the connection breaks', () => {
  test.for<[string, FaultEffect, boolean]>([
    // [at which message, how it breaks, whether the engine has to do it again]
    ['START TRANSACTION', 'cut', true],
    ['find_inventory_records', 'cut', true],
    ['insert_stock_levels', 'cut', true],
    ['insert_inventory_records', 'cut', true],
    ['COMMIT', 'cut', true],
    // It was done, though the answer is lost: the engine neither does it again nor refuses it as its own duplicate.
    ['COMMIT', 'cut after', false],
  ])('at %s, %s: created once, and told so', async ([at, effect, again], { products, engine, proxy }) => {
    const broken = proxy.failNext(at, effect);
    expect(await engine.submit(products.create('p1'))).toEqual(['done']);
    await broken;
    expect(engine.retries).toHaveLength(again ? 1 : 0);
    expect(await products.created()).toEqual(['p1 7 RECEIVED7']);
    expect(await engine.submit(products.create('p1'))).toEqual(['INVENTORY_ALREADY_EXISTS']);
  });

  test('COMMIT, cut immediately: created once, no matter who wins', async ({ products, engine, proxy }) => {
    for (let round = 1; round <= 10; round++) {
      const broken = proxy.failNext('COMMIT', 'cut at once');
      expect(await engine.submit(products.create(`p${round}`))).toEqual(['done']);
      await broken;
    }
    expect(await products.created()).toHaveLength(10);
  });

  test('a batch of several, and its COMMIT goes unanswered: each caller has its own answer', async ({
    shelf,
    products,
    engine,
    other,
    proxy,
  }) => {
    const broken = proxy.failNext('COMMIT', 'cut after');
    const batch = [
      products.create('p1', { key: 'a' }),
      products.create('p1', { key: 'b' }),
      shelf.reserve(3),
      products.create('p2', { qty: 0 }),
      products.create('p3', { qty: -1 }),
    ];
    const answers = ['done', 'INVENTORY_ALREADY_EXISTS', '3 reserved', 'done', 'NEGATIVE_STOCK'];
    expect(await engine.submit(...batch)).toEqual(answers);
    await broken;
    expect(engine.batches).toEqual([5]);
    expect(engine.retries).toEqual([]);
    expect(await products.created()).toEqual(['p1 7 RECEIVED7', 'p2 0 RECEIVED0']);
    expect(await other.submit(batch[0]!, batch[1]!)).toEqual(['done!', 'INVENTORY_ALREADY_EXISTS!']);
  });

  test.for<[FaultEffect, string, number]>([
    // A record that is not there cannot be locked, so the question first waits for its creation.
    ['cut', 'await_creation', 1],
    ['cut', 'find_movement', 1],
    ['cut after', 'lock_stock_levels', 0],
    ['cut after', 'find_movement', 0],
  ])(
    'at COMMIT, %s, and the question about it at %s: created once',
    async ([effect, at, again], { products, engine, proxy }) => {
      const broken = [proxy.failNext('COMMIT', effect)];
      void broken[0]!.then(() => broken.push(proxy.failNext(at, 'cut')));
      expect(await engine.submit(products.create('p1'))).toEqual(['done']);
      await Promise.all(broken);
      expect(broken).toHaveLength(2);
      expect(engine.retries).toHaveLength(again);
      expect(await products.created()).toEqual(['p1 7 RECEIVED7']);
    },
  );
});

describe('a COMMIT that the server is still busy with', () => {
  test('the question about a record that is not there yet waits for the COMMIT to end', async ({
    products,
    patient,
    proxy,
    gate,
  }) => {
    const answers = patient.submit(products.create('p1', { key: 'k', notes: 'slow' }));
    await gate.untilWaiting('COMMIT');
    proxy.goDown();
    proxy.comeBack();
    // There is no record to lock. Adding one waits for the transaction that is adding the same.
    await gate.untilWaiting('INSERT INTO stock_levels');
    expect(await products.created()).toEqual([]);
    await gate.open();
    expect(await answers).toEqual(['done']);
    expect(patient.retries).toEqual([]);
    expect(await products.created()).toEqual(['p1 7 RECEIVED7']);
  });

  test('another that creates the same waits, too, and then finds it', async ({
    products,
    patient,
    start,
    gate,
  }) => {
    const other = await start(PATIENT);
    const first = patient.submit(products.create('p1', { notes: 'slow' }));
    await gate.untilWaiting('COMMIT');
    const second = other.submit(products.create('p1'));
    await gate.untilWaiting('INSERT INTO inventory_records');
    await gate.open();
    expect(await first).toEqual(['done']);
    expect(await second).toEqual(['INVENTORY_ALREADY_EXISTS']);
    expect(other.retries).toEqual(['23505']);
    expect(await products.created()).toEqual(['p1 7 RECEIVED7']);
  });
});

describe('two engines create the same product, SKU and warehouse at the same time', () => {
  test('one by one: one wins, the other learns that it exists', async ({ products, engine, other }) => {
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all([
        engine.submit(products.create(`p${round}`)),
        other.submit(products.create(`p${round}`)),
      ]);
      expect(answers.flat().sort()).toEqual(['INVENTORY_ALREADY_EXISTS', 'done']);
    }
    expect(await products.created()).toHaveLength(40);
  });

  test('many in opposite order, along with the stock of others: no deadlock', async ({
    shelf,
    products,
    engine,
    other,
  }) => {
    const names = Array.from({ length: 60 }, (_, i) => `p${i}`);
    const both = (order: readonly string[]): Submission[] =>
      order.flatMap((name) => [products.create(name), shelf.reserve(1, { reference: name })]);
    const answers = await Promise.all([
      engine.submit(...both(names)),
      other.submit(...both([...names].reverse())),
    ]);
    const outcomes = answers.flat().filter((answer) => !answer.endsWith('reserved'));
    expect(outcomes.filter((answer) => answer === 'done')).toHaveLength(60);
    expect(outcomes.filter((answer) => answer === 'INVENTORY_ALREADY_EXISTS')).toHaveLength(60);
    expect([...engine.retries, ...other.retries].filter((code) => code !== '23505')).toEqual([]);
    expect(await products.created()).toHaveLength(60);
    expect((await shelf.happened()).reserved[0]).toBe(120);
  });

  test('the same identity of two merchants is two records', async ({
    database,
    dataSource,
    products,
    engine,
  }) => {
    const theirs = await new Shelf(database, dataSource).fill();
    const mine = products.create('p1');
    const command = { ...mine.command, merchantId: theirs.merchantId };
    expect(await engine.submit(mine, { command })).toEqual(['done', 'done']);
    expect(await products.created()).toEqual(['p1 7 RECEIVED7']);
  });
});
