import { readFileSync } from 'node:fs';
import { create, type DescMethod, getOption, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { http } from '../../src/gen/google/api/annotations_pb.js';
import { InventoryService } from '../../src/gen/inventory/v1/inventory_service_pb.js';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { AnswerCutter } from '../support/cut-answers.js';
import { startEngine, type TestEngine } from '../support/engine-stage.js';

const plain = 'grpc-service-config.json';
const withKeys = 'grpc-service-config-with-keys.json';

/** How many more commands the engine refuses before it executes any. */
let refusals = 0;
/** Commands that reached the engine. */
let submissions = 0;
let real: TestEngine;
const engine: Engine = {
  submit: (submission, deadlineAtMs) => {
    submissions++;
    if (refusals === 0) return real.engine.submit(submission, deadlineAtMs);
    refusals--;
    return Promise.resolve({ reason: 'OVERLOADED' });
  },
  drain: async () => {},
};

let service: TestApp;
let cutter: AnswerCutter;
let ours: Credentials;
beforeAll(async () => {
  service = await startApp({}, { engine });
  real = await startEngine(service.database.url);
  cutter = await AnswerCutter.start(service.grpcAddress);
});
afterAll(async () => {
  cutter?.close();
  await real?.close();
  await service.close();
});

describe.each([plain, withKeys])('/%s', (name) => {
  test('is the committed file, for everybody', async () => {
    const response = await fetch(`${service.httpUrl}/${name}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.text()).toBe(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
  });

  test('goes with the documentation: DOCS=off', async () => {
    const closed = await startApp({ DOCS: 'off' });
    const response = await fetch(`${closed.httpUrl}/${name}`);
    await closed.close();
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: `No static resource ${name}.` });
  });

  test('names what is worth another try', async () => {
    const config = await published(name);
    expect(config.methodConfig).toHaveLength(1);
    expect(config.methodConfig[0]!.retryPolicy).toMatchObject({ retryableStatusCodes: ['UNAVAILABLE'] });
  });
});

describe('what is retried', () => {
  const typeName = InventoryService.typeName;

  test('without keys: the reads, which are what REST binds to GET, and one too long for a path', async () => {
    const isRead = (m: DescMethod): boolean =>
      getOption(m, http).pattern.case === 'get' || m.name === 'BatchGetInventory';
    const reads = InventoryService.methods.filter(isRead);
    const { methodConfig } = await published(plain);
    expect(methodConfig[0]!.name.map(({ service, method }) => `${service}/${method}`).sort()).toEqual(
      reads.map((m) => `${typeName}/${m.name}`).sort(),
    );
  });

  test('with keys: everything', async () => {
    const { methodConfig } = await published(withKeys);
    expect(methodConfig[0]!.name).toEqual([{ service: typeName }]);
  });
});

describe('grpc-js', () => {
  beforeEach(async () => {
    ours = await service.createMerchant();
    await service.seed(ours.merchantId, { id: 'inv_1', onHandQty: 50, reservedQty: 0 });
  });

  /** A client with this config makes one call; grpc-js itself tries again. */
  test.each<[string, string, { refused?: number; lost?: number; key?: string }, string]>([
    [withKeys, 'reserve', { refused: 1, key: 'k' }, 'OK, 2 calls, 2 reserved'],
    [withKeys, 'reserve', { refused: 4, key: 'k' }, 'OK, 5 calls, 2 reserved'],
    [withKeys, 'reserve', { refused: 5, key: 'k' }, 'UNAVAILABLE, 5 calls, 0 reserved'],
    [withKeys, 'reserve', { lost: 1, key: 'k' }, 'OK, 2 calls, 2 reserved'],
    // This is why there are two configs: without a key, a try after a lost answer reserves twice.
    [withKeys, 'reserve', { lost: 1 }, 'OK, 2 calls, 4 reserved'],
    [plain, 'reserve', { lost: 1 }, 'UNAVAILABLE, 1 calls, 2 reserved'],
    [plain, 'reserve', { refused: 1 }, 'UNAVAILABLE, 1 calls, 0 reserved'],
    [plain, 'read', { lost: 1 }, 'OK, 0 calls, 0 reserved'],
    [withKeys, 'read', { lost: 1 }, 'OK, 0 calls, 0 reserved'],
  ])('%s: %s %j → %s', async (name, call, { refused = 0, lost = 0, key }, expected) => {
    const client = new Client(cutter.address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 50,
      'grpc.service_config': JSON.stringify(quick(await published(name))),
    });
    submissions = 0;
    refusals = refused;
    cutter.cut(lost);
    const code = await (call === 'read'
      ? unary(client, InventoryService.method.getInventory, { id: 'inv_1' })
      : unary(client, InventoryService.method.reserve, { id: 'inv_1', qty: 2 }, key));
    client.close();
    refusals = 0;
    expect(cutter.left).toBe(0);
    const [row] = await service.database.query<{ reserved: number }>(
      'SELECT reserved_qty AS reserved FROM stock_levels WHERE merchant_id = $1',
      [ours.merchantId],
    );
    expect(`${code}, ${submissions} calls, ${row!.reserved} reserved`).toBe(expected);
  });
});

interface ServiceConfig {
  readonly methodConfig: readonly {
    readonly name: readonly { readonly service: string; readonly method?: string }[];
    readonly retryPolicy: Readonly<Record<string, unknown>>;
  }[];
}

async function published(name: string): Promise<ServiceConfig> {
  return (await (await fetch(`${service.httpUrl}/${name}`)).json()) as ServiceConfig;
}

/** The config with shorter waits between attempts. */
function quick(config: ServiceConfig): ServiceConfig {
  const methodConfig = config.methodConfig.map((entry) => ({
    ...entry,
    retryPolicy: { ...entry.retryPolicy, initialBackoff: '0.05s', maxBackoff: '0.1s' },
  }));
  return { ...config, methodConfig };
}

type Methods = typeof InventoryService.method;
type UnaryMethod = Methods['reserve'] | Methods['getInventory'];

/** Returns the name of the status that the caller sees in the end. */
function unary<M extends UnaryMethod>(
  client: Client,
  method: M,
  request: MessageInitShape<M['input']>,
  key?: string,
): Promise<string> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${ours.token}`);
  metadata.set('x-merchantapikey', ours.apiKey);
  if (key !== undefined) metadata.set('idempotency-key', key);
  const bytes = Buffer.from(toBinary(method.input, create(method.input, request)));
  const same = (buffer: Buffer): Buffer => buffer;
  return new Promise((resolve) => {
    const path = `/${method.parent.typeName}/${method.name}`;
    client.makeUnaryRequest(path, same, same, bytes, metadata, (error) =>
      resolve(status[error?.code ?? status.OK]),
    );
  });
}
