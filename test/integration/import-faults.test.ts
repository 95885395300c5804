import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ImportOptions, type ImportReport, importRows } from '../../src/service/import/import-rows.js';
import { readRows } from '../../src/service/import/reading/import-file.js';
import { plainRules } from '../../src/service/import/rows/column-rules.js';
import { receiveLines } from '../../src/service/import/submit-line.js';
import { createMerchant } from '../../src/service/merchants.js';
import { Session, startEngine, type TestEngine } from '../support/engine-stage.js';
import { ImportFiles, unitsOf } from '../support/import-files.js';
import {
  cleanUpProcesses,
  onDatabase,
  type Running,
  runHoldfast,
  spawnHoldfast,
  until,
} from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let stage: Stage;
const files = new ImportFiles();
beforeAll(async () => {
  stage = await createStage();
});
afterEach(cleanUpProcesses);
afterAll(async () => {
  files.remove();
  await stage?.close();
});

let merchantId: string;
let memoryId: string;
beforeEach(async () => {
  ({ merchantId } = await createMerchant(stage.dataSource, 'Imports', 'test'));
  memoryId = randomUUID();
});

/** Units and log entries of the import; fails unless counters and log agree. */
async function shelf(): Promise<{ records: number; units: number; entries: number }> {
  await stage.expectAuditClean();
  const [row] = await stage.database.query<{ records: number; units: number; entries: number }>(
    `SELECT count(*)::int AS records, coalesce(sum(on_hand_qty), 0)::int AS units,
            (SELECT count(*)::int FROM movement_log WHERE merchant_id = $1) AS entries
       FROM stock_levels WHERE merchant_id = $1`,
    [merchantId],
  );
  return row!;
}

/** What a file of this many products comes to, imported once. */
const once = (count: number): object => ({
  records: count,
  units: Array.from({ length: count }, (_, i) => unitsOf(i)).reduce((sum, units) => sum + units, 0),
  entries: count,
});

/** A locked record of a product in the file: an import gets no further. */
class Obstacle {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  static async at(product: string): Promise<Obstacle> {
    await stage.database.query(
      `WITH s AS (INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
                  VALUES ($1, 'inv_obstacle', 0, 0, 1)),
            l AS (INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, actor, batch_id)
                  VALUES ($1, 'inv_obstacle', 1, 'RECEIVED', 0, 0, 'ann', gen_random_uuid()))
       INSERT INTO inventory_records (merchant_id, id, product_id, warehouse_id) VALUES ($1, 'inv_obstacle', $2, 'wh_1')`,
      [merchantId, product],
    );
    const session = await Session.open(stage.database.url);
    await session.run('BEGIN');
    await session.run('SELECT 1 FROM stock_levels WHERE merchant_id = $1 FOR UPDATE', [merchantId]);
    return new Obstacle(session);
  }

  async remove(): Promise<void> {
    await this.#session.run('ROLLBACK');
    await this.#session.close();
  }
}

/** The creation of the obstacle's record is one more entry. */
const onceWithObstacle = (count: number): object => ({ ...once(count), entries: count + 1 });

describe('as a process', () => {
  const COUNT = 3000;
  const env = (): Record<string, string> => ({
    ...(onDatabase(stage.database.url) as Record<string, string>),
    BATCH_COMMANDS_MAX: '50',
  });
  const run = async (file: string): Promise<Record<string, number>> => {
    const { code, stdout, stderr } = await runHoldfast(
      ['import', file, '--merchant', merchantId, '--json'],
      env(),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout);
  };
  /** Starts an import, and waits until some lines are done: then it is stuck at the obstacle. */
  const startAndStick = async (file: string): Promise<Running> => {
    const running = spawnHoldfast(['import', file, '--merchant', merchantId], env());
    await until('some lines', async () => {
      const rows = await stage.database.query('SELECT 1 FROM import_lines WHERE merchant_id = $1 LIMIT 500', [
        merchantId,
      ]);
      return rows.length === 500;
    });
    return running;
  };

  test('kill -9 in the middle: the next run continues, and every unit is there once', async () => {
    const file = files.products(COUNT);
    const obstacle = await Obstacle.at('P2000');
    const running = await startAndStick(file);
    expect(await running.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    await obstacle.remove();
    const report = await run(file);
    expect(report).toMatchObject({ lines: COUNT + 1, rows: COUNT, restocked: 1, bad: 0 });
    expect(report.alreadyDone).toBeGreaterThanOrEqual(500);
    expect(report.created).toBeGreaterThanOrEqual(500);
    expect(report.created! + report.alreadyDone!).toBe(COUNT - 1);
    expect(await shelf()).toEqual(onceWithObstacle(COUNT));

    expect(await run(file)).toMatchObject({ alreadyDone: COUNT });
    expect(await shelf()).toEqual(onceWithObstacle(COUNT));
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: finishes the lines that are in progress, and says how to resume',
    async (signal) => {
      const file = files.products(COUNT);
      const obstacle = await Obstacle.at('P2000');
      const running = await startAndStick(file);
      process.kill(running.pid, signal);
      await obstacle.remove();
      expect(await running.exited).toEqual({ code: 1, signal: null });
      const [, importId] = /^Import ([0-9a-f]{32}) of /.exec(running.stdout())!;
      expect(running.stdout()).toContain('Stopped before the end of the file.');
      expect(running.stdout()).toContain(`--import-id ${importId}`);
      const [, lines, created, restocked] =
        /: 3001 lines = (\d+) done \+ 0 bad \+ 0 blank \+ 1 of column names \+ \d+ left\.\n\d+ rows: (\d+) created, (\d+) restocked,/
          .exec(running.stdout())!
          .map(Number);
      // The lines that were begun are done, and the others are not.
      expect(created! + restocked!).toBe(lines);
      expect(lines).toBeLessThan(COUNT);
      expect(await shelf()).toMatchObject({ entries: lines! + 1 });
      expect(await run(file)).toMatchObject({ rows: COUNT, alreadyDone: lines, bad: 0 });
      expect(await shelf()).toEqual(onceWithObstacle(COUNT));
    },
  );

  test('the same file by two processes at the same time: every line is done once', async () => {
    const file = files.products(COUNT);
    const reports = await Promise.all([run(file), run(file)]);
    const sum = (name: string): number => reports[0]![name]! + reports[1]![name]!;
    expect({ created: sum('created'), alreadyDone: sum('alreadyDone'), restocked: sum('restocked') }).toEqual(
      {
        created: COUNT,
        alreadyDone: COUNT,
        restocked: 0,
      },
    );
    expect(await shelf()).toEqual(once(COUNT));
  });

  test('bad lines are reported on standard error, by number', async () => {
    const file = files.write('productId,warehouseId,qty\nP,W,x\nQ,W,1\n,W,\n,,\n');
    const { code, stdout, stderr } = await runHoldfast(['import', file, '--merchant', merchantId], env());
    expect({ code, stderr: stderr.split('\n') }).toEqual({
      code: 1,
      stderr: [
        'line 2: qty must be a whole number from 0 to 2147483647, not "x"',
        'line 4: productId is missing; qty is missing',
        '',
      ],
    });
    expect(stdout).toMatch(
      /: 5 lines = 1 done \+ 2 bad \+ 1 blank \+ 1 of column names\.\n1 row: 1 created, 0 restocked, 0 already done\.\nThe bad lines were not imported/,
    );
  });

  test('used wrongly: exit 2', async () => {
    const file = files.write('productId,warehouseId\n');
    expect(await runHoldfast(['import', file, '--merchant', merchantId], env())).toEqual({
      code: 2,
      stdout: '',
      stderr: `holdfast: the column qty is missing. The columns are id, productId, skuId, warehouseId, warehouseName, qty, location, reorderLevel, reorderQty, variantAttributes, reference, notes.\n`,
    });
  });
});

describe('faults on the way', () => {
  const COUNT = 1000;
  let engine: TestEngine | undefined;
  let proxy: TcpProxy | undefined;
  afterEach(async () => {
    await engine?.close();
    await proxy?.close();
    engine = undefined;
    proxy = undefined;
  });

  const imported = (file: string, change: Partial<ImportOptions> = {}): Promise<ImportReport> =>
    importRows(engine!.engine, readRows(file, { format: 'csv', rules: plainRules }), {
      mode: receiveLines({ merchantId, actor: 'ann' }, memoryId),
      inFlightMax: 60,
      retry: { attemptsMax: 100, backoffMinMs: 1, backoffMaxMs: 20 },
      signal: new AbortController().signal,
      observer: { bad: () => {}, progress: () => {} },
      ...change,
    });
  const startOn = async (url: string): Promise<void> => {
    engine = await startEngine(url, {
      limits: { batchCommandsMax: 20, attemptsMax: 2, rowWaitMaxMs: 100 },
      database: { lockTimeoutMs: 50 },
    });
  };

  test('a record that stays locked stops it; a later run goes on from there', async () => {
    // As many lines as may be in flight are for the locked record, so those behind them are not begun.
    const locked = 100;
    const lines = Array.from({ length: COUNT }, (_, i) =>
      i === 500 ? Array(locked).fill('P500,wh_1,1') : [`P${i},wh_1,1`],
    ).flat();
    await startOn(stage.database.url);
    const file = files.write(`productId,warehouseId,qty\n${lines.join('\n')}\n`);
    const obstacle = await Obstacle.at('P500');
    const report = await imported(file, { retry: { attemptsMax: 2, backoffMinMs: 1, backoffMaxMs: 5 } });
    await obstacle.remove();
    expect(report).toMatchObject({
      stopped: 'CONTENTION',
      counts: { bad: 0, created: 500, restocked: 0 },
    });
    const again = await imported(file);
    expect(again).toMatchObject({
      stopped: undefined,
      counts: { alreadyDone: 500, created: COUNT - 501, restocked: locked },
    });
    const units = COUNT - 1 + locked;
    expect(await shelf()).toEqual({ records: COUNT, units, entries: units + 1 });
  });

  test('a record that is locked for a while only makes it wait', async () => {
    await startOn(stage.database.url);
    const obstacle = await Obstacle.at('P500');
    const running = imported(files.products(COUNT));
    await until('the obstacle to be met', () => engine!.engine.recordsAwaited > 0);
    await obstacle.remove();
    expect(await running).toMatchObject({
      stopped: undefined,
      counts: { rows: COUNT, created: COUNT - 1, restocked: 1 },
    });
    expect(await shelf()).toEqual(onceWithObstacle(COUNT));
  });

  test.each(['cut', 'cut after', 'cut at once'] as const)(
    'a COMMIT that is %s: every unit is there once',
    async (effect) => {
      const started = await TcpProxy.start(stage.database.url);
      proxy = started.proxy;
      await startOn(started.url);
      const cut = [proxy.failNext('COMMIT', effect), proxy.failNext('insert_import_lines', 'cut')];
      const running = imported(files.products(COUNT));
      await Promise.all(cut);
      expect(await running).toMatchObject({ stopped: undefined, counts: { rows: COUNT, bad: 0 } });
      expect(await shelf()).toEqual(once(COUNT));
    },
  );

  test('a database that is away and comes back; one that stays away stops it', async () => {
    const started = await TcpProxy.start(stage.database.url);
    proxy = started.proxy;
    await startOn(started.url);
    const file = files.products(COUNT);
    let away = false;
    const stopped = await imported(file, {
      retry: { attemptsMax: 3, backoffMinMs: 1, backoffMaxMs: 5 },
      observer: {
        bad: () => {},
        progress: ({ created }) => {
          if (created < 300 || away) return;
          away = true;
          proxy!.goDown();
        },
      },
    });
    expect(stopped).toMatchObject({ stopped: 'DATABASE_UNAVAILABLE', counts: { bad: 0 } });
    // It leaves the rest of the file alone.
    expect(stopped.counts.rows).toBeLessThan(COUNT);
    const running = imported(file);
    await until('tries', () => engine!.retries.length > 50);
    proxy.comeBack();
    const resumed = await running;
    expect(resumed).toMatchObject({ stopped: undefined, counts: { rows: COUNT, restocked: 0, bad: 0 } });
    expect(resumed.counts.alreadyDone).toBeGreaterThanOrEqual(300);
    expect(await shelf()).toEqual(once(COUNT));
  });

  test('told to stop while it waits for the database: it stops waiting', async () => {
    const started = await TcpProxy.start(stage.database.url);
    proxy = started.proxy;
    await startOn(started.url);
    proxy.goDown();
    const controller = new AbortController();
    const running = imported(files.products(COUNT), {
      signal: controller.signal,
      retry: { attemptsMax: 100, backoffMinMs: 3_600_000, backoffMaxMs: 3_600_000 },
    });
    await until('tries', () => engine!.retries.length > 0);
    controller.abort();
    expect(await running).toMatchObject({ stopped: 'interrupted', counts: { created: 0, bad: 0 } });
  });

  test('a fault of the observer’s ends the import, and nothing hangs', async () => {
    await startOn(stage.database.url);
    const progress = (): never => {
      throw new Error('no more room on the screen');
    };
    await expect(imported(files.products(COUNT), { observer: { bad: () => {}, progress } })).rejects.toThrow(
      'no more room',
    );
    expect((await shelf()).records).toBeLessThan(COUNT);
  });
});
