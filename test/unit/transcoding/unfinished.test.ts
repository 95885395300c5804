import { once } from 'node:events';
import { createServer, request as http1Request } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { transcoder } from './support.js';

/** Bodies that begin and never end. */

const PATIENCE_MS = 50;
const called: string[] = [];
const { listener } = transcoder({
  bodyBytesMax: 1000,
  bodyTimeoutMs: PATIENCE_MS,

  handle: (call) => {
    called.push(call.method.name);
    return { kind: 'error', status: 200, body: '{}' };
  },
});

let server: Server;
afterEach(async () => {
  called.splice(0);
  server.close();
  await once(server, 'close');
});

/** The answer to a PUT whose body has begun. */
async function begin(
  version: 1 | 2,
  path: string,
  sent = '"New',
): Promise<{ status: number; body: unknown }> {
  server = version === 1 ? createServer(listener) : createHttp2Server(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { 'content-type': 'application/json' };
  if (version === 1) {
    const request = http1Request(origin + path, { method: 'PUT', headers });
    request.on('error', () => {});
    request.write(sent);
    const [response] = await once(request, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    request.destroy();
    return { status: response.statusCode, body: JSON.parse(text) };
  }
  const session = connectHttp2(origin);
  const stream = session.request({ ':method': 'PUT', ':path': path, ...headers });
  stream.write(sent);
  let status = 0;
  stream.on('response', (head) => {
    status = Number(head[':status']);
  });
  let text = '';
  for await (const chunk of stream) text += chunk;
  session.destroy();
  return { status, body: JSON.parse(text) };
}

const slow = { kind: 'body_too_slow', timeoutMs: PATIENCE_MS };

describe.each([1, 2] as const)('over HTTP/%d', (version) => {
  it('is refused in time, and nothing is called', async () => {
    expect(await begin(version, '/v1/shelves/s/title')).toEqual({ status: 408, body: slow });
    expect(called).toEqual([]);
  });
  it('is refused immediately when it is too long', async () => {
    const body = { kind: 'body_too_large', bytesMax: 1000 };
    expect(await begin(version, '/v1/shelves/s/title', 'x'.repeat(2000))).toEqual({ status: 413, body });
  });
  it('gets 404 where there is no such path', async () => {
    const body = { kind: 'not_found', path: '/v1/nowhere' };
    expect(await begin(version, '/v1/nowhere')).toEqual({ status: 404, body });
  });
});
