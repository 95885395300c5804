import type { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ORDER_RECORDS_MAX } from '../../src/domain/decisions/held-units.js';
import { applyAll } from '../support/apply.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { NEVER, Session, Shelf, startEngine, type TestEngine, told } from '../support/engine-stage.js';
import { until } from '../support/process.js';

/** Orders on the real engine. Only the database knows what they hold, and that may change before it is locked. */
let database: TestDatabase;
let judge: DataSource;
let engine: TestEngine;
let other: TestEngine;
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
  [engine, other] = await Promise.all([startEngine(database.url), startEngine(database.url)]);
  // 200 units each of inv_1 and inv_2.
  shelf = await new Shelf(database, judge).fill();
});
afterEach(() => Promise.all([engine?.close(), other?.close()]));

type Submission = ReturnType<Shelf['reserve']>;

async function submit(on: TestEngine, ...submissions: Submission[]): Promise<string[]> {
  return (await Promise.all(submissions.map((s) => on.engine.submit(s, NEVER)))).map(told);
}

const reserve = (id: string, qty: number, reference = 'A'): Submission =>
  shelf.reserve(qty, { id, reference });
const end = (kind: 'release_order' | 'confirm_order', reference = 'A', key?: string): Submission =>
  shelf.submission({ kind, reference, notes: '' }, key);

const set = (lines: Readonly<Record<string, number>>, key?: string): Submission =>
  shelf.submission(
    {
      kind: 'set_order',
      reference: 'A',
      lines: Object.entries(lines).map(([id, qty]) => ({ id, qty })),
      notes: '',
    },
    key,
  );

const ofProduct = (productId: string, qty: number) =>
  ({ index: 0, qty, of: { productId }, warehouseIds: [], split: true }) as const;
const source = (reference: string, productId: string, qty: number): Submission =>
  shelf.submission({
    kind: 'reserve_order',
    reference,
    lines: [],
    sourced: [ofProduct(productId, qty)],
    notes: '',
    allowPartial: false,
  });
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

describe('an order that changes while its records are being locked', () => {
  let session: Session;
  beforeEach(async () => {
    session = await Session.open(database.url);
  });
  afterEach(() => session?.close());

  /** Lets the engine look at the order, and wait for inv_1; meanwhile something happens. */
  async function meanwhile(commands: Submission[], happening: () => Promise<unknown>): Promise<string[]> {
    await session.run('BEGIN');
    await session.run("SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id = 'inv_1' FOR UPDATE", [
      shelf.merchantId,
    ]);
    const answers = submit(engine, ...commands);
    await until('a blocked backend', async () => {
      const rows = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
            AND application_name = 'holdfast'`,
      );
      return rows.length > 0;
    });
    await happening();
    await session.run('COMMIT');
    return answers;
  }

  test.each([
    ['release_order', [200, 200]],
    ['confirm_order', [197, 195]],
  ] as const)('%s: it gains a record; all of it ends, and once', async (kind, onHand) => {
    await submit(engine, reserve('inv_1', 3));
    expect(await meanwhile([end(kind, 'A', 'k')], () => submit(other, reserve('inv_2', 5)))).toEqual([
      '0 0 reserved',
    ]);
    expect(await shelf.held()).toEqual([]);
    expect(await shelf.happened()).toEqual({ reserved: [0, 0], entries: 4, keys: 1 });
    const rows = await database.query<{ qty: number }>(
      'SELECT on_hand_qty AS qty FROM stock_levels WHERE merchant_id = $1 ORDER BY id',
      [shelf.merchantId],
    );
    expect(rows.map((row) => row.qty)).toEqual(onHand);
    expect(await submit(other, end(kind, 'A', 'k'))).toEqual(['0 0 reserved!']);
  });

  test('set_order: it gains a record meanwhile; that is released with the rest', async () => {
    await submit(engine, reserve('inv_1', 3));
    const answers = await meanwhile([set({ inv_1: 1 }, 'k')], () => submit(other, reserve('inv_2', 5)));
    expect(answers).toEqual(['1 0 reserved']);
    expect(await shelf.held()).toEqual(['inv_1: A=1']);
    expect(await shelf.happened()).toEqual({ reserved: [1, 0], entries: 4, keys: 1 });
    expect(await submit(other, set({ inv_1: 1 }, 'k'))).toEqual(['1 0 reserved!']);
  });

  test('set_order: rivals take what it lets go of, and not what it keeps', async () => {
    await submit(engine, reserve('inv_1', 200), reserve('inv_2', 200));
    const rivals = () => submit(other, reserve('inv_2', 1, 'B'));
    expect(await meanwhile([set({ inv_1: 200, inv_2: 199 })], rivals)).toEqual(['200 199 reserved']);
    expect(await submit(other, reserve('inv_2', 1, 'B'), reserve('inv_1', 1, 'B'))).toEqual([
      '200 reserved',
      'INSUFFICIENT_STOCK',
    ]);
  });

  test('a line by product: a record that is created meanwhile may be chosen, too', async () => {
    await submit(engine, reserve('inv_1', 200, 'B'));
    const create = shelf.submission({
      kind: 'create_record',
      id: 'inv_new',
      initialQty: 9,
      details: { ...details, warehouseId: 'other' },
      notes: '',
    });
    expect(await meanwhile([source('A', 'inv_1', 3)], () => submit(other, create))).toEqual(['3 reserved']);
    expect(await shelf.held()).toEqual(['inv_1: B=200', 'inv_new: A=3']);
  });

  test('a line by product waits for a record that it may choose, and finds what rivals have left', async () => {
    const rivals = () => submit(other, reserve('inv_2', 198, 'B'));
    const two = shelf.submission({
      kind: 'reserve_order',
      reference: 'A',
      lines: [],
      sourced: ['inv_1', 'inv_2'].map((productId, index) => ({ ...ofProduct(productId, 3), index })),
      notes: '',
      allowPartial: true,
    });
    expect(await meanwhile([two], rivals)).toEqual(['3 200 reserved']);
    expect(await shelf.held()).toEqual(['inv_1: A=3', 'inv_2: B=198 A=2']);
  });

  test('it loses one of two: the other ends, without another try', async () => {
    await submit(engine, reserve('inv_1', 3), reserve('inv_2', 5));
    const release = shelf.submission({ kind: 'release', id: 'inv_2', qty: 5, reference: 'A', notes: '' });
    expect(await meanwhile([end('release_order')], () => submit(other, release))).toEqual(['0 reserved']);
    // Except for the short wait with a record locked, which may have been too short.
    expect(engine.retries.filter((state) => state !== '55P03')).toEqual([]);
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0], entries: 4 });
  });

  test('it gains units of a record that it holds already: those end, too', async () => {
    await submit(engine, reserve('inv_1', 3), reserve('inv_2', 5));
    expect(await meanwhile([end('release_order')], () => submit(other, reserve('inv_2', 4)))).toEqual([
      '0 0 reserved',
    ]);
    expect(engine.retries.filter((state) => state !== '55P03')).toEqual([]);
    expect(await shelf.happened()).toMatchObject({ reserved: [0, 0] });
  });

  test('others of its batch do not wait for it', async () => {
    await submit(engine, reserve('inv_1', 3));
    const batch = [reserve('inv_1', 1, 'B'), end('release_order'), reserve('inv_none', 1)];
    const answers = await meanwhile(batch, () => submit(other, reserve('inv_2', 5)));
    expect(answers).toEqual(['4 reserved', '1 0 reserved', 'INVENTORY_NOT_FOUND']);
    expect(engine.batches).toEqual([1, 3, 1, 1]);
    expect(await shelf.happened()).toMatchObject({ reserved: [1, 0] });
  });
});

describe('an order within one batch', () => {
  const order = (...lines: [string, number][]): Submission =>
    shelf.submission({
      kind: 'reserve_order',
      reference: 'A',
      lines: lines.map(([id, qty]) => ({ id, qty })),
      notes: '',
      ttlSeconds: undefined,
      allowPartial: false,
    });

  test.each<[string, () => Submission[], string[]]>([
    [
      'reserved and released',
      () => [order(['inv_1', 1], ['inv_2', 2]), end('release_order')],
      ['1 2 reserved', '0 0 reserved'],
    ],
    [
      'released twice',
      () => [order(['inv_1', 1]), end('release_order'), end('release_order')],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_RELEASED'],
    ],
    [
      'confirmed, then released',
      () => [order(['inv_1', 1]), end('confirm_order'), end('release_order')],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_CONFIRMED'],
    ],
    [
      'drawn by others',
      () => [
        order(['inv_1', 1]),
        shelf.submission({ kind: 'release', id: 'inv_1', qty: 1, reference: '', notes: '' }),
        end('confirm_order'),
      ],
      ['1 reserved', '0 reserved', 'ORDER_ALREADY_RELEASED'],
    ],
    [
      'reserved again after its end',
      () => [order(['inv_1', 1]), end('confirm_order'), order(['inv_2', 2]), end('release_order')],
      ['1 reserved', '0 reserved', '2 reserved', '0 reserved'],
    ],
    [
      'set, set to something else, and to nothing',
      () => [set({ inv_1: 1, inv_2: 2 }), set({ inv_2: 3 }), set({ inv_2: 3 }), set({})],
      ['1 2 reserved', '3 0 reserved', '3 reserved', '0 reserved'],
    ],
    [
      'set, added to, released',
      () => [set({ inv_2: 2 }), order(['inv_1', 1]), end('release_order'), set({ inv_1: 201 }), set({})],
      ['2 reserved', '1 reserved', '0 0 reserved', 'INSUFFICIENT_STOCK', ' reserved'],
    ],
    [
      'never held, and short',
      () => [end('release_order'), order(['inv_1', 201]), end('confirm_order')],
      ['ORDER_NOT_HELD', 'INSUFFICIENT_STOCK', 'ORDER_NOT_HELD'],
    ],
  ])('%s: as one by one', async (_, commands, answers) => {
    expect(await submit(engine, ...commands())).toEqual(answers);
    expect(engine.batches).toHaveLength(1);
    expect(await shelf.held()).toEqual([]);
    await shelf.happened();
    const single: string[] = [];
    shelf = await new Shelf(database, judge).fill();
    for (const command of commands()) single.push(...(await submit(engine, command)));
    expect(single).toEqual(answers);
  });
});

test('orders of a batch end the oldest holds; a draw of any after them finds those that are behind', async () => {
  const references = ['A', 'B', 'C', 'D', 'E'];
  for (const reference of references) await submit(engine, reserve('inv_1', 1, reference));
  const any = shelf.submission({ kind: 'release', id: 'inv_1', qty: 1, reference: '', notes: '' });
  const batch = ['A', 'B', 'C'].map((reference) => end('release_order', reference));
  // In one transaction: an engine that read too few holds would split the batch, and the test would not notice.
  const answers = (await applyAll(judge, [...batch, any], 500)).map(told);
  expect(answers).toEqual(['4', '3', '2', '1'].map((left) => `${left} reserved`));
  expect(await shelf.held()).toEqual(['inv_1: E=1']);
});

describe('an order of very many records', () => {
  /** Adds these records, each with 1 unit, held for A. */
  async function hold(from: number, to: number): Promise<void> {
    const values = [shelf.merchantId, from, to];
    await database.query(
      `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
       SELECT $1, 'r' || n, 1, 1, 2 FROM generate_series($2::int, $3::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id)
       SELECT $1, 'r' || n, 'r' || n, 'main' FROM generate_series($2::int, $3::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT $1, 'r' || n, 'A', 1, 2 FROM generate_series($2::int, $3::int) AS n`,
      values,
    );
    await database.query(
      `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, reference, actor, batch_id)
       SELECT $1, 'r' || n, r, CASE r WHEN 1 THEN 'RECEIVED' ELSE 'RESERVED' END, 2 - r, r - 1,
              CASE r WHEN 2 THEN 'A' END, 'bob', gen_random_uuid()
         FROM generate_series($2::int, $3::int) AS n, generate_series(1, 2) AS r`,
      values,
    );
  }

  test('more than it may have: refused as a whole, and record by record it ends', async () => {
    await hold(1, ORDER_RECORDS_MAX + 1);
    const rest = reserve('inv_1', 1, 'B');
    const commands = [end('release_order'), rest, set({ inv_1: 1 }), end('confirm_order')];
    const refused = 'VALIDATION_FAILED';
    expect(await submit(engine, ...commands)).toEqual([refused, '1 reserved', refused, refused]);
    expect(await shelf.happened()).toMatchObject({ entries: 1 });
    const one = shelf.submission({ kind: 'release', id: 'r1', qty: 1, reference: 'A', notes: '' });
    expect(await submit(engine, one)).toEqual(['0 reserved']);
    // Now it has as many as it may.
    const [answer] = await submit(engine, end('confirm_order'));
    expect(answer).toMatch(/^(0 ){5000}reserved$/);
    expect(await shelf.held()).toEqual(['inv_1: B=1']);
    expect(await shelf.happened()).toMatchObject({ entries: 2 + ORDER_RECORDS_MAX });
  });
});
