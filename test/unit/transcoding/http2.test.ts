import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo, transcoder } from './support.js';

describe('over HTTP/2 cleartext', () => {
  let server: Http2Server;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    server = createServer(transcoder({ handle: echo, bodyBytesMax: 1000 }).listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    session.close();
    server.close();
    await once(server, 'close');
  });

  async function send(method: string, path: string, body?: string): Promise<[number, unknown]> {
    const stream = session.request(
      { ':method': method, ':path': path, 'content-type': 'application/json' },
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    const [headers] = await once(stream, 'response');
    let text = '';
    for await (const chunk of stream) text += chunk;
    return [headers[':status'], JSON.parse(text)];
  }

  it.each<[string, string, string | undefined, number, object]>([
    ['GET', '/v1/echo?stringField=a', undefined, 200, { stringField: 'a' }],
    ['POST', '/v1/echo', '{"stringField":"b"}', 200, { stringField: 'b' }],
    ['POST', '/v1/echo', '', 200, { stringField: '' }],
    ['POST', '/v1/echo', '{', 400, { kind: 'malformed' }],
    ['POST', '/v1/echo', JSON.stringify({ stringField: 'x'.repeat(1000) }), 413, { kind: 'body_too_large' }],
    ['POST', '/v1/echo', 'x'.repeat(500_000), 413, { kind: 'body_too_large' }],
    ['PATCH', '/v1/echo', '{}', 405, { kind: 'method_not_allowed' }],
    ['GET', '/nothing', undefined, 404, { kind: 'not_found' }],
  ])('%s %s %s → %i', async (method, path, body, status, expected) => {
    expect(await send(method, path, body)).toEqual([status, expect.objectContaining(expected)]);
  });

  it('survives streams that are cancelled, and keeps the session', async () => {
    for (const body of ['{', 'x'.repeat(2000)]) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/v1/echo',
        'content-type': 'application/json',
      });
      stream.on('error', () => {});
      stream.resume();
      stream.write(body);
      await new Promise((resolve) => setTimeout(resolve, 20));
      stream.close(8);
    }
    expect((await send('GET', '/v1/echo'))[0]).toBe(200);
  });
});
