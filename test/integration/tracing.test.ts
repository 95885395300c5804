import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { commandDoorNames, type DoorName, doorNames, openDoor } from '../support/doors.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { openWatch, type WatchDoor, watchDoors } from '../support/watches.js';

/**
 * Spans as a collector receives them. All calls are made first, since the last spans are sent when the service ends.
 */

const SERVER = 2;
const SERVICE = 'inventory.v1.InventoryService';
const ID = 'inv_1';

const receiver = new OtlpReceiver();
let service: TestApp;
let merchant: Credentials;

/** A caller with a span of its own: the headers that it sends, and the spans that the service then records. */
class Caller {
  readonly traceId = randomBytes(16).toString('hex');
  readonly spanId = randomBytes(8).toString('hex');

  headers(flags = '01'): Record<string, string> {
    return { traceparent: `00-${this.traceId}-${this.spanId}-${flags}`, tracestate: 'vendor=a' };
  }

  get spans(): ReceivedSpan[] {
    return receiver.spans.filter(({ traceId }) => traceId === this.traceId);
  }

  /** The spans directly within the caller's. */
  get own(): ReceivedSpan[] {
    return this.spans.filter(({ parentSpanId }) => parentSpanId === this.spanId);
  }
}

const calls = new Map<DoorName, Caller>();
const refused = new Map<DoorName, Caller>();
const watches = new Map<WatchDoor, Caller>();
const unrecorded = new Caller();
const stranger = new Caller();
const crowd = Array.from({ length: 24 }, () => new Caller());

const isBatch = ({ name }: ReceivedSpan): boolean => name === 'batch';
const batchesOf = ({ spanId }: ReceivedSpan): ReceivedSpan[] =>
  receiver.spans.filter((span) => isBatch(span) && span.links.some((link) => link.spanId === spanId));

beforeAll(async () => {
  await receiver.listen();
  service = await startApp({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-collector',
    OTEL_SERVICE_NAME: 'stock',
  });
  merchant = await service.createMerchant();
  await service.seed(merchant.merchantId, { id: ID, onHandQty: 1000, reservedQty: 0 });
  for (const name of [...doorNames, ...commandDoorNames]) await callThrough(name);
  for (const name of watchDoors) await watchThrough(name);
  await callTogether();
  await callWithoutTrace();
  await service.close();
});
afterAll(() => receiver.close());

async function callThrough(name: DoorName): Promise<void> {
  const door = openDoor(name, service);
  for (const [callers, qty] of [
    [calls, 1],
    [refused, 1001],
  ] as const) {
    const caller = new Caller();
    callers.set(name, caller);
    await door.call('Reserve', { id: ID, qty }, { credentials: merchant, headers: caller.headers() });
  }
  door.close();
}

async function watchThrough(name: WatchDoor): Promise<void> {
  const caller = new Caller();
  watches.set(name, caller);
  const watch = openWatch(name, service, { ids: [ID] }, { credentials: merchant, headers: caller.headers() });
  await watch.next();
  watch.leave();
  await watch.ended;
}

async function callTogether(): Promise<void> {
  const door = openDoor('gRPC', service);
  const reserve = (caller: Caller) =>
    door.call('Reserve', { id: ID, qty: 1 }, { credentials: merchant, headers: caller.headers() });
  await Promise.all(crowd.map(reserve));
  door.close();
}

async function callWithoutTrace(): Promise<void> {
  const door = openDoor('gRPC', service);
  await door.call('GetInventory', { id: ID }, { credentials: merchant });
  await door.call('GetInventory', { id: ID }, { headers: stranger.headers() });
  await door.call('GetInventory', { id: ID }, { credentials: merchant, headers: unrecorded.headers('00') });
  door.close();
  const stream = openDoor('Execute', service);
  await stream.call('Release', { id: ID, qty: 1 }, { credentials: merchant });
  stream.close();
}

const words: Readonly<
  Record<DoorName, { system: string; door: string; ok: string | undefined; refused: string }>
> = {
  gRPC: { system: 'grpc', door: 'grpc', ok: 'OK', refused: 'FAILED_PRECONDITION' },
  'gRPC over h2c on the HTTP port': {
    system: 'grpc',
    door: 'grpc',
    ok: 'OK',
    refused: 'FAILED_PRECONDITION',
  },
  'Connect JSON': { system: 'connectrpc', door: 'connect', ok: undefined, refused: 'failed_precondition' },
  'Connect binary': { system: 'connectrpc', door: 'connect', ok: undefined, refused: 'failed_precondition' },
  'gRPC-Web': { system: 'grpc', door: 'grpc-web', ok: 'OK', refused: 'FAILED_PRECONDITION' },
  REST: { system: 'rest', door: 'rest', ok: '200', refused: '400' },
  Execute: { system: 'grpc', door: 'grpc', ok: 'OK', refused: 'FAILED_PRECONDITION' },
  BatchExecute: { system: 'grpc', door: 'grpc', ok: 'OK', refused: 'FAILED_PRECONDITION' },
};

/** The span of the reserve: the caller's own, or within that of the call or stream that brought it. */
function reserveOf(name: DoorName, caller: Caller): ReceivedSpan | undefined {
  const reserves = caller.spans.filter((span) => span.name === `${SERVICE}/Reserve`);
  expect(reserves).toHaveLength(1);
  const isBrought = name === 'Execute' || name === 'BatchExecute';
  const bringer = isBrought ? caller.own.find((span) => span.name === `${SERVICE}/${name}`) : undefined;
  expect(reserves[0]!.parentSpanId).toBe(isBrought ? bringer!.spanId : caller.spanId);
  return reserves[0];
}

describe.each([...doorNames, ...commandDoorNames])('%s', (name) => {
  const { system, door, ok, refused: refusal } = words[name];

  test('a call is a span within its caller’s', () => {
    const span = reserveOf(name, calls.get(name)!)!;
    expect(span).toMatchObject({ kind: SERVER, traceState: 'vendor=a', status: { code: 0 } });
    expect(span.attributes).toEqual({
      'rpc.system.name': system,
      'rpc.method': `${SERVICE}/Reserve`,
      ...(ok !== undefined && { 'rpc.response.status_code': ok }),
      'holdfast.door': door,
      'holdfast.request_id': expect.any(String),
      'holdfast.merchant_id': merchant.merchantId,
    });
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano));
  });

  test('its batch is linked to it, and it to its batch', () => {
    const span = reserveOf(name, calls.get(name)!)!;
    const [batch, ...others] = batchesOf(span);
    expect(others).toEqual([]);
    expect(batch).toMatchObject({ kind: 1, links: [{ traceId: span.traceId, spanId: span.spanId }] });
    expect(batch!.parentSpanId).toBeUndefined();
    expect(batch!.attributes).toEqual({
      'holdfast.batch.commands': 1,
      'holdfast.batch.way': 'free',
      'holdfast.batch.attempt': 1,
    });
    expect(span.links).toMatchObject([{ traceId: batch!.traceId, spanId: batch!.spanId }]);
  });

  test('a rejection is an attribute of the span, and not an error', () => {
    const span = reserveOf(name, refused.get(name)!)!;
    expect(span.status.code).toBe(0);
    expect(span.attributes).toMatchObject({
      'rpc.response.status_code': refusal,
      'error.type': 'INSUFFICIENT_STOCK',
    });
  });
});

test.each(watchDoors)('%s: a watch is a span until its caller leaves', (name) => {
  const caller = watches.get(name)!;
  expect(caller.own).toMatchObject([{ name: `${SERVICE}/WatchInventory`, kind: SERVER }]);
});

describe('calls at the same time', () => {
  test('each is carried by one batch, and some share one', () => {
    const batches = crowd.map((caller) => batchesOf(caller.own[0]!));
    expect(batches.every((of) => of.length === 1)).toBe(true);
    const shared = batches.flat().find(({ links }) => links.length > 1)!;
    expect(shared.attributes['holdfast.batch.commands']).toBe(shared.links.length);
    const carried = crowd.filter(({ own: [call] }) =>
      shared.links.some(({ spanId }) => spanId === call!.spanId),
    );
    expect(carried).toHaveLength(shared.links.length);
    for (const { own } of carried) expect(own[0]!.links).toMatchObject([{ spanId: shared.spanId }]);
  });
});

describe('who decides what is recorded', () => {
  test('a caller who does not record is not recorded', () => {
    expect(unrecorded.spans).toEqual([]);
  });

  test('a caller whose credentials are not there is, without a merchant', () => {
    const [span] = stranger.own;
    expect(span!.attributes).toMatchObject({ 'error.type': 'UNAUTHENTICATED' });
    expect(span!.attributes).not.toHaveProperty('holdfast.merchant_id');
  });

  test('a call without a trace begins one', () => {
    const alone = receiver.spans.filter(
      ({ name, parentSpanId }) => name.endsWith('/GetInventory') && parentSpanId === undefined,
    );
    expect(alone).toHaveLength(1);
  });

  test('a command of a stream without a trace begins one, linked to the stream', () => {
    const [release] = receiver.spans.filter(({ name }) => name.endsWith('/Release'));
    const stream = receiver.spans.find(
      ({ name, parentSpanId }) => name.endsWith('/Execute') && parentSpanId === undefined,
    )!;
    expect(release!.parentSpanId).toBeUndefined();
    expect(release!.traceId).not.toBe(stream.traceId);
    expect(release!.links[0]).toMatchObject({ traceId: stream.traceId, spanId: stream.spanId });
  });
});

test('requests say who sends, and what the collector asks for', () => {
  for (const { path, headers } of receiver.requests) {
    expect(path).toBe('/v1/traces');
    expect(headers.authorization).toBe('Bearer of-the-collector');
  }
  expect(receiver.spans[0]!.resource).toMatchObject({
    'service.name': 'stock',
    'service.version': expect.any(String),
    'service.instance.id': expect.any(String),
  });
});
