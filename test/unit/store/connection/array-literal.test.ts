import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numbers, texts } from '../../../../src/store/connection/array-literal.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const read = async (type: string, literal: string): Promise<unknown> =>
  (await database.query<{ values: unknown }>(`SELECT to_json($1::${type}) AS values`, [literal]))[0]!.values;

test.each<[string[]]>([
  [[]],
  [['']],
  [['', '']],
  [['NULL', 'null', '{}', '{', '}', ',', ' a ', '"', '\\', '\\"', '\\\\', 'a\nb\tc']],
  [["'; DROP TABLE holds; --", 'ünïcödé', '💥', '‮']],
])('%j', async (values) => {
  expect(await read('text[]', texts(values))).toEqual(values);
});

test('any text that PostgreSQL can hold comes back as it went', async () => {
  const text = fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\0', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(text), async (values) => {
      expect(await read('text[]', texts(values))).toEqual(values);
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['int[]', [0, 1, -1, 2147483647, -2147483648]],
  ['bigint[]', [0, 4294967296, Number.MAX_SAFE_INTEGER]],
  ['int[]', []],
])('%s %j', async (type, values) => {
  expect(await read(type, numbers(values))).toEqual(values);
});
