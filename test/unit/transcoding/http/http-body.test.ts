import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { create, type Message } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HttpBody, HttpBodySchema } from '../../../../src/gen/google/api/httpbody_pb.js';
import type { TranscodedAnswer, TranscodedCall } from '../../../../src/transcoding/index.js';
import { LibraryService, type PutCoverRequest } from '../../../gen/transcoding/v1/library_service_pb.js';
import { type Client, mount, protocols } from '../clients.js';
import { echo, transcoder } from '../support.js';

const { getCover, putCover, convert, scan } = LibraryService.method;
const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe, 10, 13]);
const bodyOf = (contentType: string, data: Uint8Array | string): HttpBody =>
  create(HttpBodySchema, { contentType, data: Buffer.from(data) });

describe.each(protocols)('google.api.HttpBody over %s', (protocol) => {
  let client: Client;
  let bound: Message | undefined;
  afterEach(() => client.close());
  async function serve(answer?: (call: TranscodedCall) => TranscodedAnswer): Promise<void> {
    client = await mount(
      protocol,
      transcoder({
        bodyBytesMax: 1000,
        gzipBytesMin: 200,
        handle: (call) => {
          bound = call.bind();
          return answer === undefined ? echo(call) : answer(call);
        },
        writer: { success: () => 'wrapped', fault: (f) => ({ status: 400, body: JSON.stringify(f) }) },
      }),
    );
  }
  async function bytesOf(path: string, sent = {}): Promise<[number, string | undefined, Buffer]> {
    const { status, headers, body } = await client.open(path, sent);
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return [status, headers['content-type'], Buffer.concat(chunks)];
  }
  const put = (body: string | Uint8Array, headers: Record<string, string>) =>
    bytesOf('/v1/books/7/cover?note=n&cover.contentType=ignored', { method: 'PUT', headers, body });

  it.each<[string, string | Uint8Array, Record<string, string>, string, string | Uint8Array]>([
    ['bytes', png, { 'content-type': 'image/png' }, 'image/png', png],
    [
      'a type with parameters',
      'é',
      { 'content-type': 'text/plain; charset=utf-8' },
      'text/plain; charset=utf-8',
      'é',
    ],
    ['JSON, as it is', '{"a": 1,}', { 'content-type': 'application/json' }, 'application/json', '{"a": 1,}'],
    ['no type', png, {}, '', png],
    [
      'packed',
      gzipSync('text'),
      { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
      'text/plain',
      'text',
    ],
    ['nothing, with a type', '', { 'content-type': 'text/plain' }, 'text/plain', ''],
  ])('fills a field with %s', async (_, body, headers, contentType, data) => {
    await serve();
    const answer = await put(body, headers);
    expect(bound).toEqual(create(putCover.input, { isbn: '7', note: 'n', cover: bodyOf(contentType, data) }));
    expect(answer).toEqual([200, contentType || 'application/octet-stream', Buffer.from(data)]);
  });

  it('leaves the field unset when nothing is sent', async () => {
    await serve();
    const answer = await bytesOf('/v1/books/7/cover', { method: 'PUT' });
    expect((bound as PutCoverRequest).cover).toBeUndefined();
    expect(answer).toEqual([200, 'application/octet-stream', Buffer.alloc(0)]);
  });

  it.each([
    ['too large', Buffer.alloc(1001), {}, 'body_too_large'],
    ['packed otherwise', png, { 'content-encoding': 'br' }, 'unsupported_media_type'],
    ['unpacks to too much', gzipSync(Buffer.alloc(1001)), { 'content-encoding': 'gzip' }, 'body_too_large'],
  ])('is refused when it is %s', async (_, body, headers, kind) => {
    await serve();
    const [, , answer] = await put(body, { 'content-type': 'image/png', ...headers } as Record<
      string,
      string
    >);
    expect(JSON.parse(String(answer))).toMatchObject({ kind });
  });

  it('is the whole request and the whole answer', async () => {
    await serve();
    const sent = { method: 'POST', headers: { 'content-type': 'image/png', accept: 'text/html' }, body: png };
    expect(await bytesOf('/v1/convert', sent)).toEqual([200, 'image/png', Buffer.from(png)]);
    expect(bound).toEqual(create(convert.input, { contentType: 'image/png', data: Buffer.from(png) }));
  });

  it('answers a request that binds as any other', async () => {
    await serve((call) => ({
      kind: 'message',
      message: create(getCover.output, { contentType: 'text/html', data: Buffer.from('<p>') }),
      headers: { 'x-isbn': (call.bind() as Message & { isbn: string }).isbn },
    }));
    const { status, headers, text } = await client.ask('/v1/books/7/cover');
    expect([status, headers['content-type'], headers['x-isbn'], text]).toEqual([
      200,
      'text/html',
      '7',
      '<p>',
    ]);
    const head = await client.ask('/v1/books/7/cover', { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '3', '']);
  });

  it.each([
    ['text/html; charset=utf-8', 'gzip'],
    ['application/json', 'gzip'],
    ['image/svg+xml', 'gzip'],
    ['application/vnd.acme+json', 'gzip'],
    ['image/png', undefined],
    ['application/zip', undefined],
    ['application/octet-stream', undefined],
  ])('%s is packed as %s', async (contentType, encoding) => {
    await serve(() => ({ kind: 'message', message: bodyOf(contentType, 'a'.repeat(500)) }));
    const { headers } = await client.open('/v1/books/7/cover', { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBe(encoding);
  });

  it('streams as the bytes that it is, under the type of the first message', async () => {
    await serve(() => ({
      kind: 'stream',
      messages: (async function* () {
        yield bodyOf('image/png', png);
        yield bodyOf('ignored', 'more');
      })(),
    }));
    expect(await bytesOf('/v1/books/7/scan', { headers: { accept: 'text/event-stream' } })).toEqual([
      200,
      'image/png',
      Buffer.concat([png, Buffer.from('more')]),
    ]);
    expect(scan.methodKind).toBe('server_streaming');
  });

  it('an empty stream is an empty body', async () => {
    await serve(() => ({ kind: 'stream', messages: (async function* () {})() }));
    expect(await bytesOf('/v1/books/7/scan')).toEqual([200, 'application/octet-stream', Buffer.alloc(0)]);
  });

  it('an error before the first message has its own status', async () => {
    await serve(() => ({
      kind: 'stream',
      // biome-ignore lint/correctness/useYield: it fails before it has anything to give
      messages: (async function* (): AsyncGenerator<Message> {
        throw new Error('boom');
      })(),
    }));
    const [status, , body] = await bytesOf('/v1/books/7/scan');
    expect([status, JSON.parse(String(body))]).toEqual([500, { thrown: 'Error: boom' }]);
  });

  it('an error after it breaks the connection: last words would be taken for content', async () => {
    const sent = Promise.resolve();
    await serve(() => ({
      kind: 'stream',
      messages: (async function* () {
        yield bodyOf('image/png', png);
        await sent;
        throw new Error('boom');
      })(),
    }));
    const broken = client.open('/v1/books/7/scan').then(async ({ body }) => {
      body.resume();
      await once(body, 'end');
    });
    await expect(broken).rejects.toThrow();
  });

  it('stops the source when the client goes away before the first message', async () => {
    let signal: AbortSignal | undefined;
    const source = { returned: false };
    await serve((call) => {
      signal = call.signal;
      return {
        kind: 'stream',
        messages: {
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise<never>(() => {}),
            return: async () => {
              source.returned = true;
              return { done: true, value: undefined };
            },
          }),
        },
      };
    });
    void client.open('/v1/books/7/scan').catch(() => {});
    await vi.waitFor(() => expect(signal).toBeDefined());
    // There is no answer yet that could be left.
    await client.close();
    await vi.waitFor(() => expect([signal?.aborted, source.returned]).toEqual([true, true]));
    await serve();
  });
});
