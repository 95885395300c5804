import { describe, expect } from 'vitest';
import { ORDER_RECORDS_MAX } from '../../src/domain/decisions/held-units.js';
import { DRAW_HOLDS_MAX } from '../../src/domain/decisions/release-confirm.js';
import { SHORTFALL_HOLDS_MAX } from '../../src/domain/decisions/shortfall.js';
import { fetchBatch } from '../../src/engine/fetch/fetch.js';
import type { Submission } from '../../src/engine/submission.js';
import { inTransaction } from '../../src/store/connection/transaction.js';
import { applyAll } from '../support/apply.js';
import { type Shelf, told } from '../support/engine-stage.js';
import { test as base } from '../support/fixtures.js';

/** What a batch reads is bounded before it is read, whatever its commands ask for. */
const RECORD_HOLDS = 150;
const LINES_MAX = 500;

const test = base
  /** Adds records `r1`, `r2`, …, each with holds of 1 unit: of `o1`, `o2`, …, or one hold of the given reference. */
  .extend('hold', ({ database, shelf }) => async (records: number, holds: number, reference?: string) => {
    await database.query(
      `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
       SELECT $1, 'r' || n, $3, $3, $3 + 1 FROM generate_series(1, $2::int) AS n`,
      [shelf.merchantId, records, holds],
    );
    await database.query(
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT $1, 'r' || n, coalesce($4, 'o' || h), 1, h + 1
         FROM generate_series(1, $2::int) AS n, generate_series(1, $3::int) AS h`,
      [shelf.merchantId, records, holds, reference ?? null],
    );
  })
  /** `2 of 3 commands, 7 read_oldest_holds`: the commands that have room, and the rows that these statements read. */
  .extend(
    'fetched',
    ({ dataSource }) =>
      (submissions: readonly Submission[], ...statements: string[]) =>
        inTransaction(dataSource, async (tx) => {
          const rows = new Map<string, number>();
          const read = tx.read.bind(tx);
          tx.read = async (statement, values) => {
            const found = await read(statement, values);
            rows.set(statement.name, (rows.get(statement.name) ?? 0) + found.length);
            return found as never;
          };
          const batch = await fetchBatch(tx, submissions, LINES_MAX, 'skip');
          const counts = statements.map((name) => `, ${rows.get(name) ?? 0} ${name}`);
          return `${batch.submissions.length} of ${submissions.length} commands${counts.join('')}`;
        }),
  );

describe('holds that lose missing units', () => {
  const count = (shelf: Shelf, qty: number): Submission =>
    shelf.submission({
      kind: 'set_on_hand',
      id: 'r1',
      qty,
      reference: '',
      notes: '',
      expectedOnHandQty: undefined,
      releaseShortfall: true,
    });
  const damage = (shelf: Shelf, qty: number, releaseShortfall = true): Submission =>
    shelf.submission({
      kind: 'adjust',
      id: 'r1',
      qty: -qty,
      action: 'DAMAGED',
      reference: '',
      notes: '',
      expectedOnHandQty: undefined,
      releaseShortfall,
    });

  // 150 on hand, all of them reserved.
  test.beforeEach(({ hold }) => hold(1, RECORD_HOLDS));

  test.for<[string, (shelf: Shelf) => Submission[], string]>([
    ['none, unless asked for', (shelf) => [damage(shelf, 3, false)], '1 of 1 commands, 0'],
    ['as many as units are missing', (shelf) => [damage(shelf, 3)], '1 of 1 commands, 3'],
    ['of a count', (shelf) => [count(shelf, RECORD_HOLDS - 4)], '1 of 1 commands, 4'],
    ['none by a count that is right', (shelf) => [count(shelf, RECORD_HOLDS)], '1 of 1 commands, 0'],
    [
      'of several commands together',
      (shelf) => [damage(shelf, 3), count(shelf, RECORD_HOLDS - 4)],
      '2 of 2 commands, 7',
    ],
    [
      'behind one that ends by name before',
      (shelf) => [shelf.release('r1', 1, 'o150'), damage(shelf, 3)],
      '2 of 2 commands, 4',
    ],
    ['no more than there are', (shelf) => [damage(shelf, 1000)], '1 of 1 commands, 150'],
  ])('%s', async ([_, submissions, answer], { shelf, fetched }) => {
    expect(await fetched(submissions(shelf), 'read_newest_holds')).toBe(`${answer} read_newest_holds`);
  });

  test('available units go first, and leave the holds unread', async ({ database, shelf, fetched }) => {
    await database.query('UPDATE stock_levels SET on_hand_qty = on_hand_qty + 5 WHERE id = $1', ['r1']);
    expect(await fetched([damage(shelf, 5)], 'read_newest_holds')).toBe(
      '1 of 1 commands, 0 read_newest_holds',
    );
    const two = [damage(shelf, 3), damage(shelf, 4)];
    expect(await fetched(two, 'read_newest_holds')).toBe('2 of 2 commands, 2 read_newest_holds');
  });

  test('no command takes units from more holds than it may', async ({
    database,
    dataSource,
    shelf,
    hold,
  }) => {
    await database.query('DELETE FROM holds');
    await database.query('DELETE FROM stock_levels WHERE merchant_id = $1', [shelf.merchantId]);
    await hold(1, SHORTFALL_HOLDS_MAX + 1);
    const answers = await applyAll(dataSource, [damage(shelf, SHORTFALL_HOLDS_MAX + 1)], LINES_MAX);
    expect(answers).toMatchObject([
      {
        outcome: {
          rejection: {
            violations: [
              { field: 'qty', description: 'takes units from more than 1000 holds; take away less at once' },
            ],
          },
        },
      },
    ]);
  });
});

describe('holds for draws without a reference', () => {
  const each = (draw: (id: string) => readonly Submission[], records = 30): Submission[] =>
    Array.from({ length: records }, (_, i) => draw(`r${i + 1}`)).flat();

  test.beforeEach(({ hold }) => hold(30, RECORD_HOLDS));

  test.for<[string, (shelf: Shelf) => Submission[], string]>([
    [
      'more than is reserved',
      (shelf) => each((id) => [shelf.release(id, 2_147_483_647)]),
      '30 of 30 commands, 0',
    ],
    [
      'one more than is reserved',
      (shelf) => each((id) => [shelf.release(id, RECORD_HOLDS + 1)]),
      '30 of 30 commands, 0',
    ],
    ['of a record that is not there', (shelf) => [shelf.release('r0', 1)], '1 of 1 commands, 0'],
    ['two each', (shelf) => each((id) => [shelf.release(id, 2)]), '30 of 30 commands, 60'],
    // Each takes 10 lines for the command, and 75 for its holds.
    ['all, of each', (shelf) => each((id) => [shelf.release(id, RECORD_HOLDS)]), '5 of 30 commands, 750'],
    [
      'the first as refused',
      (shelf) => [shelf.release('r1', 151), ...each((id) => [shelf.release(id, 150)])],
      '6 of 31 commands, 750',
    ],
    [
      'twice all: the second is refused',
      (shelf) => [shelf.release('r1', 150), shelf.release('r1', 150)],
      '2 of 2 commands, 150',
    ],
    // inv_1 is reserved by a command of the batch: its hold is not in the table.
    [
      'what the batch has reserved',
      (shelf) => [shelf.reserve(5, { reference: 'A' }), shelf.release('inv_1', 5)],
      '2 of 2 commands, 0',
    ],
    [
      'by name',
      (shelf) => [shelf.release('r1', 1, 'o1'), shelf.release('r1', 1, 'o2')],
      '2 of 2 commands, 0',
    ],
    [
      'behind holds that are drawn by name before',
      (shelf) => [shelf.release('r1', 1, 'o1'), shelf.release('r1', 1, 'o2'), shelf.release('r1', 1)],
      '3 of 3 commands, 3',
    ],
  ])('%s', async ([_, submissions, answer], { shelf, fetched }) => {
    expect(await fetched(submissions(shelf), 'read_oldest_holds')).toBe(`${answer} read_oldest_holds`);
  });

  test('unreferenced units are drawn first, and leave the holds unread', async ({
    dataSource,
    shelf,
    fetched,
  }) => {
    await applyAll(dataSource, [shelf.reserve(5, { reference: '' }), shelf.reserve(5)], LINES_MAX);
    const draws = [shelf.release('inv_1', 3), shelf.release('inv_1', 2)];
    expect(await fetched(draws, 'read_oldest_holds')).toBe('2 of 2 commands, 0 read_oldest_holds');
    const more = [...draws, shelf.release('inv_1', 1)];
    expect(await fetched(more, 'read_oldest_holds')).toBe('3 of 3 commands, 1 read_oldest_holds');
    expect((await applyAll(dataSource, more, LINES_MAX)).map(told)).toEqual([
      '7 reserved',
      '5 reserved',
      '4 reserved',
    ]);
    expect(await shelf.held()).toContain('inv_1: A=4');
  });
});

describe('a draw of more holds than one may draw on', () => {
  test.beforeEach(({ hold }) => hold(2, DRAW_HOLDS_MAX * 2 + 1));

  test('is refused; one of as many, and the next, are not', async ({ dataSource, shelf }) => {
    const draws = [DRAW_HOLDS_MAX + 1, DRAW_HOLDS_MAX, DRAW_HOLDS_MAX].map((qty) => shelf.release('r1', qty));
    const executions = await applyAll(dataSource, draws, 10_000);
    expect(executions.map(told)).toEqual(['VALIDATION_FAILED', '1001 reserved', '1 reserved']);
  });

  test('is refused by the sum of the holds, and none is read', async ({
    database,
    dataSource,
    shelf,
    fetched,
  }) => {
    // The unreferenced units come first, and units reserved by commands before it count.
    const draws = [
      shelf.reserve(5, { id: 'r1', reference: '' }),
      shelf.reserve(2, { id: 'r1', reference: 'late' }),
      shelf.release('r1', DRAW_HOLDS_MAX + 10),
      shelf.release('r2', DRAW_HOLDS_MAX + 1),
      shelf.release('r2', 2 * DRAW_HOLDS_MAX),
    ];
    await database.query('UPDATE stock_levels SET on_hand_qty = 5000 WHERE merchant_id = $1', [
      shelf.merchantId,
    ]);
    expect(await fetched(draws, 'sum_oldest_holds', 'read_oldest_holds')).toBe(
      '5 of 5 commands, 2 sum_oldest_holds, 0 read_oldest_holds',
    );
    const executions = await applyAll(dataSource, draws, LINES_MAX);
    const refused = ['VALIDATION_FAILED', 'VALIDATION_FAILED', 'VALIDATION_FAILED'];
    expect(executions.map(told)).toEqual(['2006 reserved', '2008 reserved', ...refused]);
  });

  test('may be of more units, if they are in fewer holds', async ({ database, dataSource, shelf }) => {
    await database.query(
      'UPDATE stock_levels SET on_hand_qty = 9000, reserved_qty = 4001 WHERE merchant_id = $1',
      [shelf.merchantId],
    );
    await database.query(
      `UPDATE holds SET qty = 2001 WHERE merchant_id = $1 AND opened_revision = ${DRAW_HOLDS_MAX}`,
      [shelf.merchantId],
    );
    const draws = [shelf.release('r1', 3000), shelf.release('r1', 1000)];
    expect((await applyAll(dataSource, draws, LINES_MAX)).map(told)).toEqual(['1001 reserved']);
    expect((await applyAll(dataSource, draws.slice(1), LINES_MAX)).map(told)).toEqual(['1 reserved']);
  });
});

describe('records of orders that are ended', () => {
  test('the batch is cut before the order that has no room', async ({ dataSource, shelf, hold, fetched }) => {
    await hold(400, 1, 'A');
    // An order that ends counts with its records: 400; B, C and D hold nothing, and count as one line each.
    const batch = ['B', 'A', 'C', 'A', 'D'].map((reference) => shelf.releaseOrder(reference));
    expect(await fetched(batch, 'lock_free_stock_levels')).toBe(
      '3 of 5 commands, 400 lock_free_stock_levels',
    );
    const executions = await applyAll(dataSource, batch, LINES_MAX);
    expect(executions.map(told).map((answer) => answer.slice(0, 14))).toEqual([
      'ORDER_NOT_HELD',
      '0 0 0 0 0 0 0 ',
      'ORDER_NOT_HELD',
    ]);
  });

  test('no more is looked at than one order may have', async ({ database, shelf, hold, fetched }) => {
    await hold(ORDER_RECORDS_MAX, 1, 'A');
    await database.query(
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT merchant_id, inventory_id, 'B', 1, 9 FROM holds WHERE merchant_id = $1 AND reference = 'A' LIMIT 2`,
      [shelf.merchantId],
    );
    const batch = [shelf.reserve(1), ...['A', 'B'].map((reference) => shelf.releaseOrder(reference))];
    // One look finds too many records for two orders. The next reads all of the first, which then has no room here.
    const looked = `${2 * ORDER_RECORDS_MAX + 1} find_order_records`;
    expect(await fetched(batch, 'find_order_records')).toBe(`1 of 3 commands, ${looked}`);
  });
});
