import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startAppOn, type TestApp } from '../../../test/support/app.js';
import { figure } from '../../../test/support/metrics.js';
import { Holdfast, type HoldfastError } from '../src/index.js';
import { failureOf, type Stage, startStage } from './stage.js';

let stage: Stage;
/** The same merchant's, with a lower limit than a client can know. */
let strict: TestApp;
let retries: HoldfastError[];
let id: string;
let records = 0;
const clients: Holdfast[] = [];

beforeAll(async () => {
  stage = await startStage();
  strict = await startAppOn(stage.service.database, { BODY_BYTES_MAX: '2048' });
});
beforeEach(async () => {
  id = `inv_${++records}`;
  retries = [];
  await stage.service.seed(stage.merchant.merchantId, { id, onHandQty: 1000, reservedQty: 0 });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await strict?.app.close();
  await stage?.service.close();
});

function clientOf({ httpUrl }: TestApp): Holdfast {
  const client = new Holdfast({
    ...stage.options,
    url: httpUrl,
    onRetry: (error) => retries.push(error),
  });
  clients.push(client);
  return client;
}

const order = (lines: number) => ({
  reference: `ORD-${id}`,
  lines: Array.from({ length: lines }, (_, i) => ({ skuId: `none_${i}_`.padEnd(128, 'x'), qty: 1 })),
});

/** Commands behind and in front of another one, on the same stream. */
async function among<T>(client: Holdfast, another: () => Promise<T>): Promise<T> {
  const reserve = () => client.execute('reserve', { id, qty: 1 });
  const before = Array.from({ length: 50 }, reserve);
  const outcome = another();
  await Promise.all([...before, ...Array.from({ length: 50 }, reserve)]);
  expect((await client.getInventory({ id })).record).toMatchObject({ reservedQty: 100 });
  return outcome;
}

test('a command that is too long for a stream is a call of its own', async () => {
  const { httpUrl } = stage.service;
  const client = clientOf(stage.service);
  const streams = () => figure(httpUrl, 'holdfast_calls_total{rpc="Execute"}');
  const before = await streams();
  // 460 lines of 136 bytes: more than goes on a stream, less than the service takes.
  const decided = await failureOf(client.execute('reserveOrder', order(460)));
  expect(decided).toMatchObject({ reason: 'INVENTORY_NOT_FOUND', retryable: false });
  await expect.poll(() => figure(httpUrl, 'holdfast_streams{rpc="Execute"}')).toBe(0);
  expect(await streams()).toBe(before);
});

test('a command that is too long for the service fails alone', async () => {
  const client = clientOf(stage.service);
  const error = await among(client, () => failureOf(client.execute('reserveOrder', order(500))));
  expect(error).toMatchObject({ retryable: false, idempotencyKey: expect.any(String) });
  expect(error.message).toContain('65536');
  expect(retries).toEqual([]);
});

test('a message that ends its stream is to blame alone: other commands are sent again', async () => {
  const client = clientOf(strict);
  const error = await among(client, () => failureOf(client.execute('reserveOrder', order(40))));
  expect(error).toMatchObject({
    reason: 'MALFORMED_REQUEST',
    message: 'Malformed request: a message must not exceed 3072 bytes',
    retryable: false,
  });
  expect(retries.length).toBeGreaterThan(0);
  for (const retry of retries) {
    expect(retry).toMatchObject({ reason: undefined, retryable: true });
    expect(retry.message).toContain('the stream ended at another command');
  }
});

test('such a message fails at once, also after answers on its stream', async () => {
  const client = clientOf(strict);
  const error = await client.execute('reserve', { id, qty: 1 }).then(
    // The stream of the first command ends in the next turn of the event loop, and takes this one before.
    () => failureOf(client.execute('reserveOrder', order(40))),
  );
  expect(error).toMatchObject({ reason: 'MALFORMED_REQUEST', retryable: false });
  expect(retries).toEqual([]);
});
