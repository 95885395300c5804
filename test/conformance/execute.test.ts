import { once } from 'node:events';
import { connect } from 'node:http2';
import { fromBinary, type JsonObject } from '@bufbuild/protobuf';
import { describe, expect } from 'vitest';
import { type ExecuteResponse, ExecuteResponseSchema } from '../../src/gen/inventory/v1/commands_pb.js';
import { type Credentials, startAppOn, tokenFor } from '../support/app.js';
import { frame as framed, unframe } from '../support/doors/grpc-web.js';
import { type Addresses, openDoor } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { frame } from '../support/http2-frames.js';
import { FrameType, grpcHeaders, headersFrames, RawHttp2 } from '../support/http2-raw.js';
import {
  commandBytes,
  EXECUTE_PATH,
  type ExecuteOptions,
  ExecuteStream,
  errorOf,
  executeDoors,
} from '../support/streams/execute.js';

/**
 * Execute as a stream: order, refusals, limits. How streams end is in execute-ends.test.ts; what a command comes to is
 * in the scenarios.
 */

const ID = 'inv_1';

const test = base
  .extend('environment', { scope: 'file' }, () => ({ STREAM_COMMANDS_MAX: '4', STREAM_STALLED_MS: '200' }))
  .extend('records', { scope: 'file' }, [{ id: ID, onHandQty: 1_000_000, reservedQty: 0 }]);

const reserve = (tag: string, qty = 1, more: JsonObject = {}): JsonObject => ({
  tag,
  reserve: { id: ID, qty, ...more },
});

type Caller = ExecuteOptions['credentials'];

function open(service: Addresses, credentials: Caller, headers: Record<string, string> = {}): ExecuteStream {
  return new ExecuteStream('gRPC', service, { credentials, headers });
}

const tagsOf = (answers: readonly ExecuteResponse[]): string[] => answers.map(({ tag }) => tag).sort();

test('many more than may be in progress are all answered, and commands on one record keep their order', async ({
  service,
  merchant,
}) => {
  const stream = open(service, merchant);
  const commands = Array.from({ length: 15 }, (_, i) => [
    reserve(`a${i}`, 2, { reference: `O${i}` }),
    { tag: `b${i}`, setHold: { id: ID, qty: 5, reference: `O${i}` } },
    { tag: `c${i}`, confirmOrder: { reference: `O${i}` } },
    { tag: `d${i}`, reserveOrder: { reference: `O${i}`, lines: [{ id: ID, qty: 1 }] } },
    { tag: `e${i}`, moveOrder: { reference: `O${i}`, toReference: `P${i}` } },
    { tag: `f${i}`, release: { id: ID, qty: 1, reference: `P${i}` } },
    { tag: `g${i}`, setOrder: { reference: `P${i}`, lines: [] } },
  ]).flat();
  const answers = await stream.send(...commands).all();
  expect(answers).toHaveLength(105);
  expect(new Set(tagsOf(answers)).size).toBe(105);
  expect(answers.filter(({ outcome }) => outcome.case === 'error')).toEqual([]);
});

test('a bad command is answered, and the stream goes on', async ({ service, merchant }) => {
  const unreadable = Buffer.concat([commandBytes({ tag: 'u' }), Buffer.from([0x1a, 2, 0x0a, 0xff])]);
  const stream = open(service, merchant).send(reserve('q', 0), { tag: 'n' }).sendBytes(unreadable);
  stream.send(reserve('t'.repeat(129)), reserve('last'));
  const answers = await stream.all();
  const told = answers.map((answer) => [answer.tag.slice(0, 4), errorOf(answer) ?? answer.outcome.case]);
  const invalid = (violations: object) =>
    expect.objectContaining({ reason: 'VALIDATION_FAILED', violations });
  expect(new Map(told as [string, unknown][])).toEqual(
    new Map<string, unknown>([
      ['q', invalid({ qty: 'must be greater than 0' })],
      ['n', invalid({ command: 'is required: exactly one' })],
      ['u', expect.objectContaining({ reason: 'MALFORMED_REQUEST' })],
      ['tttt', invalid({ tag: 'must be at most 128 characters' })],
      ['last', 'reserve'],
    ]),
  );
});

test('what cannot be read at all ends the stream, once the others are answered', async ({
  service,
  merchant,
}) => {
  const stream = open(service, merchant)
    .send(reserve('1'))
    .sendBytes(Buffer.from([0xff, 0xff]));
  expect(await stream.ended).toMatchObject({ code: 3, reason: 'MALFORMED_REQUEST' });
  expect(tagsOf(stream.answers)).toEqual(['1']);
});

test('a message that is too long ends the stream', async ({ service, merchant }) => {
  const stream = open(service, merchant).send(reserve('1', 1, { notes: 'n'.repeat(70_000) }));
  expect(await stream.ended).toMatchObject({ code: 3, reason: 'MALFORMED_REQUEST' });
});

describe('refused', () => {
  test.for<[string, (caller: Caller) => Caller, object, string]>([
    ['without credentials', ({ token }) => ({ token, apiKey: 'x' }), {}, 'UNAUTHENTICATED'],
    ['with a key of its own', (caller) => caller, { 'idempotency-key': 'k' }, 'VALIDATION_FAILED'],
  ])('%s', async ([, credentialsOf, headers, reason], { service, merchant }) => {
    const stream = open(service, credentialsOf(merchant), headers as Record<string, string>);
    expect(await stream.send(reserve('1')).ended).toMatchObject({ reason });
    expect(stream.answers).toEqual([]);
  });
});

test('a caller who may not change anything is told so for each command', async ({
  service,
  merchant,
  doors,
}) => {
  const reader = { ...merchant, token: await tokenFor(merchant.merchantId, ['can_read_inventory']) };
  const answers = await open(service, reader).send(reserve('1'), { tag: 'none' }).all();
  expect(answers.map((answer) => errorOf(answer)?.reason)).toEqual([
    'PERMISSION_DENIED',
    'PERMISSION_DENIED',
  ]);
  const commands = [{ reserve: { id: ID, qty: 1 } }, { reserve: { id: {} } }, {}, 5];
  const batch = await doors.REST.call('BatchExecute', { commands }, { credentials: reader });
  const denied = expect.objectContaining({ code: 'PERMISSION_DENIED' });
  expect(batch).toMatchObject({ ok: true, data: { results: commands.map(() => denied) } });
});

test.for(['gRPC', 'Connect JSON', 'Connect binary', 'REST'] as const)(
  'a command of a batch that cannot be read fails alone, through %s',
  async (name, { doors, merchant }) => {
    const commands = [{ reserve: { id: ID, qty: 1 } }, {}, { release: { id: ID, qty: 1 } }];
    if (name === 'Connect JSON' || name === 'REST') commands[1] = { reserve: { id: ID, qty: 1.5 } };
    const answer = await doors[name].call('BatchExecute', { commands }, { credentials: merchant });
    const { results } = answer.data as { results: { code?: string; error?: object }[] };
    expect(results.map((one) => one.code !== undefined || one.error !== undefined)).toEqual([
      false,
      true,
      false,
    ]);
  },
);

test('an encoding that is not supported is named, with those that are', async ({ service, merchant }) => {
  const session = connect(`http://${service.grpcAddress}`);
  const head = Object.fromEntries(grpcHeaders(EXECUTE_PATH, merchant));
  const stream = session.request({ ...head, 'grpc-encoding': 'snappy' });
  const [answer] = await once(stream, 'response');
  expect(answer).toMatchObject({ 'grpc-status': '12', 'grpc-accept-encoding': 'identity,gzip,br' });
  session.destroy();
});

test('a key replays on a stream of any door, and on a call', async ({ service, merchant, doors }) => {
  const keyed = { tag: '1', idempotencyKey: 'k-execute', reserve: { id: ID, qty: 1, reference: 'K' } };
  const answers: ExecuteResponse[] = [];
  for (const door of executeDoors) {
    answers.push(...(await new ExecuteStream(door, service, { credentials: merchant }).send(keyed).all()));
  }
  expect(answers.map(({ replayed }) => replayed)).toEqual([false, true, true, true]);
  expect(answers.map(({ outcome }) => outcome)).toEqual(answers.map(() => answers[0]!.outcome));
  const options = { credentials: merchant, idempotencyKey: 'k-execute' };
  expect(await doors.REST.call('Reserve', { id: ID, qty: 1, reference: 'K' }, options)).toMatchObject({
    ok: true,
    replayed: true,
  });
});

describe.each(['application/connect+proto', 'application/connect+json'])('%s', (type) => {
  test('answers, and ends as Connect does', async ({ service, merchant }) => {
    const isJson = type.endsWith('json');
    const json = { tag: '1', reserve: { id: ID, qty: 0 } };
    const sent = framed(0, isJson ? Buffer.from(JSON.stringify(json)) : commandBytes(json));
    const raw = await RawHttp2.connect(new URL(service.httpUrl).host);
    const headers = grpcHeaders(EXECUTE_PATH, merchant).map(([name, value]): [string, string] => [
      name,
      name === 'content-type' ? type : value,
    ]);
    raw.send(headersFrames(1, headers), frame(FrameType.DATA, 1, 1, sent));
    await raw.frame(({ type: kind, flags }) => kind === FrameType.DATA && (flags & 1) === 1);
    const body = Buffer.concat(
      raw.frames.filter((one) => one.type === FrameType.DATA).map((one) => one.payload),
    );
    const { messages } = unframe(body);
    raw.socket.destroy();
    expect(messages).toHaveLength(2);
    if (isJson) {
      expect(JSON.parse(Buffer.from(messages[0]!).toString())).toMatchObject({
        tag: '1',
        error: { code: 3 },
      });
    } else expect(fromBinary(ExecuteResponseSchema, messages[0]!).outcome.case).toBe('error');
    expect(JSON.parse(Buffer.from(messages[1]!).toString())).toEqual({
      metadata: { 'x-request-id': [expect.any(String)] },
    });
  });
});

test('each command counts against the limits, and a stop answers the commands that were read', async ({
  database,
}) => {
  const service = await startAppOn(database, {
    MERCHANT_CALLS_PER_SECOND_MAX: '5',
    MERCHANT_STREAMS_MAX: '1',
  });
  const merchant = await service.createMerchant();
  await service.seed(merchant.merchantId, { id: ID, onHandQty: 100, reservedQty: 0 });
  const stream = open(service, merchant);
  stream.send(...Array.from({ length: 20 }, (_, i) => reserve(`${i}`)));
  await expect.poll(() => stream.answers.length, { timeout: 20_000 }).toBe(20);
  const refused = stream.answers.filter(({ outcome }) => outcome.case === 'error').length;
  expect(refused).toBeGreaterThan(0);
  expect(refused).toBeLessThanOrEqual(15);
  expect(await open(service, merchant).ended).toMatchObject({ reason: 'RATE_LIMITED' });
  const door = openDoor('REST', service);
  await service.close();
  door.close();
  expect(await stream.ended).toMatchObject({ code: 14, reason: 'SHUTTING_DOWN' });
});

test('a batch counts with its commands', async ({ database }) => {
  const service = await startAppOn(database, { MERCHANT_CALLS_PER_SECOND_MAX: '5' });
  const merchant = await service.createMerchant();
  await service.seed(merchant.merchantId, { id: ID, onHandQty: 100, reservedQty: 0 });
  const door = openDoor('REST', service);
  const commands = Array.from({ length: 10 }, () => ({ reserve: { id: ID, qty: 1 } }));
  const send = async (of: Credentials, sent: object[]): Promise<(string | undefined)[]> => {
    const answer = await door.call('BatchExecute', { commands: sent }, { credentials: of });
    return (answer.data as { results: { code?: string }[] }).results.map(({ code }) => code);
  };
  const codes = await send(merchant, commands);
  expect(codes.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(codes).toContain('RATE_LIMITED');
  // So do those that are nothing.
  const nothings = await send(await service.createMerchant(), Array(10).fill({}));
  expect(nothings.slice(0, 5)).toEqual(Array(5).fill('VALIDATION_FAILED'));
  expect(nothings).toContain('RATE_LIMITED');
  const keyed = { credentials: merchant, idempotencyKey: 'k' };
  await expect
    .poll(() => door.call('BatchExecute', { commands: commands.slice(0, 1) }, keyed))
    .toMatchObject({ reason: 'VALIDATION_FAILED', violations: { 'Idempotency-Key': expect.any(String) } });
  door.close();
  await service.close();
});
