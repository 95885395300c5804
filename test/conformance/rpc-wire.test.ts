import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Credentials, startApp, type TestApp } from '../support/app.js';
import { explain, statusDetails } from '../support/doors/details.js';
import { frame, unframe } from '../support/doors/grpc-web.js';

/** What RPCs send in addition to messages, and the text mode of gRPC-Web, as bytes on the wire. */

let service: TestApp;
let credentials: Credentials;
beforeAll(async () => {
  service = await startApp();
  credentials = await service.createMerchant();
  await service.seed(credentials.merchantId, { id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 });
});
afterAll(() => service.close());

const SERVICE = '/inventory.v1.InventoryService';
const TEXT = 'application/grpc-web-text';

/** A message whose field 1 is a record's id, and field 2, where there is one, a quantity. */
function message(id: string, qty?: number): Buffer {
  const quantity = qty === undefined ? [] : [0x10, qty];
  return Buffer.from([0x0a, id.length, ...Buffer.from(id), ...quantity]);
}
const unreadable = Buffer.alloc(40, 0xff);
const large = Buffer.concat([
  message('inv_xyz789'),
  Buffer.from([0x7a, 0x80, 0x80, 0x04]),
  Buffer.alloc(65_536),
]);

interface WireAnswer {
  readonly head: Readonly<Record<string, unknown>>;
  /** The place where the protocol has the metadata of an error. */
  readonly end: Readonly<Record<string, unknown>>;
  readonly messages: readonly Uint8Array[];
}

type Headers = Readonly<Record<string, string>>;

function withIdentity(contentType: string, headers: Headers): Record<string, string> {
  return {
    'content-type': contentType,
    authorization: `Bearer ${credentials.token}`,
    'x-merchantapikey': credentials.apiKey,
    ...headers,
  };
}

async function post(contentType: string, rpc: string, body: Buffer, headers: Headers) {
  const url = `${service.httpUrl}${SERVICE}/${rpc}`;
  const init = { method: 'POST', headers: withIdentity(contentType, headers), body: new Uint8Array(body) };
  const response = await fetch(url, init);
  const received = Buffer.from(await response.arrayBuffer());
  return { status: response.status, head: Object.fromEntries(response.headers), received };
}

function grpc(authority: string, rpc: string, bytes: Buffer, headers: Headers): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://${authority}`);
    session.on('error', reject);
    const fixed = { ':method': 'POST', ':path': `${SERVICE}/${rpc}`, te: 'trailers' };
    const stream = session.request({ ...fixed, ...withIdentity('application/grpc', headers) });
    let head = {};
    let end = {};
    stream.on('response', (received) => {
      head = received;
      // A refusal may consist of headers only.
      if ('grpc-status' in received) end = received;
    });
    stream.on('trailers', (received) => {
      end = received;
    });
    stream.on('error', reject);
    stream.on('end', () => stream.destroy());
    stream.on('close', () => {
      session.destroy();
      resolve({ head, end, messages: [] });
    });
    stream.resume();
    stream.end(frame(0, bytes));
  });
}

async function grpcWeb(
  contentType: string,
  rpc: string,
  bytes: Buffer,
  headers: Headers,
): Promise<WireAnswer> {
  const isText = contentType.startsWith(TEXT);
  const framed = frame(0, bytes);
  const body = isText ? Buffer.from(framed.toString('base64')) : framed;
  const { head, received } = await post(contentType, rpc, body, headers);
  const { messages, trailers } = unframe(isText ? fromPieces(received.toString()) : received);
  return { head, end: Object.fromEntries(trailers), messages };
}

/** Decodes pieces of base64, each with its own padding. */
function fromPieces(text: string): Buffer {
  return Buffer.concat((text.match(/[^=]+=*/g) ?? []).map((piece) => Buffer.from(piece, 'base64')));
}

async function connectStream(rpc: string, bytes: Buffer, headers: Headers): Promise<WireAnswer> {
  const { head, received } = await post('application/connect+proto', rpc, frame(0, bytes), headers);
  const last = received.subarray(received.indexOf('{"'));
  const metadata: Record<string, string[]> = JSON.parse(last.toString()).metadata ?? {};
  return {
    head,
    end: Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, v.join()])),
    messages: [],
  };
}

async function connectUnary(rpc: string, bytes: Buffer, headers: Headers): Promise<WireAnswer> {
  const { head } = await post('application/proto', rpc, bytes, headers);
  return { head, end: head, messages: [] };
}

type WireCall = (rpc: string, bytes: Buffer, headers: Headers) => Promise<WireAnswer>;
const ofAll: readonly (readonly [string, WireCall])[] = [
  ['gRPC', (...call) => grpc(service.grpcAddress, ...call)],
  ['gRPC on the HTTP port', (...call) => grpc(new URL(service.httpUrl).host, ...call)],
  ['gRPC-Web', (...call) => grpcWeb('application/grpc-web+proto', ...call)],
  ['gRPC-Web text', (...call) => grpcWeb(TEXT, ...call)],
];
const ofCalls = [...ofAll, ['Connect', connectUnary] as const];
const ofStreams = [...ofAll, ['Connect', connectStream] as const];

describe('an error carries its request id where its protocol has an error’s metadata', () => {
  const stranger = { authorization: 'Bearer x' };
  const id = { 'x-request-id': 'req-1' };
  const late = { 'grpc-timeout': '50m', 'connect-timeout-ms': '50' };
  // [what is wrong, message, headers]
  const wrong: readonly (readonly [string, Buffer, Headers])[] = [
    ['an unknown record', message('nobody', 1), {}],
    ['a stranger', message('inv_xyz789', 1), stranger],
    ['a message that nobody can read', unreadable, {}],
    ['a message of more than 64 KiB', large, {}],
    ['an encoding that nobody knows', message('inv_xyz789', 1), { 'grpc-encoding': 'snappy' }],
  ];

  test.each(ofCalls)('%s: a call', async (door, call) => {
    for (const [what, bytes, headers] of wrong) {
      // On the gRPC port, the library itself refuses these two, before the service sees the call.
      const isLibrarys = bytes === large || 'grpc-encoding' in headers;
      if (door === 'gRPC' && isLibrarys) continue;
      if (door === 'Connect' && 'grpc-encoding' in headers) continue;
      const { end } = await call('Reserve', bytes, { ...headers, ...id });
      expect([what, end['x-request-id']]).toEqual([what, 'req-1']);
    }
  });

  test.each(ofStreams)('%s: a stream', async (door, call) => {
    const begun = ['a deadline, when it has begun', message('inv_xyz789'), late] as const;
    for (const [what, bytes, headers] of [...wrong, begun]) {
      const isLibrarys = bytes === large || 'grpc-encoding' in headers || headers === late;
      if (door === 'gRPC' && isLibrarys) continue;
      if (door === 'Connect' && 'grpc-encoding' in headers) continue;
      const { end } = await call('WatchInventory', bytes, { ...headers, ...id });
      expect([what, end['x-request-id']]).toEqual([what, 'req-1']);
    }
  });
});

test.each(ofStreams.slice(1))('%s: proxies are asked not to gather a stream', async (_, call) => {
  const { head } = await call('WatchInventory', message('inv_xyz789'), {
    'grpc-timeout': '50m',
    'connect-timeout-ms': '50',
  });
  expect(head).toMatchObject({ 'x-accel-buffering': 'no', 'x-request-id': expect.any(String) });
});

describe('gRPC-Web text', () => {
  const asked = frame(0, message('inv_xyz789', 1)).toString('base64');
  const halves = [
    frame(0, message('inv_xyz789', 1)).subarray(0, 7),
    frame(0, message('inv_xyz789', 1)).subarray(7),
  ];
  const pieces = halves.map((half) => half.toString('base64')).join('');
  const unknown = (text: string) => Buffer.from(text, 'base64');

  // [what is sent, body, content type]
  test.each([
    ['as its client sends it', asked, TEXT],
    ['with its codec', asked, `${TEXT}+proto`],
    ['in capitals, with a character set', asked, 'Application/gRPC-Web-Text; charset=utf-8'],
    ['in pieces, each padded', pieces, TEXT],
    ['without padding', asked.replace(/=+$/, ''), TEXT],
    ['in lines', asked.replace(/.{8}/g, '$&\r\n'), TEXT],
  ])('%s', async (_, body, contentType) => {
    expect(asked).toMatch(/=$/);
    const { status, head, received } = await post(contentType, 'Reserve', Buffer.from(body), {});
    const { messages, trailers } = unframe(fromPieces(received.toString()));
    expect([status, head['content-type']]).toEqual([200, `${TEXT}+proto`]);
    expect([messages.length, trailers.get('grpc-status')]).toEqual([1, '0']);
  });

  // [Accept, content type of the request, of the answer]
  test.each([
    [TEXT, TEXT, `${TEXT}+proto`],
    ['*/*', TEXT, `${TEXT}+proto`],
    ['application/grpc-web+proto', TEXT, 'application/grpc-web+proto'],
    [TEXT, 'application/grpc-web', `${TEXT}+proto`],
    ['*/*', 'application/grpc-web', 'application/grpc-web+proto'],
  ])('Accept %s, sent as %s: answered as %s', async (accept, contentType, expected) => {
    const body = contentType === TEXT ? Buffer.from(asked) : unknown(asked);
    const { head, received } = await post(contentType, 'Reserve', body, { accept });
    expect(head['content-type']).toBe(expected);
    expect(/^[\w+/=-]*$/.test(received.toString('latin1'))).toBe(expected.startsWith(TEXT));
  });

  // [what is sent, body, code, reason]
  test.each([
    ['nothing', '', [3, 12], undefined],
    ['letters of no alphabet', 'AAAA*AAA', [3], 'MALFORMED_REQUEST'],
    ['padding within a group', 'AA=A', [3], 'MALFORMED_REQUEST'],
    ['a letter too many', `${asked}A`, [3], 'MALFORMED_REQUEST'],
    ['binary', unknown(asked).toString('latin1'), [3], 'MALFORMED_REQUEST'],
    ['a message of more than 64 KiB', frame(0, large).toString('base64'), [8], undefined],
    ['more blanks than a message may have letters', ' '.repeat(300_000), [8], undefined],
  ])('refuses %s', async (_, body, codes, reason) => {
    const { received } = await post(TEXT, 'Reserve', Buffer.from(body, 'latin1'), {});
    const { trailers } = unframe(fromPieces(received.toString()));
    expect(codes).toContain(Number(trailers.get('grpc-status')));
    const details = trailers.get('grpc-status-details-bin');
    const told = details === null ? [] : statusDetails(Buffer.from(details, 'base64')).details;
    expect(explain(told).reason).toBe(reason);
  });

  test('each message of a stream comes in a piece of its own', async () => {
    const gone = new AbortController();
    const response = await fetch(`${service.httpUrl}${SERVICE}/WatchInventory`, {
      method: 'POST',
      headers: withIdentity(TEXT, { accept: TEXT }),
      body: frame(0, message('inv_xyz789')).toString('base64'),
      signal: gone.signal,
    });
    expect(response.headers.get('content-type')).toBe(`${TEXT}+proto`);
    const reader = response.body!.getReader();
    for (const qty of [1, 2]) {
      const piece = Buffer.from((await reader.read()).value!).toString();
      const { messages } = unframe(Buffer.from(piece, 'base64'));
      expect([qty, messages.length, piece.length % 4]).toEqual([qty, 1, 0]);
      await post(TEXT, 'Reserve', Buffer.from(asked), {});
    }
    gone.abort();
  });
});
