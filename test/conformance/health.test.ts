import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { rawClient, rawUnary } from '../support/grpc-raw.js';

const SERVICE = 'inventory.v1.InventoryService';
const statuses: Readonly<Record<number, string>> = { 1: 'SERVING', 2: 'NOT_SERVING', 3: 'SERVICE_UNKNOWN' };
const CHECK = '/grpc.health.v1.Health/Check';

const test = base.extend('client', ({ service }, { onCleanup }) => {
  const client = rawClient(service.grpcAddress);
  onCleanup(() => client.close());
  return client;
});

/** HealthCheckRequest {service 1}. */
function requestFor(name: string): Buffer {
  return name === '' ? Buffer.alloc(0) : Buffer.from([0x0a, name.length, ...Buffer.from(name)]);
}

/** HealthCheckResponse {status 1}. */
function readStatus(response: Buffer | undefined): string | undefined {
  return statuses[response?.[1] ?? 0];
}

async function check(client: Client, name: string): Promise<string | undefined> {
  return readStatus((await rawUnary(client, CHECK, requestFor(name))).response);
}

/** Watches the health of a service: all statuses that it is told, and the code with which the watch ends. */
function watch(client: Client, name: string): { told: (string | undefined)[]; ended: Promise<number> } {
  const bytes = (buffer: Buffer): Buffer => buffer;
  const path = '/grpc.health.v1.Health/Watch';
  const call: ClientReadableStream<Buffer> = client.makeServerStreamRequest(
    path,
    bytes,
    bytes,
    requestFor(name),
  );
  const told: (string | undefined)[] = [];
  call.on('data', (response: Buffer) => told.push(readStatus(response)));
  call.on('error', () => {});
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  return { told, ended };
}

/** Makes the database refuse and drop all connections, or accept them again. */
async function setReachable({ database }: TestApp, reachable: boolean): Promise<void> {
  const url = new URL(database.url);
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const maintenance = new pg.Client({ connectionString: url.toString() });
  await maintenance.connect();
  await maintenance.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${reachable}`);
  if (!reachable) {
    await maintenance.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      name,
    ]);
  }
  await maintenance.end();
}

async function readiness({ httpUrl }: TestApp): Promise<number> {
  return (await fetch(`${httpUrl}/readyz`)).status;
}

test.for<[string, string]>([
  ['', 'SERVING'],
  [SERVICE, 'SERVING'],
])('Check of "%s" says %s', async ([name, status], { client }) => {
  expect(await check(client, name)).toBe(status);
});

test('Check of a service that does not exist is NOT_FOUND', async ({ client }) => {
  expect(await rawUnary(client, CHECK, requestFor('inventory.v1.Nope'))).toMatchObject({ code: 5 });
});

test('Watch of a service that does not exist says so, and stays', async ({ client }) => {
  const { told } = watch(client, 'inventory.v1.Nope');
  await vi.waitFor(() => expect(told).toEqual(['SERVICE_UNKNOWN']), { timeout: 10_000 });
});

test('a database that goes away is NOT_SERVING everywhere until it is back; the process lives on', async ({
  service,
  client,
}) => {
  const watches = ['', SERVICE].map((name) => watch(client, name));
  const checks = () => Promise.all(['', SERVICE].map((name) => check(client, name)));
  const all = (...expected: string[]) =>
    vi.waitFor(() => expect(watches.map((w) => w.told)).toEqual([expected, expected]), { timeout: 20_000 });
  await all('SERVING');

  await setReachable(service, false);
  await all('SERVING', 'NOT_SERVING');
  expect(await checks()).toEqual(['NOT_SERVING', 'NOT_SERVING']);
  expect(await readiness(service)).toBe(503);
  expect((await fetch(`${service.httpUrl}/healthz`)).status, 'alive').toBe(200);

  await setReachable(service, true);
  await all('SERVING', 'NOT_SERVING', 'SERVING');
  expect(await checks()).toEqual(['SERVING', 'SERVING']);
  expect(await readiness(service)).toBe(200);
});

test('a service that shuts down says NOT_SERVING first, then ends the watches and closes', async () => {
  const stopping = await startApp();
  const client = rawClient(stopping.grpcAddress);
  const { told, ended } = watch(client, SERVICE);
  await vi.waitFor(() => expect(told).toEqual(['SERVING']), { timeout: 10_000 });
  await stopping.close();
  expect(await ended).toBe(0);
  expect(told).toEqual(['SERVING', 'NOT_SERVING']);
  client.close();
});

test('DRAIN_DELAY_MS: not ready any more, and still answering', async () => {
  const draining = await startApp({ DRAIN_DELAY_MS: '250' });
  const closed = draining.close();
  const [ready, alive] = await Promise.all(
    ['readyz', 'healthz'].map((path) => fetch(`${draining.httpUrl}/${path}`)),
  );
  expect([ready!.status, await ready!.json(), alive!.status]).toEqual([
    503,
    { status: 'DOWN', service: 'stopping' },
    200,
  ]);
  await closed;
  await expect(fetch(`${draining.httpUrl}/healthz`)).rejects.toThrow();
});

test('nothing says ready before the start has done all that it promises; it is announced in the same turn', async () => {
  const seen: unknown[] = [];
  const started = await startApp(
    {},
    {
      prepare: async ({ addresses }) => {
        const early = rawClient(addresses.grpcAddress);
        seen.push((await fetch(`${addresses.httpUrl}/readyz`)).status);
        seen.push(readStatus((await rawUnary(early, CHECK, requestFor(''))).response));
        early.close();
        // A client that gets the announcement calls immediately.
        return () => seen.push(fetch(`${addresses.httpUrl}/readyz`).then(({ status }) => status));
      },
    },
  );
  expect(await Promise.all(seen)).toEqual([503, 'NOT_SERVING', 200]);
  await started.close();
});
