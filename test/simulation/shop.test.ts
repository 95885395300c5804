import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Caller, type DataAnswer, type Door, doors, openCaller } from '../support/callers.js';
import { passSeconds } from '../support/pass-time.js';
import {
  cleanUpProcesses,
  onDatabase,
  type ServiceProcess,
  startService,
  until,
} from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';
import { Attempts } from './attempts.js';
import { Random } from './random.js';
import { drawCall, entriesOf, heldAfter, lossesOf, type ShopCall } from './shop-calls.js';
import { Stranger } from './stranger.js';

// Longer than its clients continue to call.
vi.setConfig({ testTimeout: 120_000 });

const CLIENTS = 12;
const CALLS_EACH = 40;

/** Answers to the request itself; after anything else, clients try again. */
const answersToRequests = [
  'INSUFFICIENT_RESERVED',
  'INSUFFICIENT_STOCK',
  'NEGATIVE_STOCK',
  'ORDER_ALREADY_CONFIRMED',
  'ORDER_ALREADY_RELEASED',
  'ORDER_EXPIRED',
  'ORDER_NOT_HELD',
  'STALE_QUANTITY',
];

let stage: Stage;
const services: ServiceProcess[] = [];
beforeAll(async () => {
  stage = await createStage();
});
afterEach(async () => {
  services.length = 0;
  await cleanUpProcesses();
});
afterAll(() => stage.close());

/** Seeded clients of a shop with several processes, and all that they were told. */
class Shop {
  readonly told: { call: ShopCall; answer: DataAnswer }[] = [];
  readonly attempts = new Attempts();
  readonly finished: Promise<unknown>;
  readonly #callers = new Map<string, Caller>();

  constructor(
    readonly seed: number,
    readonly ids: readonly string[],
  ) {
    this.finished = Promise.all(Array.from({ length: CLIENTS }, (_, i) => this.#runClient(i))).finally(() => {
      for (const caller of this.#callers.values()) caller.close();
    });
    // A test that fails before it waits for this shows its own error, and not this one.
    this.finished.catch(() => {});
  }

  get done(): boolean {
    return this.told.length === CLIENTS * CALLS_EACH;
  }

  /** Resolves when this many more calls have been answered. This is the clients' own clock. */
  async answeredMore(calls: number): Promise<void> {
    const wanted = Math.min(this.told.length + calls, CLIENTS * CALLS_EACH);
    await until(`${wanted} answers`, () => this.told.length >= wanted);
  }

  async #runClient(client: number): Promise<void> {
    const random = new Random(this.seed * 1000 + client);
    const door = doors[client % doors.length]!;
    for (let n = 0; n < CALLS_EACH; n++) {
      const call = drawCall(random, `shop${this.seed}`, `shop${this.seed}-${client}-${n}`, this.ids);
      // Each try may go to another process.
      const answer = await this.attempts.untilAnswered(call.key, () =>
        this.#caller(door, random.below(services.length)).ask(call.rpc, call.request, call.key),
      );
      this.told.push({ call, answer });
    }
  }

  #caller(door: Door, service: number): Caller {
    const { httpUrl, grpcAddress } = services[service]!;
    const name = `${door} ${httpUrl}`;
    let caller = this.#callers.get(name);
    if (caller === undefined) {
      caller = openCaller(door, { httpUrl, grpcAddress }, stage);
      this.#callers.set(name, caller);
    }
    return caller;
  }
}

async function openShop(seed: number, processes: number): Promise<Shop> {
  services.push(
    ...(await Promise.all(
      Array.from({ length: processes }, () =>
        startService(onDatabase(stage.database.url, { LOG_LEVEL: 'error' })),
      ),
    )),
  );
  const ids = Array.from({ length: 6 }, (_, i) => `inv_${seed}_${i}`);
  await stage.seed(...ids.map((id) => ({ id, onHandQty: 100, reservedQty: 0 })));
  return new Shop(seed, ids);
}

/** Expects that the log has what callers were told, call by call, and that counters, holds and log agree. */
async function expectTold({ told, ids }: Shop): Promise<void> {
  expect(told).toHaveLength(CLIENTS * CALLS_EACH);
  const reasons = told.flatMap(({ answer }) => (answer.kind === 'refused' ? [answer.reason] : []));
  expect(reasons.filter((reason) => !answersToRequests.includes(reason))).toEqual([]);
  const expected = told.flatMap(({ call, answer }) =>
    answer.kind === 'ok'
      ? [
          ...entriesOf(call, answer.data).map((entry) => `${call.key}: ${entry}`),
          ...lossesOf(call, answer.data),
        ]
      : [],
  );
  const rows = await stage.database.query<{ entry: string; key: string; id: string; held: number }>(
    `SELECT concat(notes, ': ', inventory_id, ' ', action, ' ', on_hand_delta, ' ', reserved_delta, ' ', reference,
                   ' ' || moved_qty || ' to ' || to_reference) AS entry,
            notes AS key, inventory_id AS id, held
       FROM (SELECT *, sum(units) OVER (PARTITION BY inventory_id, whose ORDER BY revision)::int AS held
               FROM (SELECT *, reference AS whose, reserved_delta - coalesce(moved_qty, 0) AS units
                       FROM movement_log
                      WHERE merchant_id = $1 AND inventory_id = ANY ($2)
                      UNION ALL
                     SELECT *, to_reference, moved_qty
                       FROM movement_log
                      WHERE merchant_id = $1 AND inventory_id = ANY ($2) AND moved_qty > 0) AS parts) AS l
      WHERE actor <> 'system' AND whose IS NOT DISTINCT FROM reference`,
    [stage.merchantId, ids],
  );
  const sets = new Map(told.map(({ call }) => [call.key, heldAfter(call)]));
  const others = rows.filter(({ key }) => sets.get(key) === undefined);
  expect(others.map((row) => row.entry).sort()).toEqual(expected.sort());
  const wrong = rows.filter(({ key, id, held }) => (sets.get(key)?.(id) ?? held) !== held);
  expect(wrong).toEqual([]);
  await stage.expectAuditClean();
}

/** Expects that expired holds are gone, and that the log has the end of each. */
async function expectExpired({ ids }: Shop): Promise<void> {
  const values = [stage.merchantId, ids];
  await passSeconds(stage.dataSource, stage.merchantId, 3000);
  await until('the sweep', async () => {
    const due = await stage.database.query(
      'SELECT 1 FROM holds WHERE merchant_id = $1 AND inventory_id = ANY ($2) AND expires_at IS NOT NULL',
      values,
    );
    return due.length === 0;
  });
  const entries = await stage.database.query<{ units: number }>(
    `SELECT reserved_delta AS units FROM movement_log
      WHERE merchant_id = $1 AND inventory_id = ANY ($2) AND actor = 'system' AND action = 'RELEASED' AND notes = 'expired'`,
    values,
  );
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter(({ units }) => units >= 0)).toEqual([]);
  await stage.expectAuditClean();
}

describe('a shop of several processes: orders, holds that end, confirmations, adjustments', () => {
  test('two, while time passes and a stranger locks records: each call once, as told, and each hold ends once', async () => {
    const shop = await openShop(1, 2);
    const stranger = new Stranger(stage.database.url, stage.merchantId, shop.ids, new Random(11));
    while (!shop.done) {
      await shop.answeredMore(60);
      await passSeconds(stage.dataSource, stage.merchantId, 700);
    }
    await shop.finished;
    await stranger.took(5);
    await stranger.stop();
    const reasons = shop.told.map(({ answer }) => (answer.kind === 'refused' ? answer.reason : answer.kind));
    // The test proves little unless each of these happened often enough.
    const lost = shop.told.flatMap(({ call, answer }) =>
      answer.kind === 'ok' ? lossesOf(call, answer.data) : [],
    );
    expect(lost.length).toBeGreaterThan(0);
    expect([...new Set(reasons)]).toEqual(
      expect.arrayContaining(['ok', 'INSUFFICIENT_RESERVED', 'ORDER_NOT_HELD', 'STALE_QUANTITY']),
    );
    await expectTold(shop);
    await expectExpired(shop);
  });

  test('four, while connections are terminated, two processes are killed, and time passes', async () => {
    const shop = await openShop(2, 4);
    let killed = 0;
    while (!shop.done) {
      await shop.answeredMore(40);
      await stage.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'holdfast' AND state <> 'idle'
            AND pid <> pg_backend_pid()`,
      );
      await until('time to pass', () =>
        passSeconds(stage.dataSource, stage.merchantId, 700).then(
          () => true,
          () => false,
        ),
      );
      if (killed < 2) {
        await services[killed]!.end('SIGKILL');
        services[killed++] = await startService(onDatabase(stage.database.url, { LOG_LEVEL: 'error' }));
      }
    }
    await shop.finished;
    expect(shop.attempts.unanswered).toBeGreaterThan(0);
    await expectTold(shop);
    await expectExpired(shop);
  });
});
