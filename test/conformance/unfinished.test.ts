import { connect } from 'node:http2';
import { describe, expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { frame, HTTP2_PREFACE } from '../support/http2-frames.js';
import { FrameType, grpcHeaders, headersFrames, messageFrame, RawHttp2 } from '../support/http2-raw.js';
import { expectUnharmed } from '../support/unharmed.js';
import { exchange } from '../support/wire.js';

/** What clients leave undone: requests that begin and never end, connections on which nothing is said. */

const test = base
  // If the service kept one of them, it would never close, and the test would time out.
  .extend('environment', {
    REQUEST_TIMEOUT_MS: '300',
    HTTP_KEEP_ALIVE_MS: '400',
    SHUTDOWN_TIMEOUT_MS: '600000',
  })
  .extend('records', [{ id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 }])
  .extend(
    'begin',
    ({ service, merchant }) =>
      (method: string, path: string, contentType: string): Promise<Answer> => {
        const session = connect(service.httpUrl);
        const stream = session.request({
          ':method': method,
          ':path': path,
          'content-type': contentType,
          authorization: `Bearer ${merchant.token}`,
          'x-merchantapikey': merchant.apiKey,
          te: 'trailers',
        });
        let status: number | undefined;
        let text = '';
        stream.on('response', (head) => {
          status = head[':status'];
        });
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        stream.on('error', () => {});
        stream.write(Buffer.from([0]));
        return new Promise((resolve) =>
          stream.on('close', () => {
            session.destroy();
            resolve({ status, text });
          }),
        );
      },
  );

expectUnharmed(test);

/** ReserveRequest {id 1, qty 2} */
const reserveOne = Buffer.from([0x0a, 10, ...Buffer.from('inv_xyz789'), 0x10, 1]);

const rst = (code: number): Buffer => frame(FrameType.RST_STREAM, 0, 1, Buffer.from([0, 0, 0, code]));

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
}

describe('a call', () => {
  test('of REST is told that its deadline passed', async ({ begin }) => {
    const { status, text } = await begin('PATCH', '/v1/inventory/inv_xyz789/reserve', 'application/json');
    expect({ status, ...JSON.parse(text) }).toMatchObject({ status: false, code: 'DEADLINE_EXCEEDED' });
    expect(status).toBe(504);
  });

  test.for([
    'application/json',
    'application/grpc',
    'application/grpc-web+proto',
    'application/connect+json',
  ] as const)('of %s is cut off', async (contentType, { begin }) => {
    const rpc = contentType.startsWith('application/connect') ? 'WatchInventory' : 'Reserve';
    const answer = await begin('POST', `/inventory.v1.InventoryService/${rpc}`, contentType);
    expect(answer).toEqual({ status: undefined, text: '' });
  });
});

describe.each(['gRPC port', 'HTTP port'] as const)(
  '%s: a message whose caller takes the call back',
  (port) => {
    test.for([
      ['RST_STREAM 0', rst(0)],
      ['RST_STREAM 2', rst(2)],
      ['RST_STREAM 8', rst(8)],
      ['GOAWAY', frame(FrameType.GOAWAY, 0, 0, Buffer.alloc(8))],
    ] as const)('by %s before its end is not executed', async ([_, withdrawal], { service, merchant }) => {
      const authority = port === 'gRPC port' ? service.grpcAddress : new URL(service.httpUrl).host;
      const connection = await RawHttp2.connect(authority);
      const headers = grpcHeaders('/inventory.v1.InventoryService/Reserve', merchant);
      connection.send(headersFrames(1, headers), messageFrame(1, reserveOne, 0), withdrawal);
      // When this call is answered, anything sent before it is done.
      connection.send(headersFrames(3, headers), messageFrame(3, Buffer.alloc(0)));
      await connection.frame((f) => f.stream === 3 || f.type === FrameType.GOAWAY);
      connection.socket.destroy();
    });
  },
);

test.for([
  ['POST', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'],
  ['POST', '/inventory.v1.InventoryService/Nope'],
  ['PATCH', '/v1/nope'],
] as const)('%s %s is answered with 404 at once', async ([method, path], { begin }) => {
  const { status } = await begin(method, path, 'application/grpc+proto');
  expect(status).toBe(404);
});

const SETTINGS = frame(4, 0, 0);
const PING = frame(6, 0, 0, Buffer.alloc(8));
const unended = (method: string, path: string): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{`;
const healthz = headersFrames(1, [
  [':method', 'GET'],
  [':path', '/healthz'],
  [':scheme', 'http'],
  [':authority', 'a'],
]);
/** A request for /healthz whose headers never end: without END_HEADERS. */
const halfHealthz = Buffer.from(healthz);
halfHealthz[4] = 0;

test.for<readonly [string, readonly (string | Uint8Array)[], string]>([
  ['nothing at all', [], ''],
  ['half a head', ['GET /healthz HTTP/1.1\r\nHost: a\r\nX-A'], 'HTTP/1.1 408 '],
  ['one request and no more', ['GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'], 'HTTP/1.1 200 '],
  ['half a body for REST', [unended('PATCH', '/v1/inventory/inv_xyz789/reserve')], 'HTTP/1.1 '],
  ['half a body for an open path', [unended('GET', '/healthz')], 'HTTP/1.1 200 '],
  ['half a body for the documentation', [unended('GET', '/docs')], 'HTTP/1.1 200 '],
  ['half a body for no path', [unended('POST', '/nope')], 'HTTP/1.1 404 '],
  ['a lone PRI', ['PRI'], ''],
  ['a preface without settings', [HTTP2_PREFACE], ''],
  ['HTTP/2 without a call', [HTTP2_PREFACE, SETTINGS, PING], ''],
  ['half the headers of a call', [HTTP2_PREFACE, SETTINGS, halfHealthz], ''],
  ['half a body over HTTP/2 for an open path', [HTTP2_PREFACE, SETTINGS, healthz], ''],
])('%s: the connection is closed', async ([_, parts, answer], { service }) => {
  expect(await exchange(service.httpUrl, ...parts)).toMatch(new RegExp(`^${answer}`));
});

test('HTTP/2 without a call, and a client who does not hang up: the connection is closed', async ({
  service,
}) => {
  const { host } = new URL(service.httpUrl);
  const { closed } = await RawHttp2.open(host, [HTTP2_PREFACE, SETTINGS], { hangsUp: false });
  await closed;
});

test('calls taken back with NO_ERROR: they end, though nobody reads what they brought', async ({
  service,
}) => {
  const { host } = new URL(service.httpUrl);
  const takenBack = Array.from({ length: 20 }, async () => {
    const session = connect(`http://${host}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/nope', ':method': 'POST' }, { endStream: false });
    stream.on('error', () => {}).resume();
    stream.write('{');
    await new Promise((turn) => setTimeout(turn, 3));
    stream.close(0);
    await new Promise((turn) => setTimeout(turn, 30));
    session.destroy();
  });
  await Promise.all(takenBack);
  // If one of them stayed, the service would not close.
});
