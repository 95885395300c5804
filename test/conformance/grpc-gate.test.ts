import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect } from 'vitest';
import { findHeader } from '../../bench/load/hpack.js';
import { ReserveRequestSchema } from '../../src/gen/inventory/v1/reservations_pb.js';
import { type Answer, openDoor } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';
import { frame } from '../support/http2-frames.js';
import {
  END_STREAM,
  FrameType,
  grpcHeaders,
  headersFrames,
  messageFrame,
  RawHttp2,
} from '../support/http2-raw.js';
import { figure } from '../support/metrics.js';

/** Calls that are refused by their first frame. */

const ID = 'inv_xyz789';
const RESERVE = '/inventory.v1.InventoryService/Reserve';
const NO_HEADER_TABLE = [1, 0] as const;
const RESOURCE_EXHAUSTED = 8;

const test = base
  .extend('environment', { MERCHANT_CALLS_PER_SECOND_MAX: '5' })
  .extend('records', [{ id: ID, onHandQty: 1000, reservedQty: 0 }]);

describe('a flood over its limit', () => {
  test('a ready-made client with deadlines gets the same refusal as from the dispatcher', async ({
    service,
    merchant,
  }) => {
    const door = openDoor('gRPC', service);
    let calls = 0;
    const reserve = (): Promise<Answer> => {
      // Each call has headers that no other has.
      const headers = { 'x-request-id': `req-${calls}`, traceparent: traceparent(calls) };
      return door.call(
        'Reserve',
        { id: ID, qty: 1 },
        { credentials: merchant, timeoutMs: 20_000 + calls++, headers },
      );
    };
    const answers: Answer[] = [];
    // The first refusal comes from the dispatcher, and shows the gate that there is something to do.
    while (answers.at(-1)?.ok !== false) answers.push(await reserve());
    const { requestId: _, ...refusal } = answers.at(-1)!;
    expect(refusal).toMatchObject({ reason: 'RATE_LIMITED', code: RESOURCE_EXHAUSTED, retryAfterSeconds: 1 });
    for (let i = 0; i < 10; i++) answers.push(...(await Promise.all(Array.from({ length: 20 }, reserve))));
    for (const [i, answer] of answers.entries()) {
      if (!answer.ok) expect(answer).toEqual({ ...refusal, requestId: `req-${i}` });
    }
    const granted = answers.filter(({ ok }) => ok).length;
    expect(answers.length - granted).toBeGreaterThan(100);
    const counted = (reason: string) =>
      figure(service.httpUrl, `holdfast_calls_total{rpc="Reserve",reason="${reason}"}`);
    expect([await counted('OK'), await counted('RATE_LIMITED')]).toEqual([granted, answers.length - granted]);
    await expect.poll(async () => (await reserve()).ok, { interval: 300 }).toBe(true);
    door.close();
  });

  test('the refusal is one frame, which node:http2 has not written', async ({ service, merchant }) => {
    const connection = await RawHttp2.connect(service.grpcAddress, [NO_HEADER_TABLE]);
    const message = toBinary(ReserveRequestSchema, create(ReserveRequestSchema, { id: ID, qty: 1 }));
    const call = async (stream: number) => {
      connection.send(headersFrames(stream, grpcHeaders(RESERVE, merchant)), messageFrame(stream, message));
      return connection.frame((f) => f.stream === stream && (f.flags & END_STREAM) !== 0);
    };
    let refusal = await call(1);
    for (let stream = 3; findHeader(refusal!.payload, 'date') !== undefined || stream < 20; stream += 2) {
      refusal = await call(stream);
    }
    const { stream, payload } = refusal!;
    expect(findHeader(payload, 'grpc-status')).toBe(String(RESOURCE_EXHAUSTED));
    expect(findHeader(payload, 'content-type')).toBe('application/grpc+proto');
    expect(connection.frames.filter((f) => f.stream === stream)).toHaveLength(1);
    connection.socket.destroy();
  });
});

test('calls that are taken back with their first frame do no harm', async ({ service, merchant }) => {
  const connection = await RawHttp2.connect(service.grpcAddress, [NO_HEADER_TABLE]);
  const resets = [0, 1, 2, 8].map((code) => Buffer.from([0, 0, 0, code]));
  const kinds = [
    grpcHeaders(RESERVE, merchant),
    grpcHeaders(RESERVE),
    grpcHeaders('/'),
    grpcHeaders(RESERVE).slice(0, 4),
  ];
  let stream = 1;
  for (const headers of kinds) {
    for (const code of resets) {
      connection.send(headersFrames(stream, headers), frame(FrameType.RST_STREAM, 0, stream, code));
      stream += 2;
    }
  }
  connection.send(headersFrames(stream, grpcHeaders('/'), END_STREAM));
  const answer = await connection.frame((f) => f.stream === stream && (f.flags & END_STREAM) !== 0);
  expect(findHeader(answer!.payload, 'grpc-status')).toBe('12');
  connection.socket.destroy();
});

function traceparent(i: number): string {
  return `00-${i.toString(16).padStart(32, '1')}-${i.toString(16).padStart(16, '1')}-00`;
}
