import { Writable } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { figure } from '../support/metrics.js';
import { until } from '../support/process.js';

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

const lines: Line[] = [];
const stream = new Writable({
  write(line: Buffer, _, done) {
    lines.push(JSON.parse(line.toString()));
    done();
  },
});

const test = base
  .extend('environment', { API_KEY_CACHE_MS: '0' })
  .extend('overrides', { logger: pino({ level: 'warn', base: null, timestamp: false }, stream) })
  .extend('records', [{ id: 'inv_1', onHandQty: 100, reservedQty: 0 }])
  .extend('stranger', async ({ database }, { onCleanup }) => {
    const stranger = new pg.Client({ connectionString: database.url, application_name: 'a stranger' });
    await stranger.connect();
    onCleanup(() => stranger.end());
    return stranger;
  })
  .extend('calls', ({ service, doors, merchant }) => ({
    reserve: () => doors.gRPC.call('Reserve', { id: 'inv_1', qty: 1 }, { credentials: merchant }),
    shown: (series: string) => figure(service.httpUrl, series),
  }));

async function told(msg: string): Promise<Line> {
  await until(`"${msg}"`, () => Promise.resolve(lines.some((line) => line.msg === msg)));
  return lines.find((line) => line.msg === msg)!;
}

test('a locked record: who has it, for how long, and the wait in the metrics', async ({
  merchant,
  stranger,
  calls,
}) => {
  await stranger.query('BEGIN');
  await stranger.query("SELECT 1 FROM stock_levels WHERE id = 'inv_1' FOR UPDATE");
  const waiting = calls.reserve();
  const line = await told('another transaction keeps a record locked; its commands wait');
  expect(line).toMatchObject({
    merchantId: merchant.merchantId,
    inventoryId: 'inv_1',
    commands: 1,
    heldBy: [
      {
        application: 'a stranger',
        state: 'idle in transaction',
        statement: "SELECT 1 FROM stock_levels WHERE id = 'inv_1' FOR UPDATE",
        openMs: expect.any(Number),
      },
    ],
  });
  expect(await calls.shown('holdfast_records_awaited')).toBe(1);
  await stranger.query('COMMIT');
  expect(await waiting).toMatchObject({ ok: true });
  expect(await calls.shown('holdfast_records_kept_total')).toBe(1);
  expect(await calls.shown('holdfast_lock_wait_seconds_count')).toBe(1);
  expect(await calls.shown('holdfast_lock_wait_seconds_sum')).toBeGreaterThan(0.9);
  expect(await calls.shown('holdfast_queue_wait_seconds_count')).toBe(1);
});

test('a locked table: which statement waits, and for whom', async ({ stranger, calls }) => {
  await stranger.query('BEGIN');
  await stranger.query('LOCK TABLE api_keys');
  const waiting = calls.reserve();
  const line = await told('a transaction waits for a lock that another one has');
  expect(line).toMatchObject({
    pool: 'changes',
    statement: expect.stringContaining('ApiKeyEntity'),
    waitsFor: 'Lock:relation',
    blockedBy: [{ application: 'a stranger', statement: 'LOCK TABLE api_keys' }],
  });
  expect(line.waitedMs).toBeGreaterThan(999);
  expect(await calls.shown('holdfast_stalls_total{on="lock"}')).toBe(1);
  await stranger.query('COMMIT');
  await waiting;
});

test('a locked table that transactions give up waiting for again and again: one warning', async ({
  stranger,
  calls,
}) => {
  lines.length = 0;
  await stranger.query('BEGIN');
  await stranger.query('LOCK TABLE stock_levels');
  const waiting = calls.reserve();
  const line = await told('a transaction waits for a lock that another one has');
  expect(line).toMatchObject({
    pool: 'changes',
    statement: expect.any(String),
    waitsFor: 'Lock:relation',
    blockedBy: [{ application: 'a stranger', statement: 'LOCK TABLE stock_levels' }],
  });
  expect(line.waitedMs).toBeGreaterThan(999);
  // By then, it has been tried again more than once.
  await until('retries', async () => (await calls.shown('holdfast_batch_retries_total{class="55"}')) > 5);
  await stranger.query('COMMIT');
  expect(await waiting).toMatchObject({ ok: true });
  expect(lines.filter(({ msg }) => msg === line.msg)).toHaveLength(1);
});

test('a COMMIT that takes long', async ({ database, calls }) => {
  await database.query(`
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON movement_log DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION dawdle();`);
  const waiting = calls.reserve();
  expect(await told('a COMMIT has no answer')).toMatchObject({
    pool: 'changes',
    statement: 'COMMIT',
    waitsFor: 'Timeout:PgSleep',
    pid: expect.any(Number),
  });
  expect(await calls.shown('holdfast_stalled{on="transaction"}')).toBe(1);
  expect(await calls.shown('holdfast_stalls_total{on="commit"}')).toBe(1);
  expect(await waiting).toMatchObject({ ok: true });
  // The sum of this COMMIT and those before it.
  expect(await calls.shown('holdfast_commit_seconds_sum')).toBeGreaterThan(1.4);
});
