import { describe, expect } from 'vitest';
import { test } from '../support/fixtures.js';

test.beforeEach(async ({ database }) => {
  await database.query('TRUNCATE merchants, api_keys, stock_levels, holds');
  await database.query("INSERT INTO merchants (merchant_id, name) VALUES ('mer_1', 'Test')");
});

describe('what the tables promise', () => {
  const qty = (column: string, value: number): string =>
    `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
     VALUES ('mer_1', 'x', ${column === 'on_hand' ? value : 5}, ${column === 'reserved' ? value : 0}, 1)`;
  const hold = (units: number): string =>
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
     VALUES ('mer_1', 'x', 'A', ${units}, 1)`;
  test.for<[string, string, string]>([
    ['reserved = on hand', qty('reserved', 5), 'taken'],
    ['reserved > on hand', qty('reserved', 6), 'stock_levels_sound'],
    ['reserved < 0', qty('reserved', -1), 'stock_levels_sound'],
    ['on hand < 0', qty('on_hand', -1), 'stock_levels_sound'],
    ['on hand beyond an int32', qty('on_hand', 2147483648), 'out of range'],
    ['a hold of 1', hold(1), 'taken'],
    ['a hold of 0', hold(0), 'holds_not_empty'],
    ['a hold of -1', hold(-1), 'holds_not_empty'],
  ])('%s', async ([_, sql, expected], { database }) => {
    if (expected === 'taken') await database.query(sql);
    else await expect(database.query(sql)).rejects.toThrow(expected);
  });

  test('every primary key begins with the merchant, who owns every row', async ({ database }) => {
    const keys = await database.query<{ table: string; first: string }>(
      `SELECT c.conrelid::regclass::text AS table, a.attname AS first
         FROM pg_constraint AS c
         JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace
          AND c.conrelid <> 'schema_migrations'::regclass`,
    );
    expect(keys.length).toBeGreaterThanOrEqual(6);
    expect(keys.filter((key) => key.first !== 'merchant_id')).toEqual([]);
  });
});
