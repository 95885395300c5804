import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect } from 'vitest';
import type { TestApp } from '../support/app.js';
import { test as base } from '../support/fixtures.js';
import { frame, HTTP2_PREFACE } from '../support/http2-frames.js';
import { FrameType, grpcHeaders, headersFrames, RawHttp2 } from '../support/http2-raw.js';
import { expectUnharmed } from '../support/unharmed.js';

/** HTTP/2 connections as hostile or careless clients make them, on both ports. */

const http2Test = base.extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }]);

expectUnharmed(http2Test);

const SETTINGS = Buffer.from('000000040000000000', 'hex');
const ENHANCE_YOUR_CALM = 11;
const RST_STREAM = 3;
const HEADERS = 1;
const CONTINUATION = 9;
const GOAWAY = 7;

function frameTypes(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes[at + 3]!);
  return types;
}

const authorities = {
  'HTTP port': (service: TestApp) => new URL(service.httpUrl).host,
  'gRPC port': (service: TestApp) => service.grpcAddress,
};

describe.each(['HTTP port', 'gRPC port'] as const)('%s', (port) => {
  const test = http2Test
    .extend('authority', ({ service }) => authorities[port](service))
    /** Sends, and resolves when the server says GOAWAY or closes the connection. */
    .extend('untilRefused', ({ authority }) => (...parts: (string | Uint8Array)[]): Promise<void> => {
      const { hostname, port: number } = new URL(`http://${authority}`);
      return new Promise((resolve) => {
        const socket = connect(Number(number), hostname);
        let received: Buffer = Buffer.alloc(0);
        // A reset also counts as refused: `close` follows it.
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.on('data', (chunk) => {
          received = Buffer.concat([received, chunk]);
          if (frameTypes(received).includes(GOAWAY)) socket.destroy();
        });
        for (const part of parts) socket.write(part);
      });
    });

  test.for<readonly [string, readonly (string | Uint8Array)[]]>([
    ['noise after the preface', [HTTP2_PREFACE, 'x'.repeat(100)]],
    ['a preface that breaks off', ['PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', SETTINGS]],
    ['no settings', [HTTP2_PREFACE, frame(RST_STREAM, 0, 1, Buffer.alloc(4))]],
    ['a frame that is too long', [HTTP2_PREFACE, SETTINGS, frame(0, 0, 1, Buffer.alloc(70_000))]],
    ['data for a stream that was never opened', [HTTP2_PREFACE, SETTINGS, frame(0, 1, 1, Buffer.alloc(4))]],
    ['headers that are no HPACK', [HTTP2_PREFACE, SETTINGS, frame(HEADERS, 5, 1, Buffer.alloc(40, 0xff))]],
    ['headers for an even stream', [HTTP2_PREFACE, SETTINGS, frame(HEADERS, 5, 2, Buffer.from([0x82]))]],
    ['a continuation of nothing', [HTTP2_PREFACE, SETTINGS, frame(CONTINUATION, 4, 1, Buffer.from([0x82]))]],
    ['settings of odd length', [HTTP2_PREFACE, frame(4, 0, 0, Buffer.alloc(5))]],
  ])('%s: the connection is refused', async ([_, parts], { untilRefused }) => {
    await untilRefused(...parts);
  });

  test('a header that is too long to be read ends the connection, so that nobody waits for an answer', async ({
    authority,
  }) => {
    const connection = await RawHttp2.connect(authority);
    connection.send(
      headersFrames(1, [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':path', '/x'],
        ['x', 'x'.repeat(80_000)],
      ]),
    );
    await connection.closed;
  });

  test('headers of 80 KB together are refused at once', async ({ authority }) => {
    const connection = await RawHttp2.connect(authority);
    await connection.frame((f) => f.type === FrameType.SETTINGS);
    const acknowledged = frame(FrameType.SETTINGS, 1, 0);
    const long = Array.from({ length: 8 }, (_, i) => [`x-${i}`, 'x'.repeat(10_000)] as const);
    connection.send(acknowledged, headersFrames(1, [...grpcHeaders('/x'), ...long]));
    const reset = await connection.frame((f) => f.type === FrameType.RST_STREAM);
    connection.socket.destroy();
    expect(reset?.payload.readUInt32BE(0)).toBe(ENHANCE_YOUR_CALM);
  });

  test('a client that opens streams and resets them at once does no harm', async ({ authority }) => {
    const session = connectHttp2(`http://${authority}`);
    session.on('error', () => {});
    for (let i = 0; i < 500 && !session.destroyed; i++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/inventory.v1.InventoryService/Reserve',
      });
      stream.on('error', () => {});
      stream.close(8);
    }
    await new Promise<void>((closed) => {
      session.once('close', () => closed());
      session.close();
    });
    const next = connectHttp2(`http://${authority}`);
    next.on('error', () => {});
    const asked = next.request({ ':path': '/healthz' });
    const [head] = (await once(asked, 'response')) as [IncomingHttpHeaders];
    next.destroy();
    expect(head[':status']).toBeGreaterThan(0);
  });
});

http2Test(
  'HTTP port: headers of 80 KB from a client that does not know the limit yet are 431',
  async ({ service }) => {
    const session = connectHttp2(service.httpUrl, { maxSendHeaderBlockLength: 1_000_000 });
    const long = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x-${i}`, 'x'.repeat(10_000)]));
    const stream = session.request({ ':path': '/v1/inventory/inv_none', ...long });
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    session.destroy();
    expect(head[':status']).toBe(431);
  },
);

http2Test.for([1, 2, 3, 5])(
  'a preface that comes in pieces of %d bytes is understood',
  async (size, { service }) => {
    const { hostname, port } = new URL(service.httpUrl);
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    const first = new Promise<Buffer>((resolve, reject) =>
      socket.once('data', resolve).once('error', reject),
    );
    const bytes = Buffer.concat([Buffer.from(HTTP2_PREFACE), SETTINGS]);
    for (let at = 0; at < bytes.length; at += size) {
      await new Promise<void>((written) => socket.write(bytes.subarray(at, at + size), () => written()));
      // A turn of the event loop between the pieces, so that they are not sent together.
      await new Promise((turn) => setImmediate(turn));
    }
    const answer = await first;
    socket.destroy();
    expect(answer[3], 'the type of the first frame').toBe(SETTINGS[3]);
  },
);

http2Test.for<readonly [OutgoingHttpHeaders, number]>([
  [{ ':path': '/healthz', expect: 'miracles' }, 417],
  [{ ':method': 'CONNECT', ':authority': 'elsewhere:443' }, 501],
  [{ ':method': 'GET', ':path': '/inventory.v1.InventoryService/Reserve' }, 405],
  [{ ':method': 'POST', ':path': '/inventory.v1.InventoryService/Reserve', 'content-type': 'a/b' }, 415],
])('%o is refused with %d in the published shape', async ([headers, status], { service }) => {
  const session = connectHttp2(service.httpUrl);
  const stream = session.request({ ...headers, 'x-request-id': 'req-1' }).setEncoding('utf8');
  stream.end();
  const answered = new Promise<IncomingHttpHeaders>((resolve) => stream.on('response', resolve));
  let text = '';
  for await (const chunk of stream) text += chunk;
  const head = await answered;
  session.destroy();
  expect(JSON.parse(text)).toMatchObject({ status: false, code: 'MALFORMED_REQUEST', requestId: 'req-1' });
  expect(head).toMatchObject({
    ':status': status,
    'x-request-id': 'req-1',
    ...(status === 405 && { allow: 'POST' }),
  });
});
