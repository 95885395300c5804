import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { reasons } from '../../../src/domain/reasons.js';
import { InventoryService } from '../../../src/gen/inventory/v1/inventory_service_pb.js';
import type { AnswerCutter } from '../../../test/support/cut-answers.js';
import { Session } from '../../../test/support/engine-stage.js';
import { Holdfast as BrowserHoldfast } from '../src/browser.js';
import { retryableReasons } from '../src/error.js';
import { ErrorInfoSchema, RetryInfoSchema } from '../src/gen/google/rpc/error_details_pb.js';
import { Holdfast, HoldfastError, ReserveRequestSchema } from '../src/index.js';
import { waitAfter } from '../src/retries.js';
import { type CutStage, failureOf, startCutStage } from './stage.js';

let stage: CutStage;
let cutter: AnswerCutter;
/** Its connections can be cut. */
let holdfast: Holdfast;
let id: string;
let records = 0;

beforeAll(async () => {
  stage = await startCutStage();
  ({ cutter, holdfast } = stage);
});
beforeEach(async () => {
  id = `inv_${++records}`;
  await stage.service.seed(stage.merchant.merchantId, { id, onHandQty: 10, reservedQty: 0 });
});
afterAll(() => stage?.close());

const reserved = async (record = id) => (await holdfast.getInventory({ id: record })).record!.reservedQty;

test('there is a method for each RPC; the streams have names of their own', () => {
  const streams = { watchInventory: 'watch', execute: 'execute' } as Record<string, string>;
  const expected = InventoryService.methods.map(({ localName }) => streams[localName] ?? localName);
  expect(Object.keys(holdfast).sort()).toEqual([...expected, 'close'].sort());
});

test('an answer is the RPC’s message', async () => {
  const { stock } = await holdfast.reserve({ id, qty: 3, reference: 'ORD-1' });
  expect(stock).toMatchObject({ id, reservedQty: 3, availableQty: 7 });
  const { order } = await holdfast.confirmOrder({ reference: 'ORD-1' });
  expect(order?.lines).toMatchObject([{ id, qty: 3 }]);
});

test('an error has reason, figures, help and what identifies it in the log', async () => {
  const error = await failureOf(holdfast.reserve({ id, qty: 500 }));
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({
    message: 'Cannot reserve 500 units. Only 10 units are currently available.',
    code: Code.FailedPrecondition,
    reason: 'INSUFFICIENT_STOCK',
    metadata: { requested: '500', available: '10' },
    violations: [],
    retryable: false,
    retryAfterMs: undefined,
    help: expect.stringMatching(/\/docs\/errors#insufficient_stock$/),
    requestId: expect.stringMatching(/^[\w-]{36}$/),
    idempotencyKey: expect.stringMatching(/^[\w-]{36}$/),
  });
});

test('violations name fields, and lines of an order', async () => {
  const invalid = await failureOf(holdfast.reserve({ id, qty: -1 }));
  expect(invalid).toMatchObject({
    reason: 'VALIDATION_FAILED',
    violations: [{ subject: 'qty', description: expect.any(String) }],
  });
  const short = await failureOf(holdfast.reserveOrder({ reference: 'ORD-2', lines: [{ id, qty: 11 }] }));
  expect(short).toMatchObject({
    reason: 'INSUFFICIENT_STOCK',
    violations: [{ subject: expect.stringContaining(id) }],
  });
});

test('the same object sent twice is two changes; the same key is one', async () => {
  const request = create(ReserveRequestSchema, { id, qty: 1 });
  await holdfast.reserve(request);
  await holdfast.reserve(request);
  await holdfast.reserve(request, { idempotencyKey: `${id}-a` });
  await holdfast.reserve(request, { idempotencyKey: `${id}-a` });
  await holdfast.reserve({ ...request, idempotencyKey: `${id}-b` });
  await holdfast.reserve({ ...request, idempotencyKey: `${id}-b` });
  expect(request.idempotencyKey).toBeUndefined();
  expect(await reserved()).toBe(4);
});

test('each command of a batch has a key of its own', async () => {
  const command = { case: 'reserve', value: { id, qty: 1 } } as const;
  cutter.cut(1);
  const { results } = await holdfast.batchExecute({ commands: [{ command }, { command }] });
  expect(results).toHaveLength(2);
  expect(cutter.left).toBe(0);
  expect(await reserved()).toBe(2);
});

test('lost answers: the change is sent again with its key, and takes effect once', async () => {
  const told: string[] = [];
  const onRetry = (error: HoldfastError): void => void told.push(error.message);
  const own = new Holdfast({ ...stage.options, url: `http://${cutter.address}`, onRetry });
  await own.getInventory({ id });
  cutter.cut(3);
  await own.reserve({ id, qty: 2 });
  own.close();
  expect(cutter.left).toBe(0);
  expect(told).toHaveLength(3);
  expect(await reserved()).toBe(2);
});

test('what makes no sense to repeat is not repeated', async () => {
  const error = await failureOf(holdfast.getInventory({ id: 'inv_none' }));
  expect(error).toMatchObject({ reason: 'INVENTORY_NOT_FOUND', idempotencyKey: undefined });
});

test('waits for as long as the service asks, and for a random time on top', () => {
  const busy = new ConnectError('busy', Code.Unavailable, undefined, [
    { desc: ErrorInfoSchema, value: { reason: 'CONTENTION' } },
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n } } },
  ]);
  const waits = Array.from({ length: 50 }, (_, i) => waitAfter(i + 1, new HoldfastError(busy)));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(2000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(7000);
  expect(new Set(waits).size).toBeGreaterThan(40);
});

test('which reasons are worth another try is what the service says', () => {
  const expected = Object.entries(reasons).filter(([, { retryable }]) => retryable);
  expect([...retryableReasons].sort()).toEqual(expected.map(([reason]) => reason).sort());
});

test('a signal ends the waiting with its reason, a deadline with DEADLINE_EXCEEDED', async () => {
  const reason = new Error('no longer wanted');
  await expect(holdfast.reserve({ id, qty: 1 }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

  const other = await Session.open(stage.service.database.url);
  await other.run('BEGIN');
  await other.run('SELECT 1 FROM stock_levels WHERE id = $1 FOR UPDATE', [id]);
  const aborted = new AbortController();
  const waiting = holdfast.reserve({ id, qty: 1 }, { signal: aborted.signal });
  waiting.catch(() => {});
  await sleep(50);
  aborted.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const late = await failureOf(holdfast.reserve({ id, qty: 1 }, { timeoutMs: 100 }));
  expect(late).toMatchObject({ code: Code.DeadlineExceeded, idempotencyKey: expect.any(String) });
  await other.close();
});

test('time beyond what timers can wait is as much as they can', async () => {
  for (const timeoutMs of [2 ** 31, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
    await holdfast.reserve({ id, qty: 1 }, { timeoutMs });
    await holdfast.execute('reserve', { id, qty: 1 }, { timeoutMs });
  }
  expect(await reserved()).toBe(6);
});

test('a token may be a function, called for each try; what it throws is what the call throws', async () => {
  let calls = 0;
  const token = (): string => {
    if (++calls === 1) throw new Error('no token today');
    return stage.options.token as string;
  };
  const own = new Holdfast({ ...stage.options, token });
  await expect(own.getInventory({ id })).rejects.toThrow('no token today');
  await expect(own.getInventory({ id })).resolves.toMatchObject({ record: { id } });
  own.close();
  await expect(own.getInventory({ id })).rejects.toThrow('the client is closed');
  expect(calls).toBe(2);
});

test('nobody there: it keeps trying, and says where', async () => {
  const left = new AbortController();
  const reason = new Error('enough');
  let ended: Promise<void> | undefined;
  const told = await new Promise<HoldfastError>((resolve) => {
    const own = new Holdfast({ ...stage.options, url: 'http://127.0.0.1:9', onRetry: resolve });
    ended = expect(own.reserve({ id, qty: 1 }, { signal: left.signal })).rejects.toBe(reason);
  });
  expect(told).toMatchObject({ code: Code.Unavailable, message: 'nobody answers at http://127.0.0.1:9' });
  left.abort(reason);
  await ended;
});

test('the client for browsers does the same over fetch', async () => {
  const browser = new BrowserHoldfast(stage.options);
  expect((await browser.reserve({ id, qty: 2 })).stock).toMatchObject({ reservedQty: 2 });
  expect((await browser.execute('release', { id, qty: 1 })).stock).toMatchObject({ reservedQty: 1 });
  for await (const event of browser.watch({ ids: [id] })) {
    expect(event).toMatchObject({ id, reservedQty: 1 });
    break;
  }
  expect(await failureOf(browser.reserve({ id, qty: 500 }))).toMatchObject({ reason: 'INSUFFICIENT_STOCK' });
});
