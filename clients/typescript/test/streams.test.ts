import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit } from '../../../src/service/audit.js';
import { startAppOn, type TestApp } from '../../../test/support/app.js';
import { AnswerCutter } from '../../../test/support/cut-answers.js';
import { figure } from '../../../test/support/metrics.js';
import { Holdfast, type HoldfastError, type WatchInventoryResponse } from '../src/index.js';
import { type Stage, startStage } from './stage.js';

let stage: Stage;
let service: TestApp;
let cutter: AnswerCutter;
let retries: HoldfastError[];
let holdfast: Holdfast;
let id: string;
let records = 0;

beforeAll(async () => {
  stage = await startStage();
  service = stage.service;
  cutter = await AnswerCutter.start(new URL(stage.options.url).host);
});
beforeEach(async () => {
  id = `inv_${++records}`;
  retries = [];
  await service.seed(stage.merchant.merchantId, { id, onHandQty: 1000, reservedQty: 0 });
  holdfast?.close();
  holdfast = new Holdfast({
    ...stage.options,
    url: `http://${cutter.address}`,
    onRetry: (error) => retries.push(error),
  });
});
afterAll(async () => {
  holdfast?.close();
  cutter?.close();
  await service?.app.close();
  await stage?.service.database.drop();
});

/** The same process on the same ports and database, as after a crash or a deployment. */
async function restart(): Promise<void> {
  const { port } = new URL(service.httpUrl);
  await service.app.close();
  service = await startAppOn(stage.service.database, { HTTP_PORT: port });
}

const executeStreams = () => figure(service.httpUrl, 'holdfast_calls_total{rpc="Execute",reason="OK"}');
const stockOf = async () => (await holdfast.getInventory({ id })).record!;

test('commands that are under way together share a stream, which ends with them', async () => {
  const before = await executeStreams();
  const commands = Array.from({ length: 300 }, () => holdfast.execute('reserve', { id, qty: 1 }));
  const outcomes = await Promise.allSettled([...commands, holdfast.execute('reserve', { id, qty: 5000 })]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(300);
  expect(outcomes.at(-1)).toMatchObject({ reason: { reason: 'INSUFFICIENT_STOCK' } });
  await expect.poll(executeStreams).toBe(before + 1);
  expect(await stockOf()).toMatchObject({ reservedQty: 300 });

  const { order } = await holdfast.execute('setOrder', { reference: 'CART-1', lines: [{ id, qty: 2 }] });
  expect(order).toMatchObject({ reference: 'CART-1', lines: [{ requested: 2 }] });
});

test('connections that break again and again: no command is lost, none takes effect twice', async () => {
  const work = Promise.all(
    Array.from({ length: 20 }, async () => {
      for (let n = 0; n < 10; n++) await holdfast.execute('reserve', { id, qty: 1 });
    }),
  );
  let isDone = false;
  work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    await new Promise((resolve) => setTimeout(resolve, 15));
    cutter.breakConnections();
    if (retries.length > 60) break;
  }
  await work;
  expect(retries.length).toBeGreaterThan(0);
  expect(await stockOf()).toMatchObject({ reservedQty: 200 });
});

test('a service that restarts: calls and commands wait for it, a watch goes on without a gap', async () => {
  const seen: WatchInventoryResponse[] = [];
  const left = new AbortController();
  const watching = (async () => {
    for await (const event of holdfast.watch({ ids: [id] }, { signal: left.signal })) seen.push(event);
  })();
  watching.catch(() => {});
  await expect.poll(() => seen.length).toBe(1);

  const calls = (async () => {
    for (let n = 0; n < 20; n++) {
      await Promise.all([holdfast.reserve({ id, qty: 1 }), holdfast.execute('reserve', { id, qty: 2 })]);
    }
  })();
  await restart();
  await calls;
  expect(retries.length).toBeGreaterThan(0);
  expect(await stockOf()).toMatchObject({ reservedQty: 60 });
  await expect.poll(() => seen.at(-1)?.reservedQty, { timeout: 10_000 }).toBe(60);
  // Each of the 40 changes is seen once, in order.
  expect(seen).toHaveLength(41);
  const figures = seen.map(({ reservedQty }) => reservedQty);
  expect(figures).toEqual([...figures].sort((a, b) => a - b));

  const reason = new Error('enough');
  left.abort(reason);
  await expect(watching).rejects.toBe(reason);
});

test('a watch ends with what another try would not change, and with its loop', async () => {
  await expect(holdfast.watch({ ids: ['inv_none'] }).next()).rejects.toMatchObject({
    reason: 'INVENTORY_NOT_FOUND',
  });
  const open = () => figure(service.httpUrl, 'holdfast_streams{rpc="WatchInventory"}');
  for await (const event of holdfast.watch({ productId: id })) {
    expect(event).toMatchObject({ id, availableQty: 1000 });
    break;
  }
  await expect.poll(open).toBe(0);
});

test('a proxy that ends each stream at once is not asked over and over', async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.method === 'POST') asked++;
    response.writeHead(200, { 'content-type': 'application/connect+proto' });
    // An empty stream: its end is an envelope with flag 2. https://connectrpc.com/docs/protocol/#streaming-rpcs
    response.end(Buffer.from([2, 0, 0, 0, 2, ...Buffer.from('{}')]));
  });
  const behind = new Holdfast({ ...stage.options, url: await listen(server) });
  const left = new AbortController();
  const watching = behind.watch({ ids: [id] }, { signal: left.signal }).next();
  await expect.poll(() => asked).toBeGreaterThan(3);
  expect(asked).toBeLessThan(50);
  const reason = new Error('enough');
  left.abort(reason);
  await expect(watching).rejects.toBe(reason);
  behind.close();
  server.close();
  server.closeAllConnections();
});

test('a proxy that speaks HTTP/1.1 alone: commands are calls, and a watch works', async () => {
  const proxy = await startHttp1Proxy(service.httpUrl);
  const before = await executeStreams();
  const behind = new Holdfast({ ...stage.options, url: proxy.url });
  const answers = await Promise.all([1, 2, 3].map((qty) => behind.execute('reserve', { id, qty })));
  expect(answers).toHaveLength(3);
  await expect(behind.execute('reserve', { id, qty: 5000 })).rejects.toMatchObject({
    reason: 'INSUFFICIENT_STOCK',
  });
  for await (const event of behind.watch({ ids: [id] })) {
    expect(event).toMatchObject({ reservedQty: 6 });
    break;
  }
  behind.close();
  proxy.server.close();
  proxy.server.closeAllConnections();
  expect(await executeStreams()).toBe(before);
});

test('a command may be given up, by signal or deadline; its key says what became of it', async () => {
  const reason = new Error('no longer wanted');
  await expect(
    holdfast.execute('reserve', { id, qty: 1 }, { signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason);
  const error: HoldfastError = await holdfast.execute('reserve', { id, qty: 1 }, { timeoutMs: 0 }).then(
    () => expect.fail('it succeeded'),
    (failure) => failure,
  );
  const { idempotencyKey } = error;
  expect(idempotencyKey).toEqual(expect.any(String));
  await holdfast.execute('reserve', { id, qty: 1, idempotencyKey: idempotencyKey! });
  expect(await stockOf()).toMatchObject({ reservedQty: 1 });
});

test('after all this, counters, holds and log agree', async () => {
  expect(await audit(service.app.dataSource, { repair: false })).toMatchObject({ consistent: true });
});

/** A proxy that knows neither HTTP/2 nor the messages that it carries. */
async function startHttp1Proxy(target: string): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const chunk of request) body.push(chunk);
    const answer = await fetch(target + request.url, {
      method: request.method!,
      headers: Object.entries(request.headers).filter(
        ([name]) => !/^(connection|host|transfer-)/.test(name),
      ) as [string, string][],
      ...(body.length > 0 ? { body: Buffer.concat(body) } : {}),
    }).catch(() => undefined);
    if (answer === undefined) return response.destroy();
    const kept = [...answer.headers].filter(
      ([name]) => !/^(connection|content-encoding|content-length)/.test(name),
    );
    response.writeHead(answer.status, kept.flat());
    for await (const chunk of answer.body ?? []) response.write(chunk);
    response.end();
  });
  return { server, url: await listen(server) };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return `http://127.0.0.1:${address.port}`;
}
