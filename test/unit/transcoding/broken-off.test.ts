import { type EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { frame, HTTP2_PREFACE } from '../../support/http2-frames.js';
import { echo, transcoder } from './support.js';

/** Bodies that end before they are whole: the part that came is not the body, and nothing is called with it. */

const called: string[] = [];
const { listener } = transcoder({
  bodyBytesMax: 1000,
  handle: (call) => {
    called.push(call.method.name);
    return echo(call);
  },
});

let server: Server;
let socket: Socket;
afterEach(async () => {
  called.splice(0);
  socket.destroy();
  server.close();
  await once(server, 'close');
});

async function open(served: Server): Promise<void> {
  server = served.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
}

/** Unlike `once`, it also resolves after an error. */
function closing(emitter: EventEmitter): Promise<unknown> {
  return new Promise((resolve) => emitter.once('close', resolve));
}

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];
const [END_STREAM, END_HEADERS] = [1, 4];

/** HPACK, without its compression. */
function headers(fields: Record<string, string>): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  const pairs = Object.entries(fields).map(([k, v]) => Buffer.concat([Buffer.from([0]), text(k), text(v)]));
  return frame(HEADERS, END_HEADERS, 1, Buffer.concat(pairs));
}

const renaming = {
  ':method': 'PUT',
  ':path': '/v1/shelves/s/title',
  ':scheme': 'http',
  ':authority': 'a',
  'content-type': 'application/json',
};
const preface = Buffer.concat([Buffer.from(HTTP2_PREFACE), frame(SETTINGS, 0, 0)]);
const reset = (code: number) => frame(RST_STREAM, 0, 1, Uint8Array.of(0, 0, 0, code));

describe('over HTTP/2', () => {
  it.each<[string, Record<string, string>, string, Buffer | undefined]>([
    ['cancelled', {}, '"New', reset(8)],
    ['cancelled where it could have ended', {}, '"New"', reset(8)],
    ['reset without an error', {}, '"New"', reset(0)],
    ['reset with one', {}, '"New"', reset(2)],
    ['cancelled before a byte of it came', {}, '', reset(8)],
    ['cancelled when it is too long', {}, 'x'.repeat(2000), reset(8)],
    ['left by its connection', {}, '"New"', undefined],
    ['shorter than its Content-Length', { 'content-length': '9' }, '"New"', frame(DATA, END_STREAM, 1)],
  ])('%s', async (_, more, sent, end) => {
    await open(createHttp2Server(listener));
    const arrived = once(server, 'stream');
    socket.write(Buffer.concat([preface, headers({ ...renaming, ...more })]));
    const [stream] = await arrived;
    if (sent !== '') {
      const reading = once(stream, 'data');
      socket.write(frame(DATA, 0, 1, Buffer.from(sent)));
      await reading;
    }
    const closed = closing(stream);
    if (end === undefined) socket.destroy();
    else socket.write(end);
    await closed;
    await new Promise(setImmediate);
    expect(called).toEqual([]);
  });

  it('a whole body is handled, also when its end comes in a separate frame', async () => {
    await open(createHttp2Server(listener));
    const data = frame(DATA, 0, 1, Buffer.from('"New"'));
    socket.write(Buffer.concat([preface, headers(renaming), data, frame(DATA, END_STREAM, 1)]));
    let answer = '';
    while (!answer.includes('"New"')) answer += (await once(socket, 'data'))[0];
    expect(called).toEqual(['RenameShelf']);
  });
});

describe('over HTTP/1.1', () => {
  const head = 'PUT /v1/shelves/s/title HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
  it.each([
    ['by its length', 'content-length: 9\r\n\r\n"New"'],
    ['between two chunks', 'transfer-encoding: chunked\r\n\r\n5\r\n"New"\r\n'],
  ])('cut off %s', async (_, body) => {
    await open(createServer(listener));
    const arrived = once(server, 'request');
    socket.write(head + body);
    const [request] = await arrived;
    const closed = closing(request);
    socket.destroy();
    await closed;
    expect(called).toEqual([]);
  });
});
