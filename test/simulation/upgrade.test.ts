import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { migrateCommand } from '../../src/cli/migrate.js';
import { audit } from '../../src/service/audit.js';
import { createMerchant } from '../../src/service/merchants.js';
import { type Credentials, startAppOn, type TestApp, tokenFor } from '../support/app.js';
import { type Caller, type DataAnswer, openCaller } from '../support/callers.js';
import { openDataSource } from '../support/data-source.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { JsonRequest, Rpc } from '../support/doors.js';
import { passSeconds } from '../support/pass-time.js';
import { unpackPrevious } from '../support/previous.js';
import {
  cleanUpProcesses,
  onDatabase,
  runHoldfast,
  type ServiceProcess,
  startService,
  until,
} from '../support/process.js';
import { dumpSchema } from '../support/schema-dump.js';
import { Attempts } from './attempts.js';
import { Random } from './random.js';

/*
 * An upgrade under load: the version before on its own schema, the migrations, then both versions on the new schema.
 * What callers were told must be in the log, call by call, and both audits must be clean.
 */

vi.setConfig({ testTimeout: 120_000 });

const CLIENTS = 8;
const IDS = ['inv_1', 'inv_2', 'inv_3', 'inv_4'];

let database: TestDatabase;
let dataSource: DataSource;
let merchant: Credentials;
let previous: ServiceProcess;
let service: TestApp | undefined;
const previousPath = unpackPrevious();
const callers: Caller[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query('DROP SCHEMA public CASCADE');
  await database.query('CREATE SCHEMA public');
  previous = await startService(onDatabase(database.url, { LOG_LEVEL: 'error' }), previousPath);
  dataSource = await openDataSource(database.url);
  const created = await createMerchant(dataSource, 'Test', 'test');
  merchant = { ...created, token: await tokenFor(created.merchantId) };
  callers.push(openCaller('gRPC', previous, merchant));
});
afterAll(async () => {
  for (const caller of callers) caller.close();
  await service?.close();
  await cleanUpProcesses();
  await dataSource?.destroy();
  await database?.drop();
});

/** Clients who call until they are told to stop, each time one of the versions that run. */
class Load {
  readonly accepted: { key: string; rpc: Rpc }[] = [];
  readonly refused: string[] = [];
  readonly attempts = new Attempts();
  #stopped = false;
  readonly #clients = Array.from({ length: CLIENTS }, (_, i) => this.#run(i));

  get answered(): number {
    return this.accepted.length + this.refused.length;
  }

  /** Resolves when this many more calls have been answered. */
  async goesOn(calls: number): Promise<void> {
    const wanted = this.answered + calls;
    await until(`${calls} answers`, () => this.answered >= wanted);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(client: number): Promise<void> {
    const random = new Random(client);
    for (let n = 0; !this.#stopped; n++) {
      const key = `call-${client}-${n}`;
      const { rpc, request } = drawCall(random, key);
      const answer = await this.attempts.untilAnswered(key, () =>
        random.pick(callers).ask(rpc, request, key),
      );
      if (answer.kind === 'ok') this.accepted.push({ key, rpc });
      else this.refused.push((answer as DataAnswer & { kind: 'refused' }).reason);
    }
  }
}

/** Draws a call that both versions know, on few records and orders, so that calls meet. */
function drawCall(random: Random, key: string): { rpc: Rpc; request: JsonRequest } {
  const line = () => ({ id: random.pick(IDS), qty: 1 + random.below(3) });
  const common = { reference: `order-${random.below(10)}`, notes: key };
  const ttl = random.pick([{}, { ttlSeconds: 1 }, { ttlSeconds: 1000 }]);
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      return { rpc: 'Reserve', request: { ...line(), ...common, ...ttl } };
    case 3:
      return { rpc: 'ReserveOrder', request: { ...common, ...ttl, lines: [line(), line()] } };
    case 4:
      return { rpc: 'Release', request: { ...line(), ...common } };
    case 5:
      return { rpc: 'Confirm', request: { ...line(), ...common } };
    case 6:
      return { rpc: random.pick(['ReleaseOrder', 'ConfirmOrder']), request: common };
    default:
      return { rpc: 'Adjust', request: { ...line(), action: 'RECEIVED', notes: key } };
  }
}

test('an upgrade under load: every answer is kept, and both audits are clean', async () => {
  const [old] = callers;
  for (const id of IDS) {
    const described = { productId: id, warehouseId: 'main', initialQty: 100_000 };
    const created = await old!.ask('CreateInventory', described, `new-${id}`);
    expect(created.kind).toBe('ok');
    // In 0.2.0, callers cannot choose a record's id.
    await rename((created as { data: { id: string } }).data.id, id);
  }
  const before = await dumpSchema(database);
  const load = new Load();
  await load.goesOn(60);
  await migrateCommand(onDatabase(database.url));
  await load.goesOn(60);
  service = await startAppOn(database);
  callers.push(openCaller('gRPC', service, merchant));
  await load.goesOn(100);
  await passSeconds(dataSource, merchant.merchantId, 10);
  await load.goesOn(100);
  await load.stop();

  expect(load.attempts.unanswered).toBe(0);
  expect([...new Set(load.refused)].filter((reason) => !answersToRequests.includes(reason))).toEqual([]);
  await expectInLog(load.accepted.map(({ key }) => key));
  expect(await audit(dataSource, { repair: false })).toMatchObject({ consistent: true, drift: [] });
  const audited = await runHoldfast(['audit', '--json'], onDatabase(database.url), previousPath);
  expect(JSON.parse(audited.stdout)).toMatchObject({ consistent: true, drift: [] });
  expectExpanded(before, await dumpSchema(database));
});

test('a hold that has expired in one version is not continued by the other', async () => {
  const [old, next] = callers;
  const references = Array.from({ length: 20 }, (_, i) => `ended-${i}`);
  const reserve = (caller: Caller, reference: string, term: JsonRequest) =>
    caller.ask(
      'Reserve',
      { id: 'inv_1', qty: 1, reference, ...term },
      `${reference}-${JSON.stringify(term)}`,
    );
  await Promise.all(
    references.map((reference, i) => reserve(i % 2 ? old! : next!, reference, { ttlSeconds: 1000 })),
  );
  await passSeconds(dataSource, merchant.merchantId, 2000);
  // Meanwhile, both versions sweep.
  const again = await Promise.all(
    references.map((reference, i) => reserve(i % 2 ? next! : old!, reference, {})),
  );
  expect(again.map(({ kind }) => kind)).toEqual(references.map(() => 'ok'));
  await until('the sweeps of both', async () => {
    const due = await database.query('SELECT 1 FROM stock_levels WHERE next_expiry_at < now()');
    return due.length === 0;
  });
  const held = await database.query<{ reference: string }>(
    "SELECT reference FROM holds WHERE inventory_id = 'inv_1' AND reference LIKE 'ended-%' AND qty = 1",
  );
  expect(held.map(({ reference }) => reference).sort()).toEqual([...references].sort());
  expect(await audit(dataSource, { repair: false })).toMatchObject({ consistent: true, drift: [] });
});

/** Answers to the request itself. */
const answersToRequests = [
  'INSUFFICIENT_RESERVED',
  'INSUFFICIENT_STOCK',
  'ORDER_ALREADY_CONFIRMED',
  'ORDER_ALREADY_RELEASED',
  'ORDER_EXPIRED',
  'ORDER_NOT_HELD',
];

async function rename(from: string, to: string): Promise<void> {
  for (const [table, column] of [
    ['stock_levels', 'id'],
    ['inventory_records', 'id'],
    ['movement_log', 'inventory_id'],
  ]) {
    await database.query(`UPDATE ${table} SET ${column} = $2 WHERE ${column} = $1`, [from, to]);
  }
}

/** Expects log entries of each accepted call, and of no other. */
async function expectInLog(keys: readonly string[]): Promise<void> {
  const rows = await database.query<{ notes: string }>(
    "SELECT DISTINCT notes FROM movement_log WHERE notes LIKE 'call-%'",
  );
  expect(rows.map(({ notes }) => notes).sort()).toEqual([...keys].sort());
}

/** The key in its new order finds the same rows as the old one and the index did. */
const HOLDS_BY_REFERENCE =
  "CREATE INDEX holds_by_reference ON public.holds USING btree (merchant_id, reference) WHERE (reference <> ''::text);\n";
const OTHER_ORDER = [
  'holds_pkey PRIMARY KEY (merchant_id, inventory_id, reference)',
  'holds_pkey PRIMARY KEY (merchant_id, reference, inventory_id)',
] as const;

/**
 * Expects that the schema only grew: everything that the version before reads is still there, and the rows that it
 * writes are still accepted. A later version may remove something by a migration of its own, with its reason here.
 */
function expectExpanded(before: string, after: string): void {
  const tables = (schema: string): Map<string, string[]> =>
    new Map(
      schema.split('\n\n').map((statement) => {
        const [head = '', ...rest] = statement.trim().split('\n');
        return [
          head,
          rest.filter((line) => line.startsWith('  ')).map((line) => line.replace(/,$/, '').trim()),
        ];
      }),
    );
  const now = tables(after);
  const expected = before.replace(HOLDS_BY_REFERENCE, '').replace(...OTHER_ORDER);
  for (const [head, lines] of tables(expected)) {
    expect([...now.keys()]).toContain(head);
    const found = now.get(head)!;
    expect(found).toEqual(expect.arrayContaining(lines));
    const added = found.filter((line) => !lines.includes(line));
    expect(added.filter((line) => /^(?!CONSTRAINT).* NOT NULL(?!.* DEFAULT )/.test(line))).toEqual([]);
  }
}
