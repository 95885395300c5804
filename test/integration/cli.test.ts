import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditCommand } from '../../src/cli/audit.js';
import { UsageError } from '../../src/cli/context.js';
import { importCommand } from '../../src/cli/import/import.js';
import { keyAddCommand, keyRevokeCommand } from '../../src/cli/key.js';
import { merchantCreateCommand, merchantSetCommand } from '../../src/cli/merchant.js';
import { recordCreateCommand } from '../../src/cli/record.js';
import { tokenCommand } from '../../src/cli/token.js';
import type { Environment } from '../../src/config.js';
import { createMerchant } from '../../src/service/merchants.js';
import { UnknownMerchant } from '../../src/service/unknown-merchant.js';
import { seedRecords } from '../../src/store/seed.js';
import { VERSION } from '../../src/version.js';
import { JWT_SECRET } from '../support/app.js';
import { openCaller } from '../support/callers.js';
import { runCommandHere } from '../support/command-line.js';
import {
  type CommandRun,
  cleanUpProcesses,
  holdfastPath,
  onDatabase,
  runHoldfast,
  type ServiceProcess,
  startService,
  until,
} from '../support/process.js';
import { createStage, type Stage } from '../support/stage.js';

const badName = '--name must have 1 to 200 characters';
const badTtl = '--ttl takes a number with s, m, h or d, from 1s to 366d';

let stage: Stage;
let service: ServiceProcess;

beforeAll(async () => {
  stage = await createStage();
  service = await startService(onDatabase(stage.database.url, { METRICS_PORT: '0' }));
});
afterAll(async () => {
  await cleanUpProcesses();
  await stage.close();
});

describe('each command, for people and with --json', () => {
  const merchantId = /mer_[A-Za-z0-9]{12}/;
  const liveKey = /pk_live_[A-Za-z0-9_-]{43}/;
  const cases: { args: string; text: RegExp; json: (m: string) => unknown }[] = [
    { args: 'migrate', text: /^The schema is up to date\.\n$/, json: () => ({ migrations: [] }) },
    {
      args: 'merchant create --name Shop',
      text: new RegExp(
        `^Merchant ${merchantId.source}\nAPI key  ${liveKey.source}\nThe key is not shown again.\n$`,
      ),
      json: () => ({ merchantId: expect.stringMatching(merchantId), apiKey: expect.stringMatching(liveKey) }),
    },
    {
      args: 'merchant create --name Shop --mode test',
      text: /API key {2}pk_test_/,
      json: () => ({ merchantId: expect.any(String), apiKey: expect.stringMatching(/^pk_test_/) }),
    },
    {
      args: 'merchant list',
      text: /^mer_\w+ {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}Test$/m,
      json: (m) => ({
        merchants: expect.arrayContaining([
          { merchantId: m, name: 'Test', createdAt: expect.stringMatching(/Z$/), defaultTtlSeconds: 0 },
        ]),
      }),
    },
    {
      args: 'key add --merchant M',
      text: new RegExp(`^API key  ${liveKey.source}\nThe key is not shown again.\n$`),
      json: (m) => ({ merchantId: m, apiKey: expect.stringMatching(liveKey) }),
    },
    {
      args: 'key list --merchant M',
      text: /^pk_test_….{4} {2}created \S+Z$/m,
      json: () => ({
        keys: expect.arrayContaining([
          {
            prefix: 'pk_test_',
            lastFour: stage.apiKey.slice(-4),
            createdAt: expect.any(String),
            revokedAt: null,
          },
        ]),
      }),
    },
    {
      args: 'token --merchant M',
      text: /^[\w-]+\.[\w-]+\.[\w-]+\n$/,
      json: () => ({ token: expect.any(String) }),
    },
    {
      args: 'audit --merchant M',
      text: /^0 records of 1 merchant checked: consistent\.\n$/,
      json: () => ({ consistent: true, merchants: 1, records: 0, drift: [] }),
    },
  ];

  test.each(cases)('$args', async ({ args, text, json }) => {
    const words = args.split(' ').map((word) => (word === 'M' ? stage.merchantId : word));
    // Once as a process: it also has to end by itself.
    const [people, scripts] = await Promise.all([asProcess(words), holdfast([...words, '--json'])]);
    expect(people).toEqual({ code: 0, stdout: expect.stringMatching(text), stderr: '' });
    expect({ ...scripts, stdout: JSON.parse(scripts.stdout) }).toEqual({
      code: 0,
      stdout: json(stage.merchantId),
      stderr: '',
    });
    // One line of JSON.
    expect(scripts.stdout.trimEnd()).not.toContain('\n');
  });

  test('--version', async () => {
    expect(await asProcess(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });

  test('--json may also stand before the command', async () => {
    expect(JSON.parse((await holdfast(['--json', 'migrate'])).stdout)).toEqual({ migrations: [] });
  });
});

test('health asks the service of HOST and HTTP_PORT', async () => {
  const { port } = new URL(service.httpUrl);
  const asked = await runHoldfast(['health', '--json'], onDatabase(stage.database.url, { HTTP_PORT: port }));
  expect([asked.code, JSON.parse(asked.stdout)]).toEqual([0, { ready: true, said: '{"status":"UP"}' }]);
});

describe('used wrongly: one line that says how, exit 2, nothing on standard output', () => {
  const cases: { args: string[]; expected: string }[] = [
    { args: ['bogus'], expected: "holdfast: unknown command 'bogus'; see --help" },
    { args: ['audit', '--fix'], expected: "holdfast: unknown option '--fix'" },
    { args: ['merchant', 'drop'], expected: "holdfast: unknown command 'drop'" },
    { args: ['merchant', 'create'], expected: "holdfast: required option '--name <name>' not specified" },
    {
      args: ['key', 'add', '--merchant', 'mer_no', '--mode', 'gold'],
      expected:
        "holdfast: option '--mode <mode>' argument 'gold' is invalid. Allowed choices are live, test.",
    },
    { args: ['key', 'list', '--merchant', 'mer_no'], expected: 'holdfast: there is no merchant mer_no' },
    {
      args: ['record', 'create', '--merchant', 'mer_no', '--id', 'a b', '--on-hand', '1'],
      expected: 'holdfast: --id must have 1 to 64 characters of A-Z a-z 0-9 . _ -',
    },
    {
      args: ['record', 'create', '--merchant', 'mer_no', '--id', 'a', '--on-hand', '-1'],
      expected: 'holdfast: --on-hand must be a whole number from 0 to 2147483647, not "-1"',
    },
    {
      args: ['record', 'create', '--merchant', 'mer_no', '--id', 'a', '--on-hand', '1'],
      expected: 'holdfast: there is no merchant mer_no',
    },
    { args: ['import'], expected: "holdfast: missing required argument 'file'" },
    ...['0', '1025', 'x', '-1', '1.5'].map((shards) => ({
      args: ['distribute', '--shards', shards],
      expected: 'holdfast: --shards takes a number from 1 to 1024',
    })),
    { args: ['token', '--merchant', 'mer_no', '--ttl', '1w'], expected: `holdfast: ${badTtl}` },
  ];

  test.each(cases)('$args → $expected', async ({ args, expected }) => {
    expect(await holdfast(args)).toEqual({ code: 2, stdout: '', stderr: `${expected}\n` });
  });

  test('as a process it says the same, of what the parser finds wrong and of what the command finds wrong', async () => {
    const some = cases.filter(({ args }) => ['bogus', 'key', 'token'].includes(args[0]!));
    expect(some.length).toBeGreaterThan(2);
    for (const { args, expected } of some) {
      expect(await asProcess(args)).toEqual({ code: 2, stdout: '', stderr: `${expected}\n` });
    }
  });

  // What the commands themselves find wrong, without a process for each.
  const token = { permissions: 'can_update_inventory', ttl: '1h', actor: 'operator' };
  const noMerchant = 'there is no merchant mer_no';
  const noKey = 'the merchant has no valid key like that';
  const noSecret =
    'tokens are signed with JWT_SECRET, which is not set; with JWT_JWKS_URL your issuer signs them';
  const jwksUrl = 'http://127.0.0.1:1/keys';
  const [length, reserved, control] = [
    '--actor must have 1 to 255 characters',
    "--actor must not be system, the name that the log uses for the service's own changes",
    '--actor must not contain control characters',
  ];
  const badActors: [string, string][] = [
    ['', length],
    [' ', length],
    ['a'.repeat(256), length],
    ['system', reserved],
    [' System ', reserved],
    ['sys\u200btem', reserved],
    ['\u200b', length],
    ['ｓｙｓｔｅｍ', reserved],
    ['a\u001b[31m', control],
    ['a\nb', control],
    ['a\u009b', control],
    ['a\u202eb', control],
  ];
  const refused: {
    name: string;
    run: (env: Environment, m: string) => Promise<unknown>;
    env?: Environment;
    expected: string;
  }[] = [
    { name: 'merchant create --name " "', run: (env) => merchantCreate(env, ' '), expected: badName },
    {
      name: 'merchant create --name <201>',
      run: (env) => merchantCreate(env, 'n'.repeat(201)),
      expected: badName,
    },
    {
      name: 'key add',
      run: (env) => keyAddCommand(env, { merchant: 'mer_no', mode: 'live' }),
      expected: noMerchant,
    },
    {
      name: 'key revoke of no merchant',
      run: (env) => keyRevokeCommand(env, { merchant: 'mer_no', key: '0000' }),
      expected: noMerchant,
    },
    {
      name: 'key revoke by last four',
      run: (env, merchant) => keyRevokeCommand(env, { merchant, key: '0000' }),
      expected: noKey,
    },
    {
      name: 'key revoke by key',
      run: (env, merchant) => keyRevokeCommand(env, { merchant, key: 'pk_live_x' }),
      expected: noKey,
    },
    {
      name: 'record create of much that is wrong',
      run: (env) =>
        recordCreateCommand(env, {
          merchant: 'mer_no',
          id: 'a',
          onHand: '1',
          warehouse: 'main',
          reorderLevel: 'x',
          attributes: '[]',
          actor: 'operator',
        }),
      expected:
        '--reorder-level must be a whole number from 0 to 2147483647, not "x"; --attributes must be a JSON object such as {"colour": "red"}',
    },
    ...['1w', '', '0s', '-1m', '31d', '2592001s'].map((defaultTtl) => ({
      name: `merchant set --default-ttl "${defaultTtl}"`,
      run: (env: Environment, merchant: string) => merchantSet(env, merchant, defaultTtl),
      expected: '--default-ttl takes a number with s, m, h or d, from 1s to 30d, or 0 for none',
    })),
    {
      name: 'merchant set of no merchant',
      run: (env) => merchantSet(env, 'mer_no', '15m'),
      expected: noMerchant,
    },
    {
      name: 'audit',
      run: (env) => auditCommand(env, { merchant: 'mer_no', repair: false }),
      expected: noMerchant,
    },
    {
      name: 'token of no merchant',
      run: (env) => tokenCommand(env, { ...token, merchant: 'mer_no' }),
      expected: noMerchant,
    },
    ...['all', '', 'can_update_inventory,'].map((permissions) => ({
      name: `token --permissions "${permissions}"`,
      run: (env: Environment, merchant: string) => tokenCommand(env, { ...token, merchant, permissions }),
      expected: `--permissions takes can_read_stock, can_read_inventory, can_update_inventory, can_manage_inventory, not "${permissions.split(',').at(-1)}"`,
    })),
    ...['', '0s', '1', '1w', '-1h', '1.5h', '367d', '99999999999s'].map((ttl) => ({
      name: `token --ttl "${ttl}"`,
      run: (env: Environment, merchant: string) => tokenCommand(env, { ...token, merchant, ttl }),
      expected: badTtl,
    })),
    ...badActors.flatMap(([actor, expected]) => [
      {
        name: `token --actor ${JSON.stringify(actor.slice(0, 20))}`,
        run: (env: Environment, merchant: string) => tokenCommand(env, { ...token, merchant, actor }),
        expected,
      },
      {
        name: `import --actor ${JSON.stringify(actor.slice(0, 20))}`,
        run: (env: Environment, merchant: string) =>
          importCommand(env, {
            merchant,
            actor,
            file: 'nowhere.csv',
            dryRun: false,
            json: true,
            signal: new AbortController().signal,
          }),
        expected,
      },
    ]),
    {
      name: 'token for a merchant and for an operator',
      run: (env, merchant) => tokenCommand(env, { ...token, merchant, operator: true }),
      expected: 'give either --merchant or --operator',
    },
    {
      name: 'token for nobody',
      run: (env) => tokenCommand(env, { ttl: '1h', actor: 'a' }),
      expected: 'give either --merchant or --operator',
    },
    {
      name: 'token of an operator with other permissions',
      run: (env) => tokenCommand(env, { ...token, operator: true }),
      expected: '--operator grants can_manage_merchants: leave --permissions out',
    },
    {
      name: 'token without a secret',
      run: (env, merchant) => tokenCommand(env, { ...token, merchant }),
      env: { JWT_SECRET: '' },
      expected: noSecret,
    },
    {
      name: 'token with an issuer',
      run: (env, merchant) => tokenCommand(env, { ...token, merchant }),
      env: { JWT_SECRET: '', JWT_JWKS_URL: jwksUrl },
      expected: noSecret,
    },
  ];

  test.each(refused)('$name → $expected', async ({ run, env, expected }) => {
    const error = await Promise.resolve()
      .then(() => run(onDatabase(stage.database.url, env), stage.merchantId))
      .catch((thrown: Error) => thrown);
    expect([UsageError, UnknownMerchant].some((type) => error instanceof type)).toBe(true);
    expect((error as Error).message).toBe(expected);
  });
});

describe('misconfigured: reported before anything is opened, exit 1', () => {
  const nowhere = 'postgres://user:hidden-password@127.0.0.1:1/nowhere';
  const cases: { name: string; args: string[]; env: Environment; expected: string[] }[] = [
    {
      name: 'all faults at once',
      args: ['serve'],
      env: {
        DATABASE_URL: 'mysql://user:hidden-password@host/db',
        HTTP_PORT: '99999',
        GRPC_PORT: 'x',
        LOG_LEVEL: 'loud',
        JWT_SECRET: 'short',
        TLS_CERT_FILE: '/nowhere.pem',
      },
      expected: [
        'DATABASE_URL: ',
        'HTTP_PORT: ',
        'GRPC_PORT: ',
        'LOG_LEVEL: ',
        'JWT_SECRET: ',
        'TLS_CERT_FILE',
      ],
    },
    {
      name: 'DATABASE_URL without a way to verify tokens',
      args: ['serve'],
      env: { DATABASE_URL: nowhere },
      expected: ['JWT_SECRET or JWT_JWKS_URL: one of the two is required when DATABASE_URL is set'],
    },
    {
      name: 'a database that refuses',
      args: ['serve'],
      env: { DATABASE_URL: nowhere, JWT_SECRET },
      expected: ['the database cannot be used: connect ECONNREFUSED 127.0.0.1:1'],
    },
    {
      name: 'a database that refuses, at a name with two addresses',
      args: ['audit'],
      env: { DATABASE_URL: nowhere.replace('127.0.0.1', 'localhost') },
      expected: ['the database cannot be used: ', 'ECONNREFUSED'],
    },
    {
      name: 'a DATA_DIR that is a file',
      args: ['migrate'],
      env: { DATA_DIR: process.execPath },
      expected: ['the database cannot be used: '],
    },
  ];

  test.each(cases)('$name', async ({ args, env, expected }) => {
    const { code, stdout, stderr } = await runHoldfast(args, { HTTP_PORT: '0', GRPC_PORT: '0', ...env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    for (const part of expected) expect(stderr).toContain(part);
    expect(stderr).toMatch(/^holdfast: /m);
    expect(stderr).not.toContain('hidden-password');
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

test('no database: a command says so, and makes none', async () => {
  const DATA_DIR = join(tmpdir(), 'holdfast-of-nobody');
  for (const run of [
    () => auditCommand({ DATA_DIR }, { repair: false }),
    () => tokenCommand({ DATA_DIR }, { ttl: '1h', actor: 'a', operator: true }),
  ]) {
    await expect(run()).rejects.toThrow(`there is no database in ${DATA_DIR}: set DATABASE_URL, or DATA_DIR`);
  }
  expect(existsSync(DATA_DIR)).toBe(false);
});

test('a service tells its version first, and the port of its metrics', async () => {
  const [first = ''] = service.stderr().split('\n');
  expect(JSON.parse(first)).toMatchObject({ version: VERSION });
  expect(service.stdout()).toMatch(/^Metrics on http:\/\/127\.0\.0\.1:\d+\/metrics$/m);
});

test('SIGHUP without TLS: there is nothing to read again, and the service goes on', async () => {
  process.kill(service.pid, 'SIGHUP');
  const statuses = [await fetch(`${service.httpUrl}/readyz`), await fetch(`${service.httpUrl}/readyz`)];
  expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
  expect(service.child.exitCode).toBeNull();
});

describe('keys and tokens, on a service that runs', () => {
  const id = 'inv_cli';
  const call = { rpc: 'reserve', id, qty: 1 } as const;

  test('an added key works along with the old one; a revoked one stops working', async () => {
    const merchant = await createMerchant(stage.dataSource, 'Rotates', 'live');
    const { merchantId } = merchant;
    await seedRecords(stage.dataSource, merchantId, [{ id, onHandQty: 1_000_000, reservedQty: 0 }]);
    const token = await json(['token', '--merchant', merchantId]).then((data) => data.token as string);
    const added = await json(['key', 'add', '--merchant', merchantId]).then((data) => data.apiKey as string);
    const [old, fresh] = [merchant.apiKey, added].map((apiKey) =>
      openCaller('REST', service, { merchantId, apiKey, token }),
    );
    expect(await old!.call(call)).toMatchObject({ kind: 'ok', stock: { reservedQty: 1 } });
    expect(await fresh!.call(call)).toMatchObject({ kind: 'ok', stock: { reservedQty: 2 } });

    const revoked = await asProcess(['key', 'revoke', '--merchant', merchantId, '--key', merchant.apiKey]);
    expect(revoked).toMatchObject({ code: 0, stdout: `Revoked pk_live_…${merchant.apiKey.slice(-4)}\n` });
    // The contract says: everywhere within 10 s.
    await until('the end of the key', async () => (await old!.call(call)).kind === 'refused', 10_000);
    expect(await old!.call(call)).toMatchObject({ reason: 'UNAUTHENTICATED' });
    expect(await fresh!.call(call)).toMatchObject({ kind: 'ok' });
    const { keys } = await json(['key', 'list', '--merchant', merchantId]);
    expect(keys).toMatchObject([{ revokedAt: expect.any(String) }, { revokedAt: null }]);

    // The last four characters are enough to name a key.
    expect(await json(['key', 'revoke', '--merchant', merchantId, '--key', added.slice(-4)])).toEqual({
      revoked: { prefix: 'pk_live_', lastFour: added.slice(-4) },
    });
  });

  const tokens: { options: string[]; expected: string; actor?: string }[] = [
    { options: [], expected: 'ok', actor: 'operator' },
    { options: ['--permissions', 'can_update_inventory', '--actor', 'Zoë'], expected: 'ok', actor: 'Zoë' },
    {
      options: ['--permissions', 'can_read_inventory, can_manage_inventory', '--ttl', '366d'],
      expected: 'ok',
      actor: 'operator',
    },
    { options: ['--permissions', 'can_read_inventory'], expected: 'PERMISSION_DENIED' },
  ];
  test.each(tokens)('token $options → $expected', async ({ options, expected, actor }) => {
    const record = `${id}_${tokens.findIndex((t) => t.options === options)}`;
    await stage.seed({ id: record, onHandQty: 10, reservedQty: 0 });
    const { token } = await json(['token', '--merchant', stage.merchantId, ...options]);
    const answer = await openCaller('gRPC', service, { ...stage, token: token as string }).call({
      ...call,
      id: record,
    });
    expect(answer.kind === 'refused' ? answer.reason : answer.kind).toBe(expected);
    const log = await stage.database.query(
      `SELECT actor FROM movement_log WHERE inventory_id = $1 AND action = 'RESERVED'`,
      [record],
    );
    expect(log).toEqual(actor === undefined ? [] : [{ actor }]);
  });

  test('a token lives as long as --ttl says', async () => {
    const { token } = await json(['token', '--merchant', stage.merchantId, '--ttl', '90s']);
    const claims = JSON.parse(Buffer.from((token as string).split('.')[1]!, 'base64url').toString());
    expect(claims.exp - claims.iat).toBe(90);
  });
});

test('record create: stock to reserve from, logged as received; a second record of that id is refused', async () => {
  const merchant = await createMerchant(stage.dataSource, 'Opens', 'live');
  const { merchantId } = merchant;
  const create = ['record', 'create', '--merchant', merchantId, '--id', 'inv_new', '--on-hand', '5'];
  expect(await json(create)).toEqual({
    merchantId,
    id: 'inv_new',
    onHandQty: 5,
    reservedQty: 0,
    availableQty: 5,
  });
  expect(await asProcess(create)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'holdfast: the merchant already has a record inv_new\n',
  });
  expect(await holdfast([...create.with(5, 'inv_other'), '--product', 'inv_new'])).toMatchObject({
    code: 1,
    stderr:
      'holdfast: the merchant already has a record of the product inv_new without a SKU in the warehouse main\n',
  });
  const { token } = await json(['token', '--merchant', merchantId]);
  const caller = openCaller('REST', service, { ...merchant, token: token as string });
  const answer = await caller.call({ rpc: 'reserve', id: 'inv_new', qty: 5 });
  expect(answer).toMatchObject({ kind: 'ok', stock: { reservedQty: 5, availableQty: 0 } });
  expect(await json(['audit', '--merchant', merchantId])).toMatchObject({ consistent: true, records: 1 });
  const created = await stage.database.query(
    `SELECT action, on_hand_delta, actor FROM movement_log WHERE merchant_id = $1 AND revision = 1`,
    [merchantId],
  );
  expect(created).toEqual([{ action: 'RECEIVED', on_hand_delta: 5, actor: 'operator' }]);
});

test('record create by several at the same time: one creates it, the others exit with 1', async () => {
  const create = ['record', 'create', '--merchant', stage.merchantId, '--id', 'inv_raced', '--on-hand', '5'];
  const runs = await Promise.all([1, 2, 3].map((n) => asProcess([...create, '--product', `raced ${n}`])));
  expect(runs.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
});

test('a record with all that describes it', async () => {
  const { merchantId } = await createMerchant(stage.dataSource, 'Describes', 'live');
  const options = {
    '--id': 'inv_full',
    '--on-hand': '7',
    '--product': 'prod_1',
    '--sku': 'SKU-1',
    '--warehouse': 'wh_1',
    '--warehouse-name': 'Lager Zürich',
    '--location': 'A1',
    '--reorder-level': '2',
    '--reorder-qty': '9',
    '--attributes': '{"colour":"red"}',
  };
  expect(
    await json(['record', 'create', '--merchant', merchantId, ...Object.entries(options).flat()]),
  ).toEqual({
    merchantId,
    id: 'inv_full',
    onHandQty: 7,
    reservedQty: 0,
    availableQty: 7,
  });
  const rows = await stage.database.query(
    `SELECT product_id, sku_id, warehouse_id, warehouse_name, location, reorder_level, reorder_qty, variant_attributes
       FROM inventory_records WHERE merchant_id = $1`,
    [merchantId],
  );
  expect(rows).toEqual([
    {
      product_id: 'prod_1',
      sku_id: 'SKU-1',
      warehouse_id: 'wh_1',
      warehouse_name: 'Lager Zürich',
      location: 'A1',
      reorder_level: 2,
      reorder_qty: 9,
      variant_attributes: { colour: 'red' },
    },
  ]);
  const again = { ...options, '--id': 'inv_again' };
  expect(
    await holdfast(['record', 'create', '--merchant', merchantId, ...Object.entries(again).flat()]),
  ).toMatchObject({
    code: 1,
    stderr:
      'holdfast: the merchant already has a record of the product prod_1 with the SKU SKU-1 in the warehouse wh_1\n',
  });
});

test('a default TTL: set, listed, used by the running service, and removed', async () => {
  const merchant = await createMerchant(stage.dataSource, 'Hurries', 'live');
  const { merchantId } = merchant;
  await seedRecords(stage.dataSource, merchantId, [{ id: 'inv_ttl', onHandQty: 9, reservedQty: 0 }]);
  const set = (ttl: string): string[] => ['merchant', 'set', '--merchant', merchantId, '--default-ttl', ttl];
  const listed = async (): Promise<string | undefined> =>
    (await holdfast(['merchant', 'list'])).stdout.split('\n').find((line) => line.startsWith(merchantId));

  expect(await asProcess(set('15m'))).toEqual({
    code: 0,
    stdout: `Referenced holds of ${merchantId} expire after 15m, unless a call says otherwise.\n`,
    stderr: '',
  });
  expect(await listed()).toMatch(/Hurries {2}\(holds expire after 15m\)$/);
  const { token } = await json(['token', '--merchant', merchantId]);
  const caller = openCaller('REST', service, { ...merchant, token: token as string });
  const answer = await caller.call({ rpc: 'reserve', id: 'inv_ttl', qty: 1, reference: 'A' });
  expect(answer).toMatchObject({ kind: 'ok', stock: { expiresAt: expect.any(String) } });

  expect(await json(set('30d'))).toEqual({ merchantId, defaultTtlSeconds: 2_592_000 });
  expect(await holdfast(set('0'))).toMatchObject({
    code: 0,
    stdout: `Holds of ${merchantId} stay until they are released.\n`,
  });
  expect(await listed()).toMatch(/Hurries$/);
});

describe('audit', () => {
  test('names what drifted and exits 1; --repair corrects it, logs it, and the next audit is clean', async () => {
    const { merchantId } = await createMerchant(stage.dataSource, 'Drifts', 'live');
    await seedRecords(stage.dataSource, merchantId, [
      { id: 'inv_sound', onHandQty: 10, reservedQty: 4 },
      { id: 'inv_drift', onHandQty: 10, reservedQty: 4 },
    ]);
    await stage.database.query(
      'UPDATE stock_levels SET reserved_qty = 7 WHERE merchant_id = $1 AND id = $2',
      [merchantId, 'inv_drift'],
    );
    const args = ['audit', '--merchant', merchantId];
    const problems = '7 units reserved, but holds add up to 4; 7 units reserved, but the log adds up to 4';
    expect(await asProcess(args)).toEqual({
      code: 1,
      stdout: `${merchantId} inv_drift: ${problems}\n2 records of 1 merchant checked: 1 drifted.\n`,
      stderr: '',
    });
    const found = await holdfast([...args, '--json']);
    expect(found.code).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      consistent: false,
      records: 2,
      drift: [{ merchantId, inventoryId: 'inv_drift', reservedQty: 7, heldQty: 4, repaired: false }],
    });
    const repaired = await holdfast([...args, '--repair']);
    expect(repaired).toMatchObject({ code: 0 });
    expect(repaired.stdout).toContain('(repaired)');
    const log = await stage.database.query(
      'SELECT actor, action, notes FROM movement_log WHERE merchant_id = $1 AND inventory_id = $2 ORDER BY revision DESC LIMIT 1',
      [merchantId, 'inv_drift'],
    );
    expect(log).toEqual([
      { actor: 'system', action: 'ADJUSTED', notes: expect.stringContaining('reserved counter 7 set to 4') },
    ]);
    expect(JSON.parse((await holdfast(['audit', '--json'])).stdout)).toMatchObject({
      consistent: true,
      drift: [],
    });
  });
});

describe('texts that a terminal would obey', () => {
  const evil = 'Sh\u001b[2Jop\u009b31m\u202e\nmer_forged\r';
  const shown = 'Sh\\u001b[2Jop\\u009b31m\\u202e\\u000amer_forged';
  const raw = /[^\n\t\P{Cc}]|[\u202a-\u202e\u2066-\u2069]/u;

  test('a merchant’s name: written out, on one line; with --json the same name', async () => {
    const { merchantId } = await json(['merchant', 'create', '--name', evil]);
    const { stdout } = await holdfast(['merchant', 'list']);
    expect(stdout).not.toMatch(raw);
    expect(stdout.split('\n').find((line) => line.startsWith(merchantId as string))).toContain(shown);
    const listed = await holdfast(['merchant', 'list', '--json']);
    expect(listed.stdout).not.toMatch(raw);
    expect(JSON.parse(listed.stdout).merchants).toContainEqual(
      expect.objectContaining({ merchantId, name: evil.trim() }),
    );
  });

  test.each([
    { args: [evil] },
    { args: ['import', `/nowhere/${evil}.csv`] },
    { args: ['key', 'list', '--merchant', evil] },
  ])('what is wrong with $args', async ({ args }) => {
    const { code, stderr } = await holdfast(args);
    expect(code).toBe(2);
    expect(stderr.trimEnd()).not.toMatch(raw);
    expect(stderr).toMatch(/^holdfast: /);
  });
});

describe('output that nobody reads', () => {
  test('a command whose reader has gone ends as it would have, quietly', async () => {
    const env = { ...process.env, ...onDatabase(stage.database.url) } as NodeJS.ProcessEnv;
    const child = spawn(process.execPath, [holdfastPath, 'merchant', 'list'], { env });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('what a command cannot write is missed', async () => {
    const env = { ...process.env, ...onDatabase(stage.database.url) } as NodeJS.ProcessEnv;
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [holdfastPath, 'merchant', 'list'], {
      env,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ENOSPC') });
  });

  test.each(['gone', 'asleep'])('a service whose reader is %s serves on, and stops', async (reader) => {
    const env = { ...process.env, ...onDatabase(stage.database.url, { LOG_LEVEL: 'debug' }) };
    const child = spawn(process.execPath, [holdfastPath, 'serve'], { env: env as NodeJS.ProcessEnv });
    try {
      let started = '';
      for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
        started += chunk;
        if (started.includes('Holdfast serves')) break;
      }
      const [url] = /http:\S+/.exec(started) as unknown as [string];
      if (reader === 'gone') {
        child.stdout.destroy();
        child.stderr.destroy();
      }
      // Each call is refused and logged. Together, these lines are more than a pipe holds.
      const call = async (): Promise<number> => (await fetch(`${url}/v1/inventory/${'x'.repeat(60)}`)).status;
      for (let i = 0; i < 12; i++) {
        expect(new Set(await Promise.all(Array.from({ length: 50 }, call)))).toEqual(new Set([401]));
      }
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

async function merchantSet(env: Environment, merchant: string, defaultTtl: string): Promise<unknown> {
  return merchantSetCommand(env, { merchant, defaultTtl });
}

async function merchantCreate(env: Environment, name: string): Promise<unknown> {
  return merchantCreateCommand(env, { name, mode: 'live' });
}

function holdfast(args: readonly string[]): Promise<CommandRun> {
  return runCommandHere(args, onDatabase(stage.database.url));
}

/** The same in a process of its own. */
function asProcess(args: readonly string[]): Promise<CommandRun> {
  return runHoldfast(args, onDatabase(stage.database.url));
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await holdfast([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}
