import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MalformedRequest, type TranscodedCall } from '../../../src/transcoding/index.js';
import { echo, serve, statuses, transcoder } from './support.js';

type Served = Awaited<ReturnType<typeof serve>>;

/** What comes back on a raw connection, until the server closes it. */
function raw(port: number, ...writes: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('connect', () => {
      for (const data of writes) socket.write(data);
    });
    socket.on('data', (data) => {
      received += data.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

describe('over HTTP/1.1', () => {
  let served: Served;
  const calls: TranscodedCall[] = [];

  beforeAll(async () => {
    served = await serve(
      transcoder({
        bodyBytesMax: 1000,
        handle: (call) => {
          calls.push(call);
          return echo(call);
        },
        responseHeaders: (request) => ({ 'x-request-id': String(request.headers['x-request-id'] ?? 'made') }),
        writer: {
          success: (json, method) => ({ rpc: method.name, data: json }),
          fault: (fault) => ({
            status: statuses[fault.kind],
            body: JSON.stringify(fault),
            headers: { 'x-fault': fault.kind },
          }),
        },
      }),
    );
  });
  afterEach(() => calls.splice(0));
  afterAll(() => served.close());

  const post = (
    body: RequestInit['body'],
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => fetch(`${served.url}/v1/echo`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

  it('answers with the wrapped message', async () => {
    const response = await post('{"string_field":"é"}', {
      'content-type': 'application/json',
      'x-request-id': 'r1',
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-request-id')).toBe('r1');
    const text = await response.text();
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(JSON.parse(text)).toMatchObject({
      rpc: 'Echo',
      data: { stringField: 'é', int32Field: 0, stringList: [] },
    });
  });

  it.each([
    ['application/json', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json;charset="UTF-8"', 200],
    ['APPLICATION/JSON ; a=b; Charset=utf8', 200],
    ['application/merge-patch+json', 200],
    ['application/vnd.acme.v2+json; charset=utf-8', 200],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=latin1', 415],
    ['text/plain', 415],
    ['text/json', 415],
    ['application/jsonx', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=application/json', 415],
    ['+json', 415],
    ['json', 415],
  ])('Content-Type %s → %i', async (contentType, status) => {
    const response = await post('{}', { 'content-type': contentType });
    expect(response.status).toBe(status);
    if (status === 415)
      expect(await response.json()).toEqual({ kind: 'unsupported_media_type', contentType });
  });

  it('needs a Content-Type only where there is a body', async () => {
    const bytes = new TextEncoder().encode('{}');
    const bare = await post(bytes, {});
    expect([bare.status, await bare.json()]).toEqual([415, { kind: 'unsupported_media_type' }]);
    expect((await post(null, {})).status).toBe(200);
    expect((await post('', { 'content-type': 'text/plain' })).status).toBe(200);
  });

  it.each([
    ['GET', '/v1/nothing?x', 404, { kind: 'not_found', path: '/v1/nothing' }],
    ['PATCH', '/v1/echo', 405, { kind: 'method_not_allowed', allow: ['GET', 'HEAD', 'POST'] }],
    [
      'GET',
      '/v1/echo/%FF',
      400,
      { kind: 'malformed', description: 'the path is not valid percent-encoded UTF-8' },
    ],
    [
      'GET',
      '/v1/echo?int32Field=x',
      400,
      {
        kind: 'malformed',
        field: 'int32Field',
        description: 'must be an integer from -2147483648 to 2147483647',
      },
    ],
  ])('%s %s → %i', async (method, target, status, fault) => {
    const response = await fetch(served.url + target, { method });
    expect([response.status, await response.json()]).toEqual([status, fault]);
    expect(response.headers.get('x-fault')).toBe(fault.kind);
    expect(response.headers.get('x-request-id')).toBe('made');
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD, POST' : null);
  });

  it('takes exactly the largest body, in one piece or many', async () => {
    const body = JSON.stringify({ stringField: 'x'.repeat(1000 - '{"stringField":""}'.length) });
    expect((await post(body)).status).toBe(200);
    const pieces = new ReadableStream({
      start(controller) {
        for (let i = 0; i < body.length; i += 7)
          controller.enqueue(new TextEncoder().encode(body.slice(i, i + 7)));
        controller.close();
      },
    });
    expect((await post(pieces)).status).toBe(200);
    expect((await post(`${body} `)).status).toBe(413);
  });

  it('puts characters together that were cut between two pieces', async () => {
    const bytes = Buffer.from('{"stringField":"€"}');
    const cut = bytes.indexOf(0xe2) + 1;
    const socket = connect(served.port, '127.0.0.1');
    const arrived = new Promise((resolve) => {
      served.server.once('request', (request) => request.once('data', resolve));
    });
    socket.write(
      'POST /v1/echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n' +
        `content-length: ${bytes.length}\r\n\r\n`,
    );
    socket.write(bytes.subarray(0, cut));
    await arrived;
    socket.write(bytes.subarray(cut));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toContain('"stringField":"€"');
  });

  it('refuses a large body by its Content-Length, without reading it, and closes', async () => {
    const answer = await raw(
      served.port,
      'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1001\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer.endsWith('{"kind":"body_too_large","bytesMax":1000}')).toBe(true);
    expect(calls).toEqual([]);
  });

  it('refuses a large chunked body while it comes, and closes', async () => {
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const answer = await raw(
      served.port,
      'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
      chunk,
      chunk,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('does not run what is sent behind it', async () => {
    const head = 'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ';
    const answer = await raw(served.port, `${head}2000\r\n\r\n${'x'.repeat(2000)}${head}2\r\n\r\n{}`);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413']);
    expect(calls).toEqual([]);
  });

  it('reads no more than the bound for a path that it does not have', async () => {
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const answer = await raw(
      served.port,
      'POST /v1/nothing HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
      chunk.repeat(20),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer.toLowerCase()).toContain('connection: close');
  });

  it('a client that sends megabytes still reads the refusal', async () => {
    for (const size of [10_000, 900_000]) {
      const response = await post(new Uint8Array(size));
      expect([response.status, await response.json()]).toEqual([
        413,
        { kind: 'body_too_large', bytesMax: 1000 },
      ]);
    }
  });

  it('throws away the body of a route that has none, within the bound', async () => {
    const send = (length: number) =>
      fetch(`${served.url}/v1/echo/x`, {
        method: 'DELETE',
        body: 'x'.repeat(length),
        headers: { 'content-type': 'text/plain' },
      });
    const response = await send(1000);
    expect([
      response.status,
      ((await response.json()) as { data: { stringField: string } }).data.stringField,
    ]).toEqual([200, 'x']);
    expect((await send(1001)).status).toBe(413);
  });

  it('does not take a client at its word that it speaks HTTP/2', async () => {
    const answer = await raw(served.port, 'GET /v1/echo HTTP/2.0\r\nhost: a\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('keeps a connection usable after every answer but 413', async () => {
    const request = (body: string, type: string) =>
      `POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const answer = await raw(
      served.port,
      request('{', 'application/json') +
        request('{}', 'text/plain') +
        'PATCH /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}' +
        'GET /v1/nothing HTTP/1.1\r\nhost: a\r\n\r\n' +
        'GET http://a/v1/echo?stringField=absolute HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(
      [400, 415, 405, 404, 200].map((status) => `HTTP/1.1 ${status}`),
    );
    expect(answer).toContain('"stringField":"absolute"');
  });

  it('survives clients that go away', async () => {
    const head = 'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ';
    for (const data of ['POST /v1/ec', `${head}5\r\n\r\n{`, `${head}2\r\n\r\n{}`, `${head}5000\r\n\r\n{`]) {
      const socket = connect(served.port, '127.0.0.1');
      socket.on('error', () => {});
      const accepted = once(served.server, 'connection');
      socket.write(data);
      const [connection] = await accepted;
      const gone = new Promise((resolve) => connection.on('close', resolve));
      await once(connection, 'readable').catch(() => {});
      socket.resetAndDestroy();
      await gone;
    }
    expect((await post('{}')).status).toBe(200);
  });
});

describe('what the host does', () => {
  async function answerOf(handle: (call: TranscodedCall) => never, extra = {}): Promise<[number, unknown]> {
    const served = await serve(transcoder({ handle, ...extra }));
    const response = await fetch(`${served.url}/v1/echo?int32Field=x`);
    const answer: [number, unknown] = [response.status, await response.json()];
    await served.close();
    return answer;
  }
  const as = (handle: (call: TranscodedCall) => unknown) => handle as (call: TranscodedCall) => never;

  it('may answer by itself without looking at the payload', async () => {
    const refused = { kind: 'error', status: 401, body: '{"who":"are you"}' } as const;
    expect(await answerOf(as(() => refused))).toEqual([401, { who: 'are you' }]);
    expect(await answerOf(as(async () => refused))).toEqual([401, { who: 'are you' }]);
  });

  it.each([
    [
      'throws',
      as(() => {
        throw new Error('boom');
      }),
      [500, { thrown: 'Error: boom' }],
    ],
    [
      'rejects',
      as(async () => {
        throw new Error('boom');
      }),
      [500, { thrown: 'Error: boom' }],
    ],
    [
      'lets MalformedRequest pass',
      as((call) => call.bind()),
      [
        400,
        {
          kind: 'malformed',
          field: 'int32Field',
          description: 'must be an integer from -2147483648 to 2147483647',
        },
      ],
    ],
    [
      'rejects with MalformedRequest',
      as(async () => {
        throw new MalformedRequest('no');
      }),
      [400, { kind: 'malformed', description: 'no' }],
    ],
    [
      'answers with what has no JSON',
      as((call) => ({ kind: 'message', message: { $typeName: call.method.output.typeName } })),
      [500, { thrown: expect.any(String) }],
    ],
  ])('%s', async (_, handle, expected) => {
    expect(await answerOf(handle)).toEqual(expected);
  });

  it('fails to render: a bare 500', async () => {
    const onError = () => {
      throw new Error('twice');
    };
    expect(
      await answerOf(
        as(() => {
          throw new Error('boom');
        }),
        { onError },
      ),
    ).toEqual([500, {}]);
  });

  it('gives headers that cannot be sent: onError decides, and if they are those of all responses, a bare 500', async () => {
    const answer = { kind: 'error', status: 200, body: '{}', headers: { 'x-bad': 'a\nb' } } as const;
    const thrown = expect.stringContaining('Invalid character in header content');
    expect(await answerOf(as(() => answer))).toEqual([500, { thrown }]);
    const responseHeaders = () => ({ 'x-bad': 'a\nb' });
    expect(
      await answerOf(
        as(() => ({ ...answer, headers: {} })),
        { responseHeaders },
      ),
    ).toEqual([500, {}]);
  });

  it.each(['responseHeaders', 'writer'])('throws in %s: onError decides', async (where) => {
    const boom = () => {
      throw new Error('boom');
    };
    const extra = where === 'writer' ? { writer: { success: boom, fault: boom } } : { responseHeaders: boom };
    expect(
      await answerOf(
        as((call) => call.bind()),
        extra,
      ),
    ).toEqual([500, { thrown: 'Error: boom' }]);
  });
});
