import { once } from 'node:events';
import type { Http2ServerRequest } from 'node:http2';
import { create, type Message } from '@bufbuild/protobuf';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StreamAnswer, TranscodedCall, TranscoderOptions } from '../../../src/transcoding/index.js';
import { BookSchema } from '../../gen/transcoding/v1/book_pb.js';
import { type Client, mount, protocols } from './clients.js';
import { transcoder } from './support.js';

const book = (isbn: string, title = ''): Message => create(BookSchema, { isbn, title });
const line = (isbn: string): string =>
  JSON.stringify({ name: '', isbn, title: '', pageCount: 0, authors: [] });
const ndjson = 'application/x-ndjson';
const sse = 'text/event-stream';

/** A source that gives what the test pushes, and tells what becomes of it. */
class Source implements AsyncIterable<Message> {
  pulls = 0;
  returned = false;
  readonly #waiting: ((result: IteratorResult<Message> | Error) => void)[] = [];
  readonly #ready: (IteratorResult<Message> | Error)[] = [];

  give(...messages: Message[]): void {
    for (const value of messages) this.#put({ done: false, value });
  }
  end(): void {
    this.#put({ done: true, value: undefined });
  }
  fail(error: Error): void {
    this.#put(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return {
      next: () =>
        new Promise((resolve, reject) => {
          this.pulls++;
          const settle = (result: IteratorResult<Message> | Error): void =>
            result instanceof Error ? reject(result) : resolve(result);
          const result = this.#ready.shift();
          if (result === undefined) this.#waiting.push(settle);
          else settle(result);
        }),
      return: async () => {
        this.returned = true;
        return { done: true, value: undefined };
      },
    };
  }

  #put(result: IteratorResult<Message> | Error): void {
    const settle = this.#waiting.shift();
    if (settle === undefined) this.#ready.push(result);
    else settle(result);
  }
}

describe.each(protocols)('a server stream over %s', (protocol) => {
  let client: Client;
  afterEach(() => client.close());

  async function serve(
    answer: Omit<StreamAnswer, 'kind'> | ((call: TranscodedCall) => Omit<StreamAnswer, 'kind'>),
    options: Partial<TranscoderOptions> = {},
  ): Promise<void> {
    client = await mount(
      protocol,
      transcoder({
        handle: (call) => ({ kind: 'stream', ...(typeof answer === 'function' ? answer(call) : answer) }),
        heartbeatMs: 0,
        ...options,
      }),
    );
  }
  async function* two(): AsyncGenerator<Message> {
    yield book('1');
    yield book('2');
  }

  it.each<[string | undefined, string]>([
    [undefined, ndjson],
    ['*/*', ndjson],
    ['application/json', ndjson],
    ['application/x-ndjson', ndjson],
    ['application/jsonl', ndjson],
    ['application/*', ndjson],
    ['text/event-stream', sse],
    ['text/event-stream, */*', sse],
    ['text/event-stream;q=0.5, */*;q=0.4', sse],
    ['text/event-stream;q=0.5, application/json', ndjson],
    ['text/*', sse],
    ['text/*, */*;q=0.1', ndjson],
    ['application/x-ndjson;q=0, text/*', sse],
    ['application/x-ndjson;q=0.1, application/json, text/event-stream;q=0.5', sse],
  ])('Accept %s → %s', async (accept, contentType) => {
    await serve(() => ({ messages: two() }));
    const { status, headers, text } = await client.ask(
      '/v1/shelves/s:watch',
      accept === undefined ? {} : { headers: { accept } },
    );
    expect([status, headers['content-type'], headers.vary]).toEqual([200, contentType, 'accept']);
    expect(headers['cache-control']).toBe('no-cache');
    expect(headers['content-length']).toBeUndefined();
    const [one, other] = [line('1'), line('2')];
    expect(text).toBe(contentType === sse ? `data: ${one}\n\ndata: ${other}\n\n` : `${one}\n${other}\n`);
  });

  it.each(['text/html', 'application/json;q=0', '*/*;q=0', 'application/x-ndjson;q=0, application/json'])(
    'Accept %s → 406',
    async (accept) => {
      await serve(() => ({ messages: two() }));
      const { status, text } = await client.ask('/v1/shelves/s:watch', { headers: { accept } });
      expect([status, JSON.parse(text)]).toEqual([406, { kind: 'not_acceptable', offers: [ndjson, sse] }]);
    },
  );

  it('gives events their ids, without what would break a line', async () => {
    const ids: Record<string, string | undefined> = { 1: 'id-1', 2: undefined, 3: 'a\r\nb\n\0c' };
    const messages = (async function* () {
      for (const isbn in ids) yield book(isbn);
    })();
    await serve({ messages, eventId: (m) => ids[(m as Message & { isbn: string }).isbn] });
    const { text } = await client.ask('/v1/shelves/s:watch', { headers: { accept: sse } });
    expect(text).toBe(
      `id: id-1\ndata: ${line('1')}\n\ndata: ${line('2')}\n\nid: abc\ndata: ${line('3')}\n\n`,
    );
  });

  it('answers one field of each message, and wraps it as the host wants', async () => {
    const writer = {
      success: () => 'not for streams',
      streamed: (json: unknown) => ({ title: json as string }),
      fault: () => ({ status: 400, body: '' }),
    };
    await serve(
      {
        messages: (async function* () {
          yield book('1', 'One');
          yield book('2', 'Two\nlines');
        })(),
      },
      { writer },
    );
    const { text } = await client.ask('/v1/shelves/s/titles:watch');
    expect(text).toBe('{"title":"One"}\n{"title":"Two\\nlines"}\n');
  });

  it('takes its request from a body as well', async () => {
    await serve((call) => {
      const { count } = call.bind() as Message & { count: number };
      return {
        messages: (async function* () {
          for (let i = 0; i < count; i++) yield book(String(i));
        })(),
      };
    });
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"count":3}' };
    expect((await client.ask('/v1/shelves/s:watch', sent)).text).toBe(
      `${line('0')}\n${line('1')}\n${line('2')}\n`,
    );
    const refused = await client.ask('/v1/shelves/s:watch', { ...sent, body: '{"count":"x"}' });
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([400, { field: 'count' }]);
  });

  it('starts immediately, and sends each message as it comes', async () => {
    const source = new Source();
    await serve({ messages: source, headers: { 'x-own': 'yes' } });
    const { status, headers, body } = await client.open('/v1/shelves/s:watch');
    expect([status, headers['x-own']]).toEqual([200, 'yes']);
    for (const isbn of ['1', '2']) {
      source.give(book(isbn));
      expect(String((await once(body, 'data'))[0])).toBe(`${line(isbn)}\n`);
    }
    source.end();
    await once(body, 'end');
    expect(source.returned).toBe(false);
  });

  it.each([
    [ndjson, /^ +$/],
    [sse, /^(:\n)+$/],
  ])('%s: a silent stream shows that it is alive', async (accept, heartbeat) => {
    const source = new Source();
    await serve({ messages: source }, { heartbeatMs: 5 });
    const { body, leave } = await client.open('/v1/shelves/s:watch', { headers: { accept } });
    for (let i = 0; i < 2; i++) expect(String((await once(body, 'data'))[0])).toMatch(heartbeat);
    leave();
  });

  it('asks its source for no more than the client takes', async () => {
    let pulls = 0;
    const big = book('1', 'x'.repeat(100_000));
    await serve({
      messages: (async function* () {
        while (pulls++ < 1000) yield big;
      })(),
    });
    const { body } = await client.open('/v1/shelves/s:watch');
    body.pause();
    // It gives what the buffers on the way can hold, then nothing.
    let before = -1;
    await vi.waitFor(
      () => {
        const grown = pulls !== before;
        before = pulls;
        expect(grown).toBe(false);
      },
      { interval: 100, timeout: 10_000 },
    );
    expect(pulls).toBeGreaterThan(0);
    expect(pulls).toBeLessThan(1000);
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    expect(pulls).toBe(1001);
    expect(bytes).toBeGreaterThan(100_000_000);
  });

  describe('a client that takes nothing', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    /** Stops reading, and resolves when the server has noticed: it counts the time. */
    async function stall(options: Partial<TranscoderOptions> = {}) {
      const calls: TranscodedCall[] = [];
      let ended = false;
      const messages = (async function* () {
        try {
          for (;;) yield book('1', 'x'.repeat(100_000));
        } finally {
          ended = true;
        }
      })();
      // Node itself uses none of these timers.
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      await serve(
        (call) => {
          calls.push(call);
          return { messages };
        },
        { stalledMs: 1000, ...options },
      );
      const { body } = await client.open('/v1/shelves/s:watch');
      body.on('error', () => {});
      body.pause();
      while (vi.getTimerCount() === 0) await new Promise(setImmediate);
      const { request, signal } = calls[0]!;
      const connection =
        request.httpVersionMajor === 2 ? (request as Http2ServerRequest).stream : request.socket;
      return { body, signal, connection, hasEnded: () => ended };
    }

    it('is given up after its time, not before, and the source stops', async () => {
      const { signal, hasEnded } = await stall();
      vi.advanceTimersByTime(999);
      expect(signal.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
      while (!hasEnded()) await new Promise(setImmediate);
    });

    it('reads why when it comes back in time', async () => {
      const { body } = await stall();
      vi.advanceTimersByTime(1000);
      let text = '';
      for await (const chunk of body) text = text.slice(-1000) + chunk;
      expect(text).toMatch(/x"[^\n]*\n\{"thrown":"TimeoutError: [^\n]*"\}\n$/);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is cut off when it does not', async () => {
      const { body, connection } = await stall();
      const cut = new Promise((resolve) => connection.on('close', resolve));
      vi.advanceTimersByTime(1999);
      expect(connection.destroyed).toBe(false);
      vi.advanceTimersByTime(1);
      await cut;
      const closed = new Promise((resolve) => body.on('close', resolve));
      body.resume();
      await closed;
      expect(body.readableEnded).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it('tells the source when the client goes away, and calls its return', async () => {
    const source = new Source();
    let signal: AbortSignal | undefined;
    await serve((call) => {
      signal = call.signal;
      return { messages: source };
    });
    const { body, leave } = await client.open('/v1/shelves/s:watch');
    source.give(book('1'));
    await once(body, 'data');
    expect(signal?.aborted).toBe(false);
    leave();
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    await vi.waitFor(() => expect(source.returned).toBe(true));
  });

  it('a signal that nobody asked for does not change that', async () => {
    const source = new Source();
    await serve({ messages: source });
    const { leave } = await client.open('/v1/shelves/s:watch');
    leave();
    await vi.waitFor(() => expect(source.returned).toBe(true));
  });

  it.each([
    [ndjson, (json: string) => `${json}\n`],
    [sse, (json: string) => `event: error\ndata: ${json}\n\n`],
  ])('%s: an error ends it with the last words of the host', async (accept, words) => {
    const source = new Source();
    const seen: unknown[] = [];
    const streamError = (error: unknown) => {
      seen.push(error);
      return '{\n  "status": false\r\n}';
    };
    await serve(
      { messages: source },
      {
        writer: { success: (json) => json, fault: () => ({ status: 400, body: '{}' }), streamError },
      },
    );
    source.give(book('1'));
    const boom = new Error('boom');
    source.fail(boom);
    const { status, text } = await client.ask('/v1/shelves/s:watch', { headers: { accept } });
    const first = accept === sse ? `data: ${line('1')}\n\n` : `${line('1')}\n`;
    expect([status, text]).toEqual([200, first + words('{   "status": false }')]);
    expect(seen).toEqual([boom]);
  });

  it('without such words, the host renders the error as any other', async () => {
    const source = new Source();
    await serve({ messages: source });
    source.fail(new Error('boom'));
    expect((await client.ask('/v1/shelves/s:watch')).text).toBe('{"thrown":"Error: boom"}\n');
  });

  it('a message that has no JSON is an error, and the source is stopped', async () => {
    const source = new Source();
    await serve({ messages: source });
    source.give({ $typeName: BookSchema.typeName } as Message);
    expect((await client.ask('/v1/shelves/s:watch')).text).toMatch(/^\{"thrown":".*"\}\n$/);
    expect(source.returned).toBe(true);
  });

  it('HEAD gets the head, and the source is not asked', async () => {
    const source = new Source();
    await serve({ messages: source });
    const { status, headers, text } = await client.ask('/v1/shelves/s:watch', { method: 'HEAD' });
    expect([status, headers['content-type'], text]).toEqual([200, ndjson, '']);
    await vi.waitFor(() => expect(source.returned).toBe(true));
    expect(source.pulls).toBe(0);
  });

  // HTTP/2 leaves such a header out by itself.
  it.runIf(protocol === 'HTTP/1.1')(
    'headers that cannot be sent: a bare 500, and the source is told',
    async () => {
      let signal: AbortSignal | undefined;
      await serve((call) => {
        signal = call.signal;
        return { messages: new Source(), headers: { 'x-bad': 'a\nb' } };
      });
      expect((await client.ask('/v1/shelves/s:watch')).status).toBe(500);
      expect(signal?.aborted).toBe(true);
    },
  );

  it('is not compressed, even if the client accepts that', async () => {
    await serve(() => ({ messages: two() }), { gzipBytesMin: 1 });
    const { headers, text } = await client.ask('/v1/shelves/s:watch', {
      headers: { 'accept-encoding': 'gzip' },
    });
    expect([headers['content-encoding'], text]).toEqual([undefined, `${line('1')}\n${line('2')}\n`]);
  });

  it('an answer of the wrong kind is an error of the host', async () => {
    await serve({ messages: new Source() });
    const { status, text } = await client.ask('/v1/books/7');
    expect([status, text]).toEqual([500, expect.stringContaining('GetBook is unary')]);
  });
});
