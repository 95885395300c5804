import type { DataSource } from 'typeorm';
import { describe, expect } from 'vitest';
import type { Command } from '../../src/domain/command.js';
import type { DataSourceRole } from '../../src/store/connection/data-source.js';
import { inTransaction, type Transaction } from '../../src/store/connection/transaction.js';
import { seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { hasMovement } from '../../src/store/tables/movement-log.js';
import { awaitCreation } from '../../src/store/tables/new-stock-levels.js';
import {
  awaitStockLevel,
  findFreeStockLevels,
  lockStockLevels,
} from '../../src/store/tables/stock-levels.js';
import { applyAll } from '../support/apply.js';
import { openDataSource } from '../support/data-source.js';
import type { TestDatabase } from '../support/database.js';
import type { Unsigned } from '../support/engine-stage.js';
import { test as base } from '../support/fixtures.js';
import { passSeconds } from '../support/pass-time.js';
import { sweepExpiredHolds } from '../support/sweeps.js';

const units = { id: 'inv_1', notes: '' };
const open = { ttlSeconds: undefined, allowPartial: false };
const line = { qty: 1, action: 'RECEIVED', reference: '', expectedOnHandQty: undefined } as const;
const details = {
  productId: 'p1',
  skuId: '',
  warehouseId: 'main',
  warehouseName: '',
  location: '',
  reorderLevel: 3,
  reorderQty: 0,
  variantAttributes: {},
};

const importLine = (number: number) => ({
  memoryId: '00000000-0000-0000-0000-000000000001',
  number,
  content: `00000000-0000-0000-0000-00000000000${number}`,
});

/** Opens, changes and ends holds of all kinds, adds and changes records: every statement that the engine has. */
const batches: readonly (readonly Unsigned<Command>[])[] = [
  [
    { kind: 'reserve', ...units, qty: 5, reference: 'x', ...open },
    { kind: 'reserve', ...units, qty: 5, reference: 'y', ...open },
    { kind: 'reserve', ...units, qty: 5, reference: '', ...open },
    { kind: 'reserve', ...units, qty: 5, reference: 'z', ...open, ttlSeconds: 60 },
    { kind: 'reserve_order', reference: 'o', lines: [{ id: 'inv_2', qty: 1 }], notes: '', ...open },
  ],
  [
    { kind: 'release', ...units, qty: 1, reference: 'x' },
    { kind: 'confirm', ...units, qty: 5, reference: 'y' },
  ],
  [{ kind: 'release', ...units, qty: 6, reference: '' }],
  [{ kind: 'reserve', id: 'inv_many', notes: '', qty: 200, reference: 'x', ...open }],
  [{ kind: 'release', id: 'inv_many', notes: '', qty: 150, reference: '' }],
  [
    { kind: 'set_hold', ...units, qty: 3, reference: 'w' },
    { kind: 'set_order', reference: 'o', lines: [{ id: 'inv_1', qty: 1 }], notes: '', ttlSeconds: 60 },
  ],
  [
    {
      kind: 'reserve_order',
      reference: 'q',
      lines: [],
      sourced: [
        { index: 0, qty: 1, of: { productId: 'inv_1' }, warehouseIds: ['main', 'w'], split: false },
        { index: 1, qty: 1, of: { skuId: 'none' }, warehouseIds: [], split: true },
      ],
      notes: '',
      ...open,
    },
  ],
  [
    { kind: 'extend_order', reference: 'o', ttlSeconds: 90 },
    { kind: 'move_order', reference: 'o', toReference: 'p', notes: '' },
  ],
  [{ kind: 'move_order', reference: 'p', toReference: 'o', lines: [{ id: 'inv_1', qty: 1 }], notes: '' }],
  [{ kind: 'release_order', reference: 'o', notes: '' }],
  [{ kind: 'adjust', ...units, ...line }],
  [
    {
      kind: 'set_on_hand',
      ...units,
      qty: 1,
      reference: '',
      expectedOnHandQty: undefined,
      releaseShortfall: true,
    },
  ],
  [{ kind: 'create_record', id: 'inv_3', initialQty: 1, details, notes: '' }],
  [
    {
      kind: 'receive_record',
      newId: 'inv_4',
      qty: 1,
      details,
      reference: '',
      notes: '',
      line: importLine(2),
    },
    {
      kind: 'receive_record',
      newId: 'inv_6',
      qty: 1,
      details,
      reference: '',
      notes: '',
      line: importLine(3),
    },
  ],
  [
    {
      kind: 'receive_record',
      newId: 'inv_7',
      qty: 1,
      details,
      reference: '',
      notes: '',
      line: importLine(4),
    },
  ],
  [{ kind: 'count_record', newId: 'inv_5', qty: 1, details, reference: '', notes: '' }],
  [{ kind: 'update_record', id: 'inv_3', update: { reorderLevel: 5 } }],
  [{ kind: 'update_settings', defaultTtlSeconds: 60 }],
];

/** Name of a statement that was prepared, and how it is run, whatever its values. */
type Plan = readonly [name: string, plan: string];

const test = base.extend('plans', { scope: 'file' }, async ({ database }) => {
  // The planner only knows that the tables are empty, which is the worst basis for its plans.
  await database.query('VACUUM (ANALYZE)');
  return [
    ...(await runAndExplain(database, 'changes', 'mer_any')),
    ...(await runAndExplain(database, 'changes_of_merchant', 'mer_one')),
  ];
});

async function runAndExplain(
  database: TestDatabase,
  role: DataSourceRole,
  merchantId: string,
): Promise<Plan[]> {
  // With a single connection, all prepared statements are on it.
  const dataSource = await openDataSource(database.url, { poolConnectionsMax: 1 }, role);
  await runAll(database, dataSource, merchantId);
  const plans = await explainAll(dataSource);
  await dataSource.destroy();
  return plans;
}

async function runAll(database: TestDatabase, dataSource: DataSource, merchantId: string): Promise<void> {
  await insertMerchant(dataSource, merchantId, 'Test');
  const record = { onHandQty: 100, reservedQty: 0 };
  await seedRecords(dataSource, merchantId, [
    { id: 'inv_1', ...record },
    { id: 'inv_2', ...record },
    { id: 'inv_many', onHandQty: 200, reservedQty: 0 },
  ]);
  const apply = (commands: readonly Unsigned<Command>[], key: string): Promise<unknown> =>
    applyAll(
      dataSource,
      commands.map((command, i) => ({
        command: { ...command, merchantId, actor: 'ann' } as Command,
        idempotency: { key: `${key}-${i}`, fingerprint: 'f' },
      })),
      500,
    );
  for (const [i, batch] of batches.entries()) await apply(batch, String(i));
  // Commands and the sweep find a hold that has ended, and keys that are older than a day.
  await passSeconds(dataSource, merchantId, 60);
  await apply([{ kind: 'release', ...units, qty: 1, reference: '' }], 'late');
  await apply([{ kind: 'reserve', ...units, qty: 1, reference: 'z', ...open, ttlSeconds: 60 }], 'again');
  await passSeconds(dataSource, merchantId, 60);
  await sweepExpiredHolds(dataSource, () => false);
  await database.query("UPDATE idempotency_keys SET created_at = now() - interval '2 days'");
  await apply(batches[0]!, '0');
  // Records that somebody else has.
  const waiting = async (tx: Transaction): Promise<void> => {
    const key = { merchantId, id: 'inv_1' };
    await awaitStockLevel(tx, key);
    await findFreeStockLevels(tx, [key]);
    await lockStockLevels(tx, [key], 'wait');
  };
  await inTransaction(dataSource, waiting, merchantId);
  // The questions after an unanswered COMMIT.
  const settling = async (tx: Transaction): Promise<void> => {
    await awaitCreation(tx, { merchantId, id: 'inv_9' });
    const movement = { inventoryId: 'inv_1', revision: 1 } as never;
    await hasMovement(tx, '00000000-0000-0000-0000-000000000000', { merchantId, movement, after: null });
  };
  await inTransaction(dataSource, settling, merchantId);
}

/** Runs on the one connection, which has prepared all statements. */
async function explainAll(dataSource: DataSource): Promise<Plan[]> {
  const prepared: { name: string; statement: string }[] = await dataSource.query(
    'SELECT name, statement FROM pg_prepared_statements',
  );
  const plans: Plan[] = [];
  for (const { name, statement } of prepared) {
    const lines: { 'QUERY PLAN': string }[] = await dataSource.query(`EXPLAIN (GENERIC_PLAN) ${statement}`);
    plans.push([name, lines.map((of) => of['QUERY PLAN']).join('\n')]);
  }
  return plans;
}

/** Statement of a batch → indexes that it goes by, each with the last column that bounds the scan. */
const byIndex: Readonly<Record<string, readonly (readonly [index: string, column: string])[]>> = {
  lock_stock_levels: [['stock_levels_pkey', 'id']],
  lock_free_stock_levels: [['stock_levels_pkey', 'id']],
  find_stock_levels: [['stock_levels_pkey', 'id']],
  find_free_stock_levels: [['stock_levels_pkey', 'id']],
  update_stock_levels: [['stock_levels_pkey', 'id']],
  update_next_expiries: [['stock_levels_pkey', 'id']],
  read_holds: [['holds_pkey', 'inventory_id']],
  update_holds: [['holds_pkey', 'inventory_id']],
  delete_holds: [['holds_pkey', 'inventory_id']],
  read_oldest_holds: [['holds_by_age', 'inventory_id']],
  read_newest_holds: [['holds_by_age', 'inventory_id']],
  sum_oldest_holds: [['holds_by_age', 'inventory_id']],
  read_expired_holds: [['holds_by_expiry', 'expires_at']],
  read_next_expiries: [['holds_by_expiry', 'expires_at']],
  find_held_references: [['holds_pkey', 'reference']],
  find_order_records: [['holds_pkey', 'reference']],
  read_orders: [
    ['holds_pkey', 'reference'],
    ['movement_log_by_reference', 'reference'],
  ],
  find_sources_of_sku: [['inventory_records_by_sku', 'sku_id']],
  find_sources_of_product: [['inventory_records_identity', 'sku_id']],
  read_part_orders: [
    ['holds_pkey', 'reference'],
    ['movement_log_by_reference', 'reference'],
  ],
  read_left_units: [['movement_log_by_reference', 'reference']],
  find_inventory_records: [['inventory_records_identity', 'warehouse_id']],
  read_inventory_records: [
    ['inventory_records_pkey', 'id'],
    ['movement_log_adjustments', 'inventory_id'],
  ],
  update_inventory_records: [
    ['inventory_records_identity', 'warehouse_id'],
    ['stock_levels_pkey', 'id'],
  ],
  set_reorder_levels: [['stock_levels_pkey', 'id']],
  read_idempotency_keys: [['idempotency_keys_pkey', 'key']],
  forget_idempotency_keys: [['idempotency_keys_pkey', 'key']],
  read_import_lines: [
    ['import_lines_pkey', 'content'],
    ['import_lines_by_line', 'line'],
  ],
};
/** Statements that look nothing up. */
const withoutLookUp = [
  'append_movements',
  'insert_holds',
  'insert_idempotency_keys',
  'insert_import_lines',
  'insert_inventory_records',
  'insert_stock_levels',
];
/** Where the text for one merchant uses fewer columns of the key; never only the merchant's. */
const ofMerchantByIndex: typeof byIndex = {
  ...byIndex,
  update_holds: [['holds_pkey', 'reference']],
  delete_holds: [['holds_pkey', 'reference']],
  update_inventory_records: [
    ['inventory_records_pkey', 'id'],
    ['stock_levels_pkey', 'id'],
  ],
};
/** Most statements have a second text, for transactions of one merchant. These have only one. */
const ofOneText: typeof byIndex = {
  keep_place: [['stock_levels_pkey', 'id']],
  lock_due_records: [['stock_levels_by_expiry', 'next_expiry_at']],
  find_movement: [['movement_log_pkey', 'revision']],
  await_stock_level: [['stock_levels_pkey', 'id']],
  lock_free_stock_level: [['stock_levels_pkey', 'id']],
  read_holds_of_record: [['holds_pkey', 'inventory_id']],
  lock_settings: [['merchants_pkey', 'merchant_id']],
  update_settings: [['merchants_pkey', 'merchant_id']],
  undo_await_creation: [['stock_levels_pkey', 'id']],
  await_creation: [],
  read_clock: [],
  wait_briefly: [],
  wait_as_before: [],
};

const names = [...Object.keys(byIndex), ...withoutLookUp].flatMap((name) => [name, `${name}_of_merchant`]);

/** The statements that a prepared one is made of. */
const partsOf = (name: string): readonly string[] => name.split('+');

/** The plans of the statement, by itself and together with others. */
function plansOf(plans: readonly Plan[], name: string): readonly string[] {
  const found = plans.filter(([prepared]) => partsOf(prepared).includes(name));
  expect(found).not.toEqual([]);
  return found.map(([, plan]) => plan);
}

describe('statements of the engine, planned for empty tables', () => {
  test('are all known here', ({ plans }) => {
    const sent = new Set(plans.flatMap(([name]) => partsOf(name)));
    expect([...sent].sort()).toEqual([...names, ...Object.keys(ofOneText)].sort());
  });

  const looking = [
    ...Object.entries(byIndex),
    ...Object.entries(ofMerchantByIndex).map(([name, indexes]) => [`${name}_of_merchant`, indexes] as const),
    ...Object.entries(ofOneText),
  ];
  test.for(looking)('%s goes by %j', ([name, indexes], { plans }) => {
    for (const [index, column] of indexes) {
      const scan = new RegExp(
        `Index (?:Only )?Scan(?: Backward)? using ${index} on .*\\n +Index Cond: .*\\b${column} `,
      );
      for (const plan of plansOf(plans, name)) expect(plan).toMatch(scan);
    }
  });

  test.for([...names, ...Object.keys(ofOneText)])(
    '%s reads no table whole, and joins none',
    (name, { plans }) => {
      for (const plan of plansOf(plans, name))
        expect(plan).not.toMatch(/Seq Scan on|Hash Join|Merge Join|Bitmap/);
    },
  );
});
