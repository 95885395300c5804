import { describe, expect } from 'vitest';
import { ORDER_RECORDS_MAX } from '../../src/domain/decisions/held-units.js';
import type { Submission } from '../../src/engine/submission.js';
import { applyAll } from '../support/apply.js';
import type { TestDatabase } from '../support/database.js';
import { test as base } from '../support/engine-fixtures.js';
import { Shelf, told } from '../support/engine-stage.js';
import { untilWaiting } from '../support/waiting.js';

const ofProduct = (productId: string, qty: number) =>
  ({ index: 0, qty, of: { productId }, warehouseIds: [], split: true }) as const;
const details = {
  productId: 'inv_1',
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 0,
  reorderQty: 0,
  variantAttributes: {},
};

/** 200 units each of inv_1 and inv_2, and commands for orders. */
class Orders extends Shelf {
  readonly take = (id: string, qty: number, reference = 'A'): Submission =>
    this.reserve(qty, { id, reference });
  readonly end = (kind: 'release_order' | 'confirm_order', reference = 'A', key?: string): Submission =>
    this.submission({ kind, reference, notes: '' }, key);
  readonly set = (units: Readonly<Record<string, number>>, key?: string): Submission => {
    const lines = Object.entries(units).map(([id, qty]) => ({ id, qty }));
    return this.submission({ kind: 'set_order', reference: 'A', lines, notes: '' }, key);
  };
  readonly order = (...units: [string, number][]): Submission => {
    const lines = units.map(([id, qty]) => ({ id, qty }));
    const open = { ttlSeconds: undefined, allowPartial: false };
    return this.submission({ kind: 'reserve_order', reference: 'A', lines, notes: '', ...open });
  };
}

/** Orders on the real engine. Only the database knows what they hold, and that may change before it is locked. */
const test = base
  .extend('orders', ({ database, dataSource }) => new Orders(database, dataSource).fill())
  /** Lets the engine look at the order, and wait for inv_1; meanwhile the other one executes the rivals. */
  .extend(
    'meanwhile',
    ({ database, orders, engine, other, session }) =>
      async (commands: Submission[], ...rivals: Submission[]): Promise<string[]> => {
        await session.run('BEGIN');
        await session.run("SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id = 'inv_1' FOR UPDATE", [
          orders.merchantId,
        ]);
        const answers = engine.submit(...commands);
        await untilWaiting(database);
        await other.submit(...rivals);
        await session.run('COMMIT');
        return answers;
      },
  );

describe('an order that changes while its records are being locked', () => {
  test.for([
    ['release_order', [200, 200]],
    ['confirm_order', [197, 195]],
  ] as const)(
    '%s: it gains a record; all of it ends, and once',
    async ([kind, onHand], { database, orders, engine, other, meanwhile }) => {
      await engine.submit(orders.take('inv_1', 3));
      expect(await meanwhile([orders.end(kind, 'A', 'k')], orders.take('inv_2', 5))).toEqual([
        '0 0 reserved',
      ]);
      expect(await orders.held()).toEqual([]);
      expect(await orders.happened()).toEqual({ reserved: [0, 0], entries: 4, keys: 1 });
      const rows = await database.query<{ qty: number }>(
        'SELECT on_hand_qty AS qty FROM stock_levels WHERE merchant_id = $1 ORDER BY id',
        [orders.merchantId],
      );
      expect(rows.map((row) => row.qty)).toEqual(onHand);
      expect(await other.submit(orders.end(kind, 'A', 'k'))).toEqual(['0 0 reserved!']);
    },
  );

  test('set_order: it gains a record meanwhile; that is released with the rest', async ({
    orders,
    engine,
    other,
    meanwhile,
  }) => {
    await engine.submit(orders.take('inv_1', 3));
    const answers = await meanwhile([orders.set({ inv_1: 1 }, 'k')], orders.take('inv_2', 5));
    expect(answers).toEqual(['1 0 reserved']);
    expect(await orders.held()).toEqual(['inv_1: A=1']);
    expect(await orders.happened()).toEqual({ reserved: [1, 0], entries: 4, keys: 1 });
    expect(await other.submit(orders.set({ inv_1: 1 }, 'k'))).toEqual(['1 0 reserved!']);
  });

  test('set_order: rivals take what it lets go of, and not what it keeps', async ({
    orders,
    engine,
    other,
    meanwhile,
  }) => {
    await engine.submit(orders.take('inv_1', 200), orders.take('inv_2', 200));
    const rivals = orders.take('inv_2', 1, 'B');
    expect(await meanwhile([orders.set({ inv_1: 200, inv_2: 199 })], rivals)).toEqual(['200 199 reserved']);
    expect(await other.submit(orders.take('inv_2', 1, 'B'), orders.take('inv_1', 1, 'B'))).toEqual([
      '200 reserved',
      'INSUFFICIENT_STOCK',
    ]);
  });

  test('a line by product: a record that is created meanwhile may be chosen, too', async ({
    orders,
    engine,
    meanwhile,
  }) => {
    await engine.submit(orders.take('inv_1', 200, 'B'));
    const create = orders.submission({
      kind: 'create_record',
      id: 'inv_new',
      initialQty: 9,
      details: { ...details, warehouseId: 'other' },
      notes: '',
    });
    const line = orders.submission({
      kind: 'reserve_order',
      reference: 'A',
      lines: [],
      sourced: [ofProduct('inv_1', 3)],
      notes: '',
      allowPartial: false,
    });
    expect(await meanwhile([line], create)).toEqual(['3 reserved']);
    expect(await orders.held()).toEqual(['inv_1: B=200', 'inv_new: A=3']);
  });

  test('a line by product waits for a record that it may choose, and finds what rivals have left', async ({
    orders,
    meanwhile,
  }) => {
    const rivals = orders.take('inv_2', 198, 'B');
    const two = orders.submission({
      kind: 'reserve_order',
      reference: 'A',
      lines: [],
      sourced: ['inv_1', 'inv_2'].map((productId, index) => ({ ...ofProduct(productId, 3), index })),
      notes: '',
      allowPartial: true,
    });
    expect(await meanwhile([two], rivals)).toEqual(['3 200 reserved']);
    expect(await orders.held()).toEqual(['inv_1: A=3', 'inv_2: B=198 A=2']);
  });

  test('it loses one of two: the other ends, without another try', async ({ orders, engine, meanwhile }) => {
    await engine.submit(orders.take('inv_1', 3), orders.take('inv_2', 5));
    const release = orders.release('inv_2', 5, 'A');
    expect(await meanwhile([orders.end('release_order')], release)).toEqual(['0 reserved']);
    // Except for the short wait with a record locked, which may have been too short.
    expect(engine.retries.filter((state) => state !== '55P03')).toEqual([]);
    expect(await orders.happened()).toMatchObject({ reserved: [0, 0], entries: 4 });
  });

  test('it gains units of a record that it holds already: those end, too', async ({
    orders,
    engine,
    meanwhile,
  }) => {
    await engine.submit(orders.take('inv_1', 3), orders.take('inv_2', 5));
    expect(await meanwhile([orders.end('release_order')], orders.take('inv_2', 4))).toEqual(['0 0 reserved']);
    expect(engine.retries.filter((state) => state !== '55P03')).toEqual([]);
    expect(await orders.happened()).toMatchObject({ reserved: [0, 0] });
  });

  test('others of its batch do not wait for it', async ({ orders, engine, meanwhile }) => {
    await engine.submit(orders.take('inv_1', 3));
    const batch = [orders.take('inv_1', 1, 'B'), orders.end('release_order'), orders.take('inv_none', 1)];
    const answers = await meanwhile(batch, orders.take('inv_2', 5));
    expect(answers).toEqual(['4 reserved', '1 0 reserved', 'INVENTORY_NOT_FOUND']);
    expect(engine.batches).toEqual([1, 3, 1, 1]);
    expect(await orders.happened()).toMatchObject({ reserved: [1, 0] });
  });
});

describe('an order within one batch', () => {
  test.for<[string, (orders: Orders) => Submission[], string[]]>([
    [
      'reserved and released',
      ({ order, end }) => [order(['inv_1', 1], ['inv_2', 2]), end('release_order')],
      ['1 2 reserved', '0 0 reserved'],
    ],
    [
      'released twice',
      ({ order, end }) => [order(['inv_1', 1]), end('release_order'), end('release_order')],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_RELEASED'],
    ],
    [
      'confirmed, then released',
      ({ order, end }) => [order(['inv_1', 1]), end('confirm_order'), end('release_order')],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_CONFIRMED'],
    ],
    [
      'drawn by others',
      (orders) => [orders.order(['inv_1', 1]), orders.release('inv_1', 1), orders.end('confirm_order')],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_RELEASED'],
    ],
    [
      'reserved again after its end',
      ({ order, end }) => [
        order(['inv_1', 1]),
        end('confirm_order'),
        order(['inv_2', 2]),
        end('release_order'),
      ],
      ['1 reserved', '0 reserved', '2 reserved', '0 reserved'],
    ],
    [
      'set, set to something else, and to nothing',
      ({ set }) => [set({ inv_1: 1, inv_2: 2 }), set({ inv_2: 3 }), set({ inv_2: 3 }), set({})],
      ['1 2 reserved', '3 0 reserved', '3 reserved', '0 reserved'],
    ],
    [
      'set, added to, released',
      ({ order, end, set }) => [
        set({ inv_2: 2 }),
        order(['inv_1', 1]),
        end('release_order'),
        set({ inv_1: 201 }),
        set({}),
      ],
      ['2 reserved', '1 reserved', '0 0 reserved', 'INSUFFICIENT_STOCK', ' reserved'],
    ],
    [
      'never held, and short',
      ({ order, end }) => [end('release_order'), order(['inv_1', 201]), end('confirm_order')],
      ['ORDER_NOT_HELD', 'INSUFFICIENT_STOCK', 'ORDER_NOT_HELD'],
    ],
  ])('%s: as one by one', async ([_, commands, answers], { database, dataSource, orders, engine }) => {
    expect(await engine.submit(...commands(orders))).toEqual(answers);
    expect(engine.batches).toHaveLength(1);
    expect(await orders.held()).toEqual([]);
    await orders.happened();
    const single: string[] = [];
    const others = await new Orders(database, dataSource).fill();
    for (const command of commands(others)) single.push(...(await engine.submit(command)));
    expect(single).toEqual(answers);
  });
});

test('orders of a batch end the oldest holds; a draw of any after them finds those that are behind', async ({
  dataSource,
  orders,
  engine,
}) => {
  const references = ['A', 'B', 'C', 'D', 'E'];
  for (const reference of references) await engine.submit(orders.take('inv_1', 1, reference));
  const any = orders.release('inv_1', 1);
  const batch = ['A', 'B', 'C'].map((reference) => orders.end('release_order', reference));
  // In one transaction: an engine that read too few holds would split the batch, and the test would not notice.
  const answers = (await applyAll(dataSource, [...batch, any], 500)).map(told);
  expect(answers).toEqual(['4', '3', '2', '1'].map((left) => `${left} reserved`));
  expect(await orders.held()).toEqual(['inv_1: E=1']);
});

describe('an order of very many records', () => {
  /** Adds that many records, each with 1 unit, held for A. */
  async function hold(database: TestDatabase, merchantId: string, count: number): Promise<void> {
    const values = [merchantId, count];
    await database.query(
      `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
       SELECT $1, 'r' || n, 1, 1, 2 FROM generate_series(1, $2::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id)
       SELECT $1, 'r' || n, 'r' || n, 'main' FROM generate_series(1, $2::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT $1, 'r' || n, 'A', 1, 2 FROM generate_series(1, $2::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, reference, actor, batch_id)
       SELECT $1, 'r' || n, r, CASE r WHEN 1 THEN 'RECEIVED' ELSE 'RESERVED' END, 2 - r, r - 1,
              CASE r WHEN 2 THEN 'A' END, 'bob', gen_random_uuid()
         FROM generate_series(1, $2::int) AS n, generate_series(1, 2) AS r`,
      values,
    );
  }

  test('more than it may have: refused as a whole, and record by record it ends', async ({
    database,
    orders,
    engine,
  }) => {
    await hold(database, orders.merchantId, ORDER_RECORDS_MAX + 1);
    const rest = orders.take('inv_1', 1, 'B');
    const commands = [
      orders.end('release_order'),
      rest,
      orders.set({ inv_1: 1 }),
      orders.end('confirm_order'),
    ];
    const refused = 'VALIDATION_FAILED';
    expect(await engine.submit(...commands)).toEqual([refused, '1 reserved', refused, refused]);
    expect(await orders.happened()).toMatchObject({ entries: 1 });
    const one = orders.release('r1', 1, 'A');
    expect(await engine.submit(one)).toEqual(['0 reserved']);
    // Now it has as many as it may.
    const [answer] = await engine.submit(orders.end('confirm_order'));
    expect(answer).toMatch(/^(0 ){5000}reserved$/);
    expect(await orders.held()).toEqual(['inv_1: B=1']);
    expect(await orders.happened()).toMatchObject({ entries: 2 + ORDER_RECORDS_MAX });
  });
});
