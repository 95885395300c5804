import { expect } from 'vitest';
import type { TestApp } from './app.js';
import type { test as base } from './fixtures.js';

const tables = [
  'merchants',
  'api_keys',
  'inventory_records',
  'stock_levels',
  'holds',
  'movement_log',
  'idempotency_keys',
];

/** One value for the database's whole content. */
export async function checksum({ app }: TestApp): Promise<string> {
  const sums = tables.map(
    (table) =>
      `(SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM ${table} t) AS ${table}`,
  );
  return JSON.stringify(await app.dataSource.query(`SELECT ${sums.join()}`));
}

/** After each test of the file: nothing changed in the database, and the service still answers. */
export function expectUnharmed(test: Pick<typeof base, 'beforeEach' | 'afterEach'>): void {
  // Between two tests, nothing happens to a service.
  const sums = new Map<TestApp, string>();
  test.beforeEach(async ({ service, merchant: _ }) => {
    if (!sums.has(service)) sums.set(service, await checksum(service));
  });
  test.afterEach(async ({ service, merchant }) => {
    const [before, after] = [sums.get(service), await checksum(service)];
    sums.set(service, after);
    expect(after, 'the database').toBe(before);
    const response = await fetch(`${service.httpUrl}/v1/inventory/inv_none/reserve`, {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${merchant.token}`,
        'x-merchantapikey': merchant.apiKey,
        'content-type': 'application/json',
      },
      body: '{"qty":1}',
    });
    expect(await response.json(), 'the next call').toMatchObject({ code: 'INVENTORY_NOT_FOUND' });
  });
}
