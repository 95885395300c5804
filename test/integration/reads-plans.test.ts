import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePageToken } from '../../src/service/reads/page-token.js';
import { Reads } from '../../src/service/reads/reads.js';
import type { Statement } from '../../src/store/connection/statement.js';
import { ReadPool } from '../../src/store/reads/read-pool.js';
import { callOf, MERCHANT, openReadsStage, type ReadsStage } from '../support/reads-stage.js';

/** Which index each read uses once tables have grown: with the statistics of empty tables, and with true ones. */

interface Sent {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

let stage: ReadsStage;
let reads: Reads;
const sent: Sent[] = [];
beforeAll(async () => {
  stage = await openReadsStage();
  const pool = new ReadPool(stage.readSource, { readPoolConnectionsMax: 1, readsWaitingMax: 10 });
  reads = new Reads({
    reader: (merchantId, deadlineAtMs) => ({
      rows: (statement, values) => {
        sent.push({ statement, values });
        return pool.reader(merchantId, deadlineAtMs).rows(statement, values);
      },
    }),
  });
  await stage.database.query('VACUUM (ANALYZE)');
  await grow();
});
afterAll(() => stage?.close());

async function grow(): Promise<void> {
  // The server must not update its statistics by itself between two tests.
  for (const table of [
    'inventory_records',
    'stock_levels',
    'holds',
    'movement_log',
    'order_carried',
    'log_prunes',
  ]) {
    await stage.database.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  }
  const records = `generate_series(1, 5000) AS i`;
  await stage.database.query(
    `INSERT INTO inventory_records (merchant_id, id, product_id, sku_id, warehouse_id)
     SELECT $1, 'inv_' || md5(i::text), 'p' || i / 4, CASE WHEN i % 2 = 0 THEN 's' || i / 4 ELSE '' END, 'w' || i
       FROM ${records}`,
    [MERCHANT],
  );
  await stage.database.query(
    `INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
     SELECT $1, 'inv_' || md5(i::text), 100, 1, 1 FROM ${records}`,
    [MERCHANT],
  );
  await stage.database.query(
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
     SELECT $1, 'inv_' || md5((i / 10)::text), 'R' || i, 1, i FROM ${records}`,
    [MERCHANT],
  );
  await stage.database.query(
    `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                               reference, actor, batch_id)
     SELECT $1, 'inv_' || md5((i % 500)::text), i, CASE WHEN i % 50 = 0 THEN 'DAMAGED' ELSE 'RESERVED' END, 0, 1,
            'R' || i / 5, 'ann', gen_random_uuid()
       FROM generate_series(1, 30000) AS i`,
    [MERCHANT],
  );
  await stage.database.query(
    `INSERT INTO order_carried (merchant_id, reference, inventory_id, units, first_revision, confirmed, released, expired,
                                moved)
     SELECT $1, 'R' || i, 'inv_' || md5((i % 500)::text), 0, i, 1, 0, 0, 0
       FROM generate_series(1, 5000) AS i`,
    [MERCHANT],
  );
  await stage.database.query(
    "INSERT INTO log_prunes SELECT 'mer_x' || i, now() FROM generate_series(1, 5000) AS i",
  );
}

/** The plans of what `read` sends, with the values that it sends. */
async function plansOf(read: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0;
  await read();
  return Promise.all(
    sent.map(async ({ statement, values }) => {
      const lines: { 'QUERY PLAN': string }[] = await stage.readSource.query(`EXPLAIN ${statement.text}`, [
        ...values,
      ]);
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    }),
  );
}

const record = 'inv_c4ca4238a0b923820dcc509a6f75849b';
const logs = { page: 0, pageToken: '', inventoryId: '', reference: '', action: undefined };
const orders = { expiresBeforeUs: undefined, heldBeforeUs: undefined, inventoryId: '', pageToken: '' };
const tokenOf = async (read: Promise<{ ok: boolean; value?: { nextPageToken: string } }>): Promise<string> =>
  (await read).value!.nextPageToken;

const everyRecord = [
  /Index (Only )?Scan using inventory_records_pkey/,
  /Index Scan using stock_levels_pkey/,
  /Index Scan Backward using movement_log_pkey/,
  /Index Scan Backward using movement_log_adjustments/,
];

/** A filtered list, by page and by token. */
function listed(
  name: string,
  filter: { warehouseId?: string; productId?: string; skuId?: string; lowStock?: boolean },
  expected: RegExp[],
): readonly [string, () => Promise<unknown>, RegExp[]][] {
  const { warehouseId = '', productId = '', skuId = '', lowStock = false } = filter;
  const list = ['records', MERCHANT, warehouseId, productId, skuId, Number(lowStock)];
  const pageToken = encodePageToken(list, [1, 9, record]);
  const read = (pageToken: string) => () =>
    reads.listInventory(callOf(), { page: 0, pageToken, limit: 1, ...filter });
  const patterns = [/Index Scan using stock_levels_pkey/, ...expected];
  return [
    [`ListInventory ${name}`, read(''), patterns],
    [`ListInventory ${name}, by token`, read(pageToken), patterns],
  ];
}

// [read, what its plan must name]
const cases: readonly [string, () => Promise<unknown>, RegExp[]][] = [
  ['GetInventory', () => reads.getInventory(callOf(), record), everyRecord],
  [
    'ListInventoryByProduct',
    () => reads.listInventoryByProduct(callOf(), 'p7'),
    [...everyRecord, /inventory_records_identity/],
  ],
  [
    'ListInventoryBySku',
    () => reads.listInventoryBySku(callOf(), 's7'),
    [...everyRecord, /inventory_records_by_sku/],
  ],
  [
    'ListInventory by page',
    () => reads.listInventory(callOf(), { page: 50, pageToken: '' }),
    [...everyRecord, /Index Only Scan using inventory_records_pkey/],
  ],
  [
    'ListInventory by token',
    async () => {
      const pageToken = await tokenOf(reads.listInventory(callOf(), { page: 50, pageToken: '' }));
      sent.length = 0;
      await reads.listInventory(callOf(), { page: 0, pageToken });
    },
    [...everyRecord, /Index Cond: \(\(merchant_id = '\w+'::text\) AND \(id > /],
  ],
  ...listed('of a warehouse', { warehouseId: 'w7' }, [/using inventory_records_by_warehouse/]),
  ...listed('of a product', { productId: 'p7' }, [/inventory_records_identity/]),
  ...listed('of a SKU', { skuId: 's7' }, [/inventory_records_by_sku/]),
  ...listed('that are low', { lowStock: true }, [/using stock_levels_low/]),
  ...listed('of a warehouse that are low', { warehouseId: 'w7', lowStock: true }, [
    /using (stock_levels_low|inventory_records_by_warehouse)/,
  ]),
  ...listed('of a SKU in a warehouse that are low', { skuId: 's7', warehouseId: 'w7', lowStock: true }, [
    /inventory_records_by_sku/,
  ]),
  [
    'BatchGetInventory by ids',
    () => reads.batchGetInventory(callOf(), { ids: [record, 'inv_2'], skuIds: [] }),
    everyRecord,
  ],
  [
    'BatchGetInventory by SKUs',
    () => reads.batchGetInventory(callOf(), { ids: [], skuIds: ['s7', 's8'] }),
    [...everyRecord, /inventory_records_by_sku/],
  ],
  [
    'ListLowStock',
    () => reads.listLowStock(callOf(), { afterId: record }),
    [...everyRecord, /using stock_levels_low/, /Index Cond: \(\(merchant_id = '\w+'::text\) AND \(id > /],
  ],
  ['ListLogs', () => reads.listLogs(callOf(), logs), [/Index Scan Backward using movement_log_by_time/]],
  [
    'ListLogs by token',
    async () => {
      const pageToken = await tokenOf(reads.listLogs(callOf(), logs));
      sent.length = 0;
      await reads.listLogs(callOf(), { ...logs, pageToken });
    },
    [/Index Scan Backward using movement_log_by_time/, /Index Cond: .*logged_at <= /],
  ],
  [
    'ListLogs of an action',
    () => reads.listLogs(callOf(), { ...logs, action: 'DAMAGED' }),
    [/using movement_log_(by_time|adjustments)/],
  ],
  [
    'ListLogs of a record',
    () => reads.listLogs(callOf(), { ...logs, inventoryId: record }),
    [/using movement_log_pkey/],
  ],
  [
    'ListLogs of a record and an adjustment',
    () => reads.listLogs(callOf(), { ...logs, inventoryId: record, action: 'DAMAGED' }),
    [/using movement_log_adjustments/],
  ],
  [
    'ListLogs of a reference',
    () => reads.listLogs(callOf(), { ...logs, reference: 'R77' }),
    [/movement_log_by_reference/],
  ],
  [
    'ListLogs of a reference and an action',
    () => reads.listLogs(callOf(), { ...logs, reference: 'R77', action: 'RESERVED' }),
    [/movement_log_by_reference/],
  ],
  [
    'ListLogs of a record and a reference',
    () => reads.listLogs(callOf(), { ...logs, inventoryId: record, reference: 'R77' }),
    [/movement_log_(pkey|by_reference)/],
  ],
  ['GetOrder', () => reads.getOrder(callOf(), 'R77'), [/movement_log_by_reference/, /holds_pkey/]],
  [
    'ListOrders of a record',
    () => reads.listOrders(callOf(), { ...orders, inventoryId: record }),
    [/holds_pkey/, /Index Scan using movement_log_pkey/],
  ],
  [
    'ListOrders that expire',
    () => reads.listOrders(callOf(), { ...orders, expiresBeforeUs: (Date.now() + 600_000) * 1000 }),
    [/stock_levels_by_expiry/, /holds_by_expiry/, /holds_pkey/, /Index Scan using movement_log_pkey/],
  ],
  [
    'ListOrders by age',
    () => reads.listOrders(callOf(), { ...orders, heldBeforeUs: Date.now() * 1000 }),
    [/Index Scan using movement_log_pkey/],
  ],
  [
    'ListHolds',
    () => reads.listHolds(callOf(), { id: record, pageToken: '' }),
    [/Index Scan using holds_pkey/, /Index Scan using holds_by_age/, /using stock_levels_pkey/],
  ],
  ['GetSettings', () => reads.getSettings(callOf()), []],
];

describe.each([
  ['with the statistics of empty tables', undefined],
  ['with true statistics', 'VACUUM (ANALYZE)'],
])('%s', (_, before) => {
  beforeAll(async () => {
    if (before !== undefined) await stage.database.query(before);
  });

  test.each(cases)('%s', async (name, read, expected) => {
    const plans = await plansOf(read);
    expect(plans).toHaveLength(1);
    for (const pattern of expected) expect(plans[0]).toMatch(pattern);
    // The table of merchants has two rows on one page, so the planner reads it whole.
    if (name !== 'GetSettings') expect(plans[0]).not.toMatch(/Seq Scan on|Hash Join|Merge Join/);
  });
});

test('a record without expiry costs no look at its holds', async () => {
  const lookups = async (): Promise<number> => {
    sent.length = 0;
    await reads.getInventory(callOf(), record);
    const { statement, values } = sent[0]!;
    const lines: { 'QUERY PLAN': string }[] = await stage.readSource.query(
      `EXPLAIN (ANALYZE, COSTS off, TIMING off) ${statement.text}`,
      [...values],
    );
    const plan = lines.map((line) => line['QUERY PLAN']);
    const scan = plan.find((line) => line.includes('holds_by_expiry'));
    if (scan === undefined) throw new Error(`no look at holds in ${plan.join('\n')}`);
    return scan.includes('never executed') ? 0 : 1;
  };
  expect(await lookups()).toBe(0);
  await stage.database.query(
    "UPDATE stock_levels SET next_expiry_at = now() + interval '1 hour' WHERE id = $1",
    [record],
  );
  expect(await lookups()).toBe(0);
  await stage.database.query(
    "UPDATE stock_levels SET next_expiry_at = now() - interval '1 hour' WHERE id = $1",
    [record],
  );
  expect(await lookups()).toBe(1);
});
