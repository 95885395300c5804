/**
 * `npm run demo`: a service on free ports with a throw-away data folder, and the published page's samples sent
 * to it over REST and gRPC. Prints each exchange; exits with 0 only if all answers are the published ones.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { credentials, Client as GrpcClient, Metadata, type ServiceError } from '@grpc/grpc-js';
import { InventoryService } from '../src/gen/inventory/v1/inventory_service_pb.js';

const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;

interface Demo {
  readonly httpUrl: string;
  readonly grpcAddress: string;
  readonly apiKey: string;
  readonly token: string;
  readonly inventoryId: string;
}

interface Sample {
  readonly title: string;
  readonly rpc: 'reserve' | 'release';
  readonly request: JsonObject;
  /** The figures, or the message of the refusal. */
  readonly expected: Stock | string;
}

interface Stock extends JsonObject {
  onHandQty: number;
  reservedQty: number;
  availableQty: number;
}

const REFERENCE = 'ORD-20241201-0099';
/** In this order, on a record with 50 units on hand and 5 reserved. */
const samples: readonly Sample[] = [
  {
    title: 'Reserve Stock',
    rpc: 'reserve',
    request: { qty: 2, reference: REFERENCE, notes: 'Reserved for customer checkout' },
    expected: { onHandQty: 50, reservedQty: 7, availableQty: 43 },
  },
  {
    title: 'Release Stock',
    rpc: 'release',
    request: { qty: 2, reference: REFERENCE, notes: 'Order cancelled - releasing hold' },
    expected: { onHandQty: 50, reservedQty: 5, availableQty: 45 },
  },
  {
    title: 'All but 3 units go to other orders',
    rpc: 'reserve',
    request: { qty: 42, reference: 'ORD-20241201-0100' },
    expected: { onHandQty: 50, reservedQty: 47, availableQty: 3 },
  },
  {
    title: 'The published error',
    rpc: 'reserve',
    request: { qty: 5, reference: 'ORD-20241201-0101' },
    expected: 'Cannot reserve 5 units. Only 3 units are currently available.',
  },
  {
    title: 'Those orders are cancelled',
    rpc: 'release',
    request: { qty: 42, reference: 'ORD-20241201-0100' },
    expected: { onHandQty: 50, reservedQty: 5, availableQty: 45 },
  },
];

const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-demo-'));
let service: ChildProcess | undefined;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true;
    service?.kill('SIGTERM');
  });
}
try {
  service = startService();
  const demo = await untilServing(service);
  const wrong = (await overRest(demo)) + (await overGrpc(demo));
  if (wrong > 0) throw new Error(`${wrong} of ${2 * samples.length} answers are not as published`);
  print(`All ${2 * samples.length} answers are as published.`);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`demo: ${interrupted ? 'interrupted' : (error as Error).message}\n`);
} finally {
  await stop(service);
  rmSync(dataDir, { recursive: true, force: true });
}

function startService(): ChildProcess {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  // Without the caller's settings, so that it is the same everywhere.
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, TMPDIR, DATA_DIR: dataDir, HTTP_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'warn' };
  // In a group of its own, which the terminal's Ctrl-C does not reach; the demo passes it on when it is time.
  return spawn(process.execPath, [main, 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
}

async function untilServing(child: ChildProcess): Promise<Demo> {
  print('Starting a service with an empty database of its own …');
  const timer = setTimeout(() => child.kill('SIGTERM'), START_TIMEOUT_MS);
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!line.startsWith('Holdfast serves')) continue;
    clearTimeout(timer);
    // Nobody waits for its further output, but it must not fill the pipe.
    child.stdout!.resume();
    print(`${line}\n`);
    return JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
  }
  throw new Error('the service did not start');
}

/** Returns how many answers were wrong. */
async function overRest({ httpUrl, apiKey, token, inventoryId }: Demo): Promise<number> {
  let wrong = 0;
  for (const { title, rpc, request, expected } of samples) {
    const path = `/v1/inventory/${inventoryId}/${rpc}`;
    const response = await fetch(`${httpUrl}${path}`, {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${token}`,
        'X-MerchantApiKey': apiKey,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(request),
    });
    const { status, message, data } = (await response.json()) as JsonObject;
    const answer = { status, ...(data === undefined ? { message } : { data }) } as JsonObject;
    const right =
      typeof expected === 'string'
        ? { status: false, message: expected }
        : { status: true, data: { id: inventoryId, ...expected } };
    const code = typeof expected === 'string' ? 400 : 200;
    wrong += show(
      `REST · ${title}`,
      `PATCH ${path}`,
      request,
      `${response.status}`,
      answer,
      `${code}`,
      right,
    );
  }
  return wrong;
}

/** The same through the gRPC port. */
async function overGrpc({ grpcAddress, apiKey, token, inventoryId }: Demo): Promise<number> {
  const client = new GrpcClient(grpcAddress, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  metadata.set('x-merchantapikey', apiKey);
  let wrong = 0;
  for (const { title, rpc, request, expected } of samples) {
    const method = InventoryService.method[rpc];
    const path = `/${InventoryService.typeName}/${method.name}`;
    const sent = { id: inventoryId, ...request };
    const [code, answer] = await new Promise<[string, JsonObject]>((resolve) => {
      client.makeUnaryRequest(
        path,
        (json: JsonObject) => Buffer.from(toBinary(method.input, fromJson(method.input, json))),
        (bytes: Buffer) =>
          toJson(method.output, fromBinary(method.output, bytes), { alwaysEmitImplicit: true }) as JsonObject,
        sent,
        metadata,
        (error: ServiceError | null, reply) =>
          resolve(error === null ? ['OK', reply!] : [`code ${error.code}`, { message: error.details }]),
      );
    });
    const refused = typeof expected === 'string';
    const right = refused ? { message: expected } : { stock: { id: inventoryId, ...expected } };
    // 9: FAILED_PRECONDITION.
    wrong += show(`gRPC · ${title}`, path.slice(1), sent, code, answer, refused ? 'code 9' : 'OK', right);
  }
  client.close();
  return wrong;
}

/** Prints an exchange. Returns 1 if the answer is wrong, 0 if it is right. */
function show(
  title: string,
  target: string,
  request: JsonObject,
  code: string,
  answer: JsonObject,
  rightCode: string,
  right: JsonObject,
): 0 | 1 {
  print(`${title}\n  → ${target}\n    ${JSON.stringify(request)}\n  ← ${code} ${JSON.stringify(answer)}`);
  const isRight = code === rightCode && isDeepStrictEqual(answer, right);
  print(isRight ? '  as published\n' : `  WRONG, published: ${rightCode} ${JSON.stringify(right)}\n`);
  return isRight ? 0 : 1;
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(timer);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
