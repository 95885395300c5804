import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { explain } from '../support/doors/details.js';
import { test as base } from '../support/fixtures.js';

/** `buf curl`: a client that shares no code with this service, nor with the libraries that it is made of. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

const test = base.extend(
  'curl',
  ({ merchant }) =>
    async (url: string, options: readonly string[], rpc: string, request: object) => {
      const args = ['curl', ...options, '--emit-defaults', '--data', JSON.stringify(request)];
      const headers = [`authorization: Bearer ${merchant.token}`, `x-merchantapikey: ${merchant.apiKey}`];
      for (const header of headers) args.push('--header', header);
      args.push(`${url}/inventory.v1.InventoryService/${rpc}`);
      try {
        const { stdout } = await run(join(root, 'node_modules/.bin/buf'), args, { cwd: root });
        return { exit: 0, json: JSON.parse(stdout) };
      } catch (error) {
        const { code, stderr } = error as { code: number; stderr: string };
        return { exit: code, json: JSON.parse(stderr) };
      }
    },
);

test.beforeAll(async () => {
  if (!existsSync(join(root, 'build/proto-deps'))) {
    await run(join(root, 'node_modules/.bin/tsx'), ['tools/gather-protos.ts'], { cwd: root });
  }
});

const grpcPort = ({ grpcAddress }: TestApp) => `http://${grpcAddress}`;
const httpPort = ({ httpUrl }: TestApp) => httpUrl;
const files = ['--schema', 'proto', '--schema', 'build/proto-deps'];
const h2c = '--http2-prior-knowledge';

const clients: readonly (readonly [string, (service: TestApp) => string, readonly string[]])[] = [
  ['gRPC, by reflection v1', grpcPort, ['--protocol', 'grpc', h2c, '--reflect-protocol', 'grpc-v1']],
  [
    'gRPC, by reflection v1alpha',
    grpcPort,
    ['--protocol', 'grpc', h2c, '--reflect-protocol', 'grpc-v1alpha'],
  ],
  ['gRPC, by files', grpcPort, ['--protocol', 'grpc', h2c, ...files]],
  ['gRPC on the HTTP port', httpPort, ['--protocol', 'grpc', h2c, ...files]],
  ['gRPC-Web', httpPort, ['--protocol', 'grpcweb', ...files]],
  ['gRPC-Web over HTTP/2', httpPort, ['--protocol', 'grpcweb', h2c, ...files]],
  ['Connect', httpPort, ['--protocol', 'connect', ...files]],
  ['Connect over HTTP/2', httpPort, ['--protocol', 'connect', h2c, ...files]],
];

describe.each(clients)('%s', (name, portOf, options) => {
  test('reserves, releases, and reads an error with its details', async ({ service, merchant, curl }) => {
    const call = (rpc: string, request: object) => curl(portOf(service), options, rpc, request);
    const id = `inv_${name.replaceAll(/[^\w]/g, '_')}`;
    await service.seed(merchant.merchantId, { id, onHandQty: 9, reservedQty: 0 });
    // buf prints fields that are not set as null.
    const unset = { expiresAt: null, line: null };
    const stock = { id, onHandQty: 9, reservedQty: 9, availableQty: 0, ...unset };

    expect(await call('Reserve', { id, qty: 9, reference: 'A' })).toEqual({
      exit: 0,
      json: { stock },
    });
    const refused = await call('Release', { id, qty: 2, reference: 'B, c: d' });
    // buf exits with the gRPC code times eight.
    expect(refused.exit).toBe(9 * 8);
    expect(refused.json).toMatchObject({
      code: 'failed_precondition',
      message: 'Cannot release 2 units. Only 0 units are currently reserved for B, c: d.',
    });
    const [detail] = refused.json.details;
    const reason = 'INSUFFICIENT_RESERVED';
    const info = {
      domain: 'inventory.v1',
      metadata: { requested: '2', reserved: '0', reference: 'B, c: d' },
    };
    const value = Buffer.from(detail.value, 'base64');
    expect(explain([{ type: detail.type, value }])).toEqual({ reason, ...info });
    expect(await call('Release', { id, qty: 9, reference: 'A' })).toEqual({
      exit: 0,
      json: { stock: { ...stock, reservedQty: 0, availableQty: 9 } },
    });
  });
});
