import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { UsageError } from '../../src/cli/context.js';
import { exportLogsCommand } from '../../src/cli/export/export.js';
import { pruneCommand } from '../../src/cli/prune.js';
import { audit } from '../../src/service/audit.js';
import { type PruneOptions, pruneLog } from '../../src/service/retention/prune.js';
import { listHeldOrders } from '../../src/store/reads/held-orders.js';
import { findOrder } from '../../src/store/reads/order.js';
import type { Reader } from '../../src/store/reads/read-pool.js';
import { findRecord } from '../../src/store/reads/records.js';
import { readNowUs } from '../../src/store/tables/prunable-log.js';
import { applyAll } from '../support/apply.js';
import type { TestDatabase } from '../support/database.js';
import type { Shelf } from '../support/engine-stage.js';
import { test as base } from '../support/fixtures.js';
import { onDatabase } from '../support/process.js';

const never = new AbortController().signal;
const all: PruneOptions = {
  beforeUs: Date.UTC(2100, 0) * 1000,
  stepEntriesMax: 3,
  pauses: false,
  signal: never,
  onProgress: () => {},
};

const withOrders = base
  /** A shelf with orders that ended in each way, one that waits, and one that was moved. */
  .extend('orders', async ({ shelf, dataSource }) => {
    const confirm = (reference: string) => shelf.submission({ kind: 'confirm_order', reference, notes: '' });
    await applyAll(
      dataSource,
      ['sold', 'freed', 'late', 'waits', 'moved', 'part'].map((reference) =>
        shelf.reserve(3, { reference, ...(reference === 'late' && { ttlSeconds: 60 }) }),
      ),
      500,
    );
    await shelf.passSeconds(100);
    await applyAll(
      dataSource,
      [
        confirm('sold'),
        shelf.releaseOrder('freed'),
        shelf.submission({ kind: 'move_order', reference: 'moved', toReference: 'target', notes: '' }),
        shelf.submission({ kind: 'confirm', id: 'inv_1', qty: 1, reference: 'part', notes: '' }),
        shelf.release('inv_1', 2, 'part'),
        confirm('target'),
        shelf.submission({
          kind: 'reserve',
          id: 'inv_2',
          qty: 1,
          reference: '',
          notes: '',
          ttlSeconds: undefined,
          allowPartial: false,
        }),
        shelf.reserve(1, { reference: 'waits' }),
      ],
      500,
    );
    return ['sold', 'freed', 'late', 'waits', 'moved', 'target', 'part', 'never'];
  })
  .extend(
    'reader',
    ({ dataSource }): Reader => ({
      rows: ({ text }, values) => dataSource.query(text, [...values]),
    }),
  );

const test = withOrders;

/** What callers are told. */
async function told(reader: Reader, { merchantId }: Shelf, orders: readonly string[]): Promise<unknown> {
  const first = { placeUs: -1, reference: '' };
  return {
    orders: await Promise.all(orders.map((reference) => findOrder(reader, merchantId, reference, 10))),
    held: await listHeldOrders(reader, merchantId, {}, first, 10),
    records: await Promise.all(['inv_1', 'inv_2'].map((id) => findRecord(reader, merchantId, id))),
  };
}

test('callers and the audit are told the same before a prune, after it, and after another', async ({
  shelf,
  dataSource,
  database,
  orders,
  reader,
}) => {
  const before = await told(reader, shelf, orders);
  const entries = await logged(database, shelf);
  const first = await pruneLog(dataSource, shelf.merchantId, all);
  expect(first.pruned + first.kept).toBe(entries);
  // It keeps each record's last entry and last adjustment, and the entry that opened the order that waits.
  expect(first.kept).toBe(5);
  expect(await logged(database, shelf)).toBe(5);
  expect(await told(reader, shelf, orders)).toEqual(before);
  expect(await pruneLog(dataSource, shelf.merchantId, all)).toEqual({ pruned: 0, kept: 5 });
  // Later entries add up with what is kept.
  await applyAll(dataSource, [shelf.releaseOrder('waits'), shelf.reserve(1, { reference: 'sold' })], 500);
  await pruneLog(dataSource, shelf.merchantId, all);
  const [sold, waits] = await Promise.all(
    ['sold', 'waits'].map((reference) => findOrder(reader, shelf.merchantId, reference, 10)),
  );
  expect(sold!.lines).toMatchObject([{ confirmedQty: 3, heldQty: 1 }]);
  expect(waits!.lines).toMatchObject([{ releasedQty: 4, heldQty: 0 }]);
  expect(await shelf.happened()).toMatchObject({ reserved: [1, 1] });
});

/** Entries of the merchant in the log. */
async function logged(database: TestDatabase, { merchantId }: Shelf): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM movement_log WHERE merchant_id = $1',
    [merchantId],
  );
  return row!.n;
}

test('a repair counts what was pruned', async ({ shelf, dataSource, database, orders }) => {
  expect(orders).toContain('waits');
  await pruneLog(dataSource, shelf.merchantId, all);
  await database.query(
    "UPDATE stock_levels SET reserved_qty = reserved_qty + 5 WHERE merchant_id = $1 AND id = 'inv_1'",
    [shelf.merchantId],
  );
  const { drift } = await audit(dataSource, { merchantId: shelf.merchantId, repair: true });
  expect(drift).toMatchObject([
    { problems: ['9 units reserved, but holds add up to 4', '9 units reserved, but the log adds up to 4'] },
  ]);
  const repair = await database.query(
    "SELECT on_hand_delta, reserved_delta FROM movement_log WHERE merchant_id = $1 AND notes LIKE 'audit repair%'",
    [shelf.merchantId],
  );
  expect(repair).toEqual([{ on_hand_delta: 0, reserved_delta: 0 }]);
  expect(await shelf.happened()).toMatchObject({ reserved: [4, 1] });
});

test('two at once remove each entry once', async ({ shelf, dataSource, database, orders, reader }) => {
  const before = await told(reader, shelf, orders);
  const entries = await logged(database, shelf);
  const step = { ...all, stepEntriesMax: 1 };
  const counts = await Promise.all([1, 2, 3].map(() => pruneLog(dataSource, shelf.merchantId, step)));
  const pruned = counts.reduce((sum, one) => sum + one.pruned, 0);
  expect(pruned).toBe(entries - 5);
  expect(await told(reader, shelf, orders)).toEqual(before);
  await shelf.happened();
});

describe('what stops it in the middle', () => {
  test('a step that fails changes nothing, and the next run goes on', async ({
    shelf,
    dataSource,
    database,
    orders,
    reader,
  }) => {
    const before = await told(reader, shelf, orders);
    await database.query(
      "ALTER TABLE order_carried ADD CONSTRAINT breaks CHECK (reference <> 'part') NOT VALID",
    );
    await expect(pruneLog(dataSource, shelf.merchantId, all)).rejects.toThrow('breaks');
    await database.query('ALTER TABLE order_carried DROP CONSTRAINT breaks');
    expect(await told(reader, shelf, orders)).toEqual(before);
    await shelf.happened();
    await pruneLog(dataSource, shelf.merchantId, all);
    expect(await logged(database, shelf)).toBe(5);
    expect(await told(reader, shelf, orders)).toEqual(before);
  });

  test('a signal ends it after the step', async ({ shelf, dataSource, orders }) => {
    expect(orders).toContain('waits');
    const stop = new AbortController();
    const limits = { ...all, signal: stop.signal, onProgress: () => stop.abort() };
    expect(await pruneLog(dataSource, shelf.merchantId, limits)).toEqual({ pruned: 2, kept: 1 });
    await shelf.happened();
  });
});

describe('the command', () => {
  const flags = { step: '1000', pauses: true, json: true, signal: never };

  test('prunes each merchant, and nothing that is younger', async ({
    shelf,
    dataSource,
    database,
    orders,
  }) => {
    expect(orders).toContain('waits');
    const env = onDatabase(database.url);
    const young = await pruneCommand(env, { ...flags, olderThan: '1h' });
    expect(young.data).toMatchObject({ pruned: 0, stopped: false });
    await database.query(
      "UPDATE movement_log SET logged_at = logged_at - interval '2 hours' WHERE merchant_id = $1",
      [shelf.merchantId],
    );
    const before = new Date((await readNowUs(dataSource)) / 1000 - 3_601_000).toISOString();
    const { data, exitCode } = await pruneCommand(env, { ...flags, before, merchant: shelf.merchantId });
    expect(data).toMatchObject({ kept: 5, before: before.replace('Z', '000Z'), merchants: 1 });
    expect(exitCode).toBe(0);
    const [noted] = await database.query<{ at: Date }>(
      'SELECT pruned_before AS at FROM log_prunes WHERE merchant_id = $1',
      [shelf.merchantId],
    );
    expect(noted!.at.toISOString()).toBe(before);
    await shelf.happened();
  });

  test.for<[object, string]>([
    [{}, '--older-than is required, or --before'],
    [{ olderThan: '59m' }, '--older-than takes a number with s, m, h or d, such as 400d, and at least 1h'],
    [{ olderThan: 'long' }, '--older-than takes a number with s, m, h or d, such as 400d, and at least 1h'],
    [{ before: 'yesterday' }, '--before takes an instant such as 2026-01-01T00:00:00Z'],
    [{ before: '2026-02-31' }, '--before takes an instant such as 2026-01-01T00:00:00Z'],
    [{ before: '2999-01-01' }, '--before takes an instant that is at least 1h ago'],
    [{ olderThan: '1h', step: '0' }, '--step takes a number from 1 to 10000'],
    [{ olderThan: '1h', step: '1e3' }, '--step takes a number from 1 to 10000'],
  ])('%j: %s', async ([options, message], { database }) => {
    const run = async () => pruneCommand(onDatabase(database.url), { ...flags, ...options });
    await expect(run()).rejects.toThrow(new UsageError(message));
  });
});

describe('an export', () => {
  const flags = { format: 'ndjson', resume: false, signal: never } as const;

  /** Old entries, with texts that a line of a file cannot contain as they are. */
  const test = withOrders
    .extend('env', ({ database }) => onDatabase(database.url))
    .extend('old', async ({ shelf, database, orders }) => {
      await database.query(
        `UPDATE movement_log
            SET logged_at = timestamptz '2026-01-01T00:00:00Z' + revision * interval '1 second',
                notes = CASE WHEN reference = 'sold' THEN E'two\\nlines, "quoted"\\u001b' END
          WHERE merchant_id = $1`,
        [shelf.merchantId],
      );
      return orders.length > 0 ? logged(database, shelf) : 0;
    })
    .extend('folder', async ({ shelf }, { onCleanup }) => {
      const folder = await mkdtemp(join(tmpdir(), `holdfast-export-${shelf.merchantId}-`));
      onCleanup(() => rm(folder, { recursive: true }));
      return folder;
    });

  const linesOf = async (file: string): Promise<string[]> =>
    (await readFile(file, 'utf8')).trimEnd().split('\n');

  test('has every entry once, exactly, in order of time', async ({ shelf, database, env, old, folder }) => {
    const output = join(folder, 'log.ndjson');
    const { data } = await exportLogsCommand(env, { ...flags, output, merchant: shelf.merchantId });
    expect(data).toMatchObject({ entries: old, stopped: false });
    const rows = await database.query(
      `SELECT merchant_id AS "merchantId", to_char(logged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "loggedAt",
              inventory_id AS "inventoryId", revision::int, action, on_hand_delta AS "onHandDelta",
              reserved_delta AS "reservedDelta", on_hand_qty AS "onHandQty", reserved_qty AS "reservedQty", reference,
              notes, actor AS "adjustedBy", to_reference AS "toReference", moved_qty AS "movedQty", batch_id AS "batchId"
         FROM movement_log WHERE merchant_id = $1 ORDER BY logged_at, inventory_id COLLATE "C", revision`,
      [shelf.merchantId],
    );
    expect((await linesOf(output)).map((line) => JSON.parse(line))).toEqual(rows);
  });

  test.for<['ndjson' | 'csv', number]>([
    ['ndjson', 0],
    ['ndjson', 10],
    ['csv', 0],
    ['csv', 10],
    // Only the first three letters of the header are left.
    ['csv', 1e6],
  ])(
    'in %s is complete once it is resumed, after %d bytes were lost',
    async ([format, lost], { shelf, env, old, folder }) => {
      const [whole, cut] = [join(folder, 'whole'), join(folder, 'cut')];
      const wanted = { ...flags, format, merchant: shelf.merchantId };
      await exportLogsCommand(env, { ...wanted, output: whole });
      await exportLogsCommand(env, { ...wanted, output: cut, to: '2026-01-01T00:00:05Z' });
      const { size } = await stat(cut);
      await truncate(cut, Math.max(3, size - lost));
      await exportLogsCommand(env, { ...wanted, output: cut, resume: true });
      expect(await linesOf(cut)).toEqual(await linesOf(whole));
      expect(await linesOf(cut)).toHaveLength(old + (format === 'csv' ? 1 : 0));
    },
  );

  test('goes on after the first four values of a line, and within from and to', async ({
    shelf,
    env,
    old,
    folder,
  }) => {
    const [first, rest, part] = ['first', 'rest', 'part'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const wanted = { ...flags, format: 'csv', merchant: shelf.merchantId } as const;
    await exportLogsCommand(env, { ...wanted, output: first });
    const lines = await linesOf(first);
    expect(lines.filter((line) => line.includes('"two\\u000alines, ""quoted""\\u001b"'))).toHaveLength(2);
    const after = lines[4]!.split(',').slice(0, 4).join(',');
    await exportLogsCommand(env, { ...wanted, output: rest, after });
    expect(await linesOf(rest)).toEqual(lines.slice(5));
    const [from, to] = ['2026-01-01T00:00:02Z', '2026-01-01T00:00:04Z'];
    const { data } = await exportLogsCommand(env, { ...wanted, output: part, from, to });
    expect(data).toMatchObject({ to: '2026-01-01T00:00:04.000000Z' });
    const within = lines.slice(1).filter((line) => /T00:00:0[23]/.test(line.split(',')[1]!));
    expect((await linesOf(part)).slice(1)).toEqual(within);
    expect(old).toBeGreaterThan(within.length);
  });

  test('does not overwrite a file, nor go on with one that is not an export', async ({ env, folder }) => {
    const output = join(folder, 'other');
    await writeFile(output, 'something\n');
    const refused = async (options: object, message: string) =>
      expect(exportLogsCommand(env, { ...flags, ...options })).rejects.toThrow(new UsageError(message));
    await refused(
      { output },
      `${output} exists: add --resume to go on after its last line, or name another file`,
    );
    const to = '2026-01-01';
    await refused({ output, resume: true, to }, `${output} does not end as an export in ndjson does`);
    const unsaid = 'to go on needs --to as it was before, or --merchant';
    await refused({ output, resume: true }, unsaid);
    await refused({ after: 'mer_1,2026-01-01T00:00:00Z,inv_1,7' }, unsaid);
    await refused({ resume: true }, '--resume needs --output');
    await refused({ from: 'now' }, '--from takes an instant such as 2025-01-01T00:00:00Z');
    await refused(
      { after: 'mer_1,yesterday,inv_1,7', to },
      '--after takes the first four values of a line: merchantId,loggedAt,inventoryId,revision',
    );
    expect(await readFile(output, 'utf8')).toBe('something\n');
  });
});
