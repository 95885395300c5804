import { describe, expect } from 'vitest';
import type { PoolClient } from '../../src/store/connection/pool-client.js';
import { openDataSource } from '../support/data-source.js';
import { test as base } from '../support/fixtures.js';

/** What the server sends about an answer's columns. */
type Descriptions = { connection: { on(message: 'rowDescription', listener: () => void): void } };

const test = base
  .extend('client', async ({ database }, { onCleanup }) => {
    const dataSource = await openDataSource(database.url);
    const runner = dataSource.createQueryRunner();
    onCleanup(async () => {
      await runner.release();
      await dataSource.destroy();
    });
    return (await runner.connect()) as PoolClient;
  })
  .extend('described', ({ client }) => {
    const described = { count: 0 };
    (client as unknown as Descriptions).connection.on('rowDescription', () => {
      described.count += 1;
    });
    return described;
  });

const STATEMENT = {
  name: 'all_kinds',
  text: `SELECT n, n::bigint AS big, CASE WHEN n > 1 THEN 'n' || n END AS name, n > 1 AS more, '{1,2}'::int[] AS list,
                '{"a":1}'::jsonb AS json
           FROM generate_series($1::int, $2::int) AS n`,
};
const row = (n: number) => ({
  n,
  big: String(n),
  name: n > 1 ? `n${n}` : null,
  more: n > 1,
  list: [1, 2],
  json: { a: 1 },
});

describe('a statement with a name', () => {
  test('is described once, and read in the same way each time', async ({ client, described }) => {
    for (const [from, to] of [
      [1, 3],
      [2, 2],
      [1, 0],
      [1, 2],
    ] as const) {
      const rows = Array.from({ length: to - from + 1 }, (_, i) => row(from + i));
      expect(await client.query({ ...STATEMENT, values: [from, to] })).toEqual({ rows });
    }
    expect(described.count).toBe(1);
  });

  test('and many of it are sent without waiting', async ({ client }) => {
    const sent = [1, 2, 3].map((n) => client.query({ ...STATEMENT, values: [n, n] }));
    expect(await Promise.all(sent)).toEqual([1, 2, 3].map((n) => ({ rows: [row(n)] })));
  });

  test('and one without an answer', async ({ client }) => {
    const nothing = { name: 'nothing', text: 'DELETE FROM holds WHERE merchant_id = $1' };
    for (let i = 0; i < 3; i++)
      expect(await client.query({ ...nothing, values: ['none'] })).toEqual({ rows: [] });
  });

  test('that fails only fails once, before it was ever answered and after', async ({ client }) => {
    const inverse = (n: number) =>
      client.query({ name: 'inverse', text: 'SELECT 60 / $1::int AS inverse', values: [n] });
    await expect(inverse(0)).rejects.toMatchObject({ code: '22012' });
    expect(await inverse(3)).toEqual({ rows: [{ inverse: 20 }] });
    const [failed, answered] = await Promise.allSettled([inverse(0), inverse(5)]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    expect(answered).toMatchObject({ value: { rows: [{ inverse: 12 }] } });
  });

  test('next to others without one, whose answers differ', async ({ client }) => {
    expect(await client.query({ name: '', text: "SELECT 1 AS one, 'a' AS a" })).toMatchObject({
      rows: [{ one: 1, a: 'a' }],
    });
    expect(await client.query({ name: '', text: 'SELECT 2::bigint AS two' })).toMatchObject({
      rows: [{ two: '2' }],
    });
    expect(await client.query('SELECT $1::int AS three', [3])).toMatchObject({ rows: [{ three: 3 }] });
  });

  test('whose columns have changed is refused by the server, and read by no one', async ({
    client,
    database,
  }) => {
    await database.query('CREATE TABLE changing (a int); INSERT INTO changing VALUES (1)');
    const all = { name: 'all_of_it', text: 'SELECT * FROM changing', values: [] };
    expect(await client.query(all)).toEqual({ rows: [{ a: 1 }] });
    await database.query('ALTER TABLE changing ADD COLUMN b text');
    await expect(client.query(all)).rejects.toThrow('cached plan must not change result type');
  });
});
