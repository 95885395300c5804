import { expect, test } from 'vitest';
import { rowInsert } from '../../../../src/store/connection/row-insert.js';

interface Row {
  readonly merchantId: string;
  readonly id: string;
  readonly qty: number | null;
}

const insert = rowInsert<Row>({
  name: 'insert_rows',
  into: 'rows AS r',
  columns: [
    { name: 'id', type: 'text', of: (row) => row.id, stored: (id) => `nullif(${id}, '')` },
    { name: 'qty', type: 'int', of: (row) => row.qty },
  ],
  shared: [{ names: ['made_at', 'seen_at'], stored: (at) => `coalesce(${at}, now())` }],
  order: ['id'],
  onConflict: 'ON CONFLICT DO NOTHING',
});

const row = (id: string, qty: number | null = 1): Row => ({ merchantId: 'm', id, qty });
const words = (text: string): string => text.trim().replace(/\s+/g, ' ');

test('rows of any merchants: one statement, with an array for each column', () => {
  const { statement, values } = insert([row('b', null), row('a')], 7);
  expect(statement.name).toBe('insert_rows');
  expect(words(statement.text)).toBe(
    words(`
      INSERT INTO rows AS r (merchant_id, id, qty, made_at, seen_at)
      SELECT n.merchant_id, nullif(n.id, ''), n.qty, coalesce($4, now()), coalesce($4, now())
        FROM unnest($1::text[], $2::text[], $3::int[]) AS n (merchant_id, id, qty)
       ORDER BY n.merchant_id, n.id COLLATE "C" ON CONFLICT DO NOTHING`),
  );
  expect(values).toEqual(['{"m","m"}', '{"b","a"}', '{NULL,1}', 7]);
});

test('rows of one merchant: the values of each row, in order', () => {
  const [write, ...others] = insert([row('b', null), row('a')], 7).ofMerchant!();
  expect(others).toEqual([]);
  expect(write!.statement.name).toBe('');
  const at = 'coalesce($2, now())';
  expect(words(write!.statement.text)).toBe(
    words(`
      INSERT INTO rows AS r (merchant_id, id, qty, made_at, seen_at)
      VALUES ($1, nullif($3::text, ''), $4::int, ${at}, ${at}), ($1, nullif($5::text, ''), $6::int, ${at}, ${at})
          ON CONFLICT DO NOTHING`),
  );
  expect(write!.values).toEqual(['m', 7, 'a', 1, 'b', null]);
});

test('a single row of one merchant has a statement that is prepared', () => {
  const [write] = insert([row('a')], 7).ofMerchant!();
  expect(write!.statement.name).toBe('insert_rows_of_merchant');
});

test('many rows of one merchant: several statements, none with more parameters than PostgreSQL takes', () => {
  const rows = Array.from({ length: 2001 }, (_, i) => row(String(i).padStart(4, '0')));
  const writes = insert(rows.toReversed(), 7).ofMerchant!();
  expect(writes.map(({ values }) => values.length)).toEqual([2002, 2002, 4]);
  const ids = writes.flatMap(({ values }) => values.slice(2).filter((_, i) => i % 2 === 0));
  expect(ids).toEqual(rows.map(({ id }) => id));
});

test('no rows of one merchant: no statement', () => {
  expect(insert([], 7).ofMerchant!()).toEqual([]);
});
