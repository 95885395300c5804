import { describe, expect } from 'vitest';
import { findHeader } from '../../bench/load/hpack.js';
import { startApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { frame, HTTP2_PREFACE } from '../support/http2-frames.js';
import {
  END_STREAM,
  FrameType,
  grpcHeaders,
  headersFrames,
  messageFrame,
  RawHttp2,
} from '../support/http2-raw.js';
import { expectUnharmed } from '../support/unharmed.js';

/** What clients of the gRPC port may leave undone, and for how long. */

const HEALTH_WATCH = '/grpc.health.v1.Health/Watch';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const RESERVE = '/inventory.v1.InventoryService/Reserve';
const LIST = '/inventory.v1.InventoryService/ListInventory';

const NO_HEADER_TABLE = [1, 0] as const;
const CLOSED_WINDOW = [4, 0] as const;
const ENHANCE_YOUR_CALM = 11;

/** The preface and settings of a client, and its acknowledgement of the server's settings. */
const greeting = [HTTP2_PREFACE, frame(FrameType.SETTINGS, 0, 0), frame(FrameType.SETTINGS, 1, 0)];

const test = base
  // If the service kept a connection open, it would never close, and the test would time out.
  .extend('environment', {
    REQUEST_TIMEOUT_MS: '300',
    STREAM_STALLED_MS: '300',
    GRPC_IDLE_MS: '1000',
    SHUTDOWN_TIMEOUT_MS: '600000',
  })
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend('open', ({ service }) => (...settings: (readonly [number, number])[]): Promise<RawHttp2> => {
    return RawHttp2.connect(service.grpcAddress, [NO_HEADER_TABLE, ...settings]);
  });

/** How a stream ended: its status, or the code of its reset. */
async function ending(connection: RawHttp2, stream: number): Promise<string> {
  const last = await connection.frame(
    (f) => f.stream === stream && (f.type === FrameType.RST_STREAM || (f.flags & END_STREAM) !== 0),
  );
  if (last === undefined) return 'closed';
  if (last.type === FrameType.RST_STREAM) return `reset ${last.payload.readUInt32BE(0)}`;
  return `status ${findHeader(last.payload, 'grpc-status')}`;
}

describe('while it serves', () => {
  expectUnharmed(test);

  test.for<readonly [string, string, Buffer]>([
    ['a call without a message', RESERVE, Buffer.alloc(0)],
    ['a call whose message breaks off', RESERVE, frame(FrameType.DATA, 0, 1, Buffer.from([0, 0]))],
    ['a message without an end', LIST, messageFrame(1, Buffer.alloc(0), 0)],
    ['a watch without a message', '/inventory.v1.InventoryService/WatchInventory', Buffer.alloc(0)],
    ['a health check without a message', '/grpc.health.v1.Health/Check', Buffer.alloc(0)],
  ])('%s is DEADLINE_EXCEEDED in its time', async ([_, path, data], { merchant, open }) => {
    const connection = await open();
    connection.send(headersFrames(1, grpcHeaders(path, merchant)), data);
    expect(await ending(connection, 1)).toBe('status 4');
    connection.socket.destroy();
  });

  test.for<readonly [string, readonly (string | Buffer)[]]>([
    ['says nothing', []],
    ['says half a preface', ['PRI']],
    ['says a preface and no settings', [HTTP2_PREFACE]],
    ['has no call', greeting],
  ])('a connection that %s is closed', async ([_, words], { service }) => {
    await RawHttp2.open(service.grpcAddress, words).then(({ closed }) => closed);
  });

  test('a connection whose client does not hang up is closed, too', async ({ service }) => {
    const { closed } = await RawHttp2.open(service.grpcAddress, greeting, { hangsUp: false });
    await closed;
  });

  test('a connection with a stream is not idle', async ({ open }) => {
    const connection = await open();
    connection.send(headersFrames(1, grpcHeaders(HEALTH_WATCH)), messageFrame(1, Buffer.alloc(0)));
    const idle = await open();
    await idle.closed;
    expect(connection.socket.destroyed).toBe(false);
    connection.socket.destroy();
  });

  test('an answer that nobody reads is cut off', async ({ merchant, open }) => {
    const connection = await open(CLOSED_WINDOW);
    connection.send(headersFrames(1, grpcHeaders(LIST, merchant)), messageFrame(1, Buffer.alloc(0)));
    expect(await ending(connection, 1)).toBe(`reset ${ENHANCE_YOUR_CALM}`);
    connection.socket.destroy();
  });

  test('headers of 80 KB together are refused, though the client has not heard of the limit', async ({
    merchant,
    open,
  }) => {
    const connection = await open();
    const long = Array.from({ length: 8 }, (_, i) => [`x-${i}`, 'x'.repeat(10_000)] as const);
    connection.send(headersFrames(1, [...grpcHeaders(RESERVE, merchant), ...long]));
    expect(await ending(connection, 1)).toBe(`reset ${ENHANCE_YOUR_CALM}`);
    connection.socket.destroy();
  });

  test.for([
    ['health watches', HEALTH_WATCH, messageFrame],
    ['reflection streams', REFLECTION, () => Buffer.alloc(0)],
  ] as const)('a connection has no more than 100 %s', async ([_, path, message], { open }) => {
    const connection = await open();
    for (let i = 0; i <= 100; i++) {
      connection.send(
        headersFrames(1 + 2 * i, grpcHeaders(path)),
        message(1 + 2 * i, Buffer.alloc(0), END_STREAM),
      );
    }
    expect(await ending(connection, 201)).toBe('status 8');
    connection.socket.destroy();
  });

  test('a process has no more than 1,000 of them', async ({ open }) => {
    const connections = await Promise.all(Array.from({ length: 11 }, () => open()));
    for (const connection of connections) {
      for (let i = 0; i < 100; i++) {
        connection.send(
          headersFrames(1 + 2 * i, grpcHeaders(HEALTH_WATCH)),
          messageFrame(1 + 2 * i, Buffer.alloc(0)),
        );
      }
    }
    const begun = connections.map((connection) =>
      connection.frame((f) => f.stream === 199 && f.type === FrameType.HEADERS),
    );
    await Promise.all(begun);
    const refused = connections.flatMap(({ frames }) =>
      frames.filter((f) => f.type === FrameType.HEADERS && findHeader(f.payload, 'grpc-status') === '8'),
    );
    expect(refused).toHaveLength(100);
    for (const connection of connections) connection.socket.destroy();
  });
});

test('a stop waits for nobody who neither sends nor reads nor hangs up', async ({
  service,
  merchant,
  open,
}) => {
  const silent = await RawHttp2.open(service.grpcAddress, [], { hangsUp: false });
  const idle = await RawHttp2.open(service.grpcAddress, greeting, { hangsUp: false });
  const unfinished = await open();
  unfinished.send(headersFrames(1, grpcHeaders(RESERVE, merchant)));
  const unread = await open(CLOSED_WINDOW);
  unread.send(headersFrames(1, grpcHeaders(LIST, merchant)), messageFrame(1, Buffer.alloc(0)));
  const reflecting = await open();
  reflecting.send(headersFrames(1, grpcHeaders(REFLECTION)));
  await service.close();
  await Promise.all([silent, idle, unfinished, unread, reflecting].map(({ closed }) => closed));
});

test('a connection that is old enough is told to go, and goes when its calls have ended', async ({
  onTestFinished,
}) => {
  const { grpcAddress, close } = await startApp({ CONNECTION_MAX_AGE_MS: '200' });
  onTestFinished(close);
  const connection = await RawHttp2.connect(grpcAddress, [NO_HEADER_TABLE]);
  connection.send(headersFrames(1, grpcHeaders(HEALTH_WATCH)), messageFrame(1, Buffer.alloc(0)));
  const told = await connection.frame((f) => f.type === FrameType.GOAWAY);
  expect(told?.payload.readUInt32BE(4), 'NO_ERROR').toBe(0);
  expect(connection.socket.destroyed).toBe(false);
  connection.send(frame(FrameType.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, 8])));
  await connection.closed;
});
