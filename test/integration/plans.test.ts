import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReleaseCommand, ReserveCommand } from '../../src/domain/command.js';
import { applyCommands } from '../../src/engine/apply-commands.js';
import { seedRecords } from '../../src/store/seed.js';
import { inTransaction } from '../../src/store/transaction.js';
import { startApp, type TestApp } from '../support/app.js';

let service: TestApp;
beforeAll(async () => {
  service = await startApp({ POOL_CONNECTIONS_MAX: '3' });
});
afterAll(() => service.close());

test('no statement of the engine reads a whole table, even when it was planned for an empty one', async () => {
  const { dataSource } = service.app;
  const { merchantId } = await service.createMerchant();
  await seedRecords(dataSource, merchantId, [{ id: 'a', onHandQty: 100, reservedQty: 0 }]);
  const common = { merchantId, id: 'a', notes: '', actor: 'tester' };
  const reserve = (qty: number, reference: string): ReserveCommand => ({
    kind: 'reserve',
    ...common,
    qty,
    reference,
    ttlSeconds: undefined,
    allowPartial: false,
  });
  const release = (qty: number, reference: string): ReleaseCommand => ({
    kind: 'release',
    ...common,
    qty,
    reference,
  });
  // Opens, changes and ends holds, reads the oldest, stores a key: every statement that the engine has, but the
  // one that takes over an outlived key.
  const batches = [
    [reserve(5, 'x'), reserve(5, 'y'), reserve(5, '')],
    [release(1, 'x'), release(5, 'y')],
    [release(6, '')],
  ];
  // What it knows of the tables is that they were empty: the worst that it can go by.
  await service.database.query('VACUUM (ANALYZE) holds, idempotency_keys');
  const plans = new Map<string, string>();
  for (const batch of batches) {
    const submissions = batch.map((command, i) => ({
      command,
      idempotency: { key: `${batch.length}-${i}`, fingerprint: 'f' },
    }));
    await applyCommands(dataSource, submissions);
  }
  // Whichever of the pool's connections it is, it has prepared what ran on it.
  await Promise.all(
    Array.from({ length: 3 }, () =>
      inTransaction(dataSource, async (tx) => {
        const prepared = await tx.read<{ name: string; statement: string }>(
          { name: 'prepared', text: 'SELECT name, statement FROM pg_prepared_statements' },
          [],
        );
        for (const { name, statement } of prepared) {
          const lines = await tx.read<{ 'QUERY PLAN': string }>(
            { name: '', text: `EXPLAIN (GENERIC_PLAN) ${statement}` },
            [],
          );
          plans.set(name, lines.map((line) => line['QUERY PLAN']).join('\n'));
        }
      }),
    ),
  );
  const expected = [
    'lock_stock_levels',
    'read_holds',
    'read_oldest_holds',
    'read_idempotency_keys',
    'update_stock_levels',
    'insert_holds',
    'update_holds',
    'delete_holds',
    'append_movements',
    'insert_idempotency_keys',
  ];
  expect([...plans.keys()]).toEqual(expect.arrayContaining(expected));
  for (const name of expected) expect(plans.get(name), name).not.toMatch(/Seq Scan on|Hash Join|Merge Join/);
  for (const name of [
    'lock_stock_levels',
    'read_holds',
    'read_idempotency_keys',
    'update_holds',
    'delete_holds',
  ]) {
    expect(plans.get(name), name).toMatch(/Index Scan using \w+_pkey/);
  }
  expect(plans.get('read_oldest_holds')).toMatch(/Index Scan using holds_by_age/);
});
