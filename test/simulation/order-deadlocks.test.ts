import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findDrift } from '../../src/store/audit.js';
import { seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { OrderReport, OrderWork } from './order-worker.js';

const script = fileURLToPath(new URL('./order-worker.ts', import.meta.url));

let database: TestDatabase;
let dataSource: DataSource;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = await openDataSource(database.url);
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await dataSource?.destroy();
  await database?.drop();
});

/** Starts a process, and waits until it is ready; `finish` lets it begin, and resolves with its report. */
async function startWorker(work: OrderWork): Promise<{ finish(): Promise<OrderReport> }> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(work)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  workers.push(child);
  let printed = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.includes('ready\n')) resolve();
    });
    child.once('close', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  await ready;
  return {
    finish: async () => {
      const closed = once(child, 'close');
      child.stdin.end('go\n');
      expect(await closed).toEqual([0, null]);
      return JSON.parse(printed.slice('ready\n'.length)) as OrderReport;
    },
  };
}

async function deadlocks(): Promise<number> {
  const [row] = await database.query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(row!.deadlocks);
}

test('thousands of orders for the same records in opposite order, in two processes: no deadlock, all or none', async () => {
  const merchantId = 'mer_1';
  const ids = Array.from({ length: 8 }, (_, i) => `inv_${i}`);
  await insertMerchant(dataSource, merchantId, 'Test');
  await seedRecords(
    dataSource,
    merchantId,
    ids.map((id) => ({ id, onHandQty: 500, reservedQty: 0 })),
  );
  const before = await deadlocks();
  const work = { url: database.url, merchantId, ids, orders: 1500 };
  const ready = await Promise.all([
    startWorker({ ...work, name: 'ann', seed: 1 }),
    startWorker({ ...work, name: 'bob', seed: 2 }),
  ]);
  const reports = await Promise.all(ready.map((worker) => worker.finish()));

  // A backend reports its deadlocks no later than at its end, and these have ended.
  expect(await deadlocks()).toBe(before);
  // A transaction that waits while it has locks waits briefly; on a slow machine that may be too short.
  const retries = reports.flatMap((report) => report.retries);
  expect(retries.filter((state) => state !== '55P03')).toEqual([]);
  for (const { batches } of reports) expect(batches).toBeGreaterThan(400);
  const orders = reports.flatMap((report) => report.orders);
  expect(orders).toHaveLength(3000);

  const rows = await database.query<{ reference: string; reserved: number; ended: number; held: number }>(
    `SELECT reference, count(*) FILTER (WHERE action = 'RESERVED')::int AS reserved,
            count(*) FILTER (WHERE action <> 'RESERVED')::int AS ended,
            (SELECT count(*)::int FROM holds AS h
              WHERE h.merchant_id = l.merchant_id AND h.reference = l.reference) AS held
       FROM movement_log AS l WHERE merchant_id = $1 AND reference IS NOT NULL GROUP BY merchant_id, reference`,
    [merchantId],
  );
  const written = new Map(rows.map(({ reference, ...entries }) => [reference, entries]));
  const outcomes = new Set<string>();
  for (const { reference, records, answers } of orders) {
    const [reserve, end] = answers.map((answer) => answer.replace(/[\d ]+ reserved/, ' done'));
    outcomes.add([reserve, end].join(', '));
    // Each of the order's records has an entry, or none has.
    const expected =
      reserve === 'INSUFFICIENT_STOCK'
        ? undefined
        : end === undefined
          ? { reserved: records, ended: 0, held: records }
          : { reserved: records, ended: records, held: 0 };
    expect(written.get(reference), `${reference}: ${answers}`).toEqual(expected);
  }
  expect([...outcomes].sort()).toEqual([
    ' done, ',
    ' done, confirm_order done',
    ' done, release_order done',
    'INSUFFICIENT_STOCK, ',
  ]);
  expect(await findDrift(dataSource, merchantId)).toEqual([]);
}, 120_000);
