import { describe, expect, test } from 'vitest';
import { batchStatement, together } from '../../../../src/store/connection/statement.js';

const add = { name: 'add', text: 'INSERT INTO a VALUES ($1, $2)' };
const change = { name: 'change', text: 'UPDATE b SET n = $2 WHERE id = $1 AND m = $1' };
const remove = { name: 'remove', text: 'DELETE FROM c WHERE id = $11' };

describe('statements together', () => {
  test('count their parameters through', () => {
    expect(together([add, change, add])).toEqual({
      name: 'add+change+add',
      text:
        'WITH part_0 AS (INSERT INTO a VALUES ($1, $2)), ' +
        'part_1 AS (UPDATE b SET n = $4 WHERE id = $3 AND m = $3) ' +
        'INSERT INTO a VALUES ($5, $6)',
    });
    expect(together([remove, add]).text).toBe(
      'WITH part_0 AS (DELETE FROM c WHERE id = $11) INSERT INTO a VALUES ($12, $13)',
    );
  });

  test('are the same statement each time, so that connections prepare it once', () => {
    expect(together([add, remove])).toBe(together([add, remove]));
  });

  test('one alone stays as it is', () => {
    const statement = batchStatement({ name: 'one', text: ({ only }) => `SELECT $1 ${only('m', 'WHERE')}` });
    expect(together([statement])).toBe(statement);
  });

  test('have no name that the server would cut', () => {
    const long = { name: 'x'.repeat(31), text: 'SELECT 1' };
    expect(together([long, long]).name).toHaveLength(63);
    expect(() => together([long, { ...long, name: 'x'.repeat(32) }])).toThrow(RangeError);
  });
});
