import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../src/config.js';
import { startApp, type TestApp } from '../support/app.js';
import { frame, HTTP2_PREFACE } from '../support/http2-frames.js';
import { exchange } from '../support/wire.js';

const file = (name: string): string => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));
const read = (name: string): Buffer => readFileSync(file(name));
const ca = read('ca.crt');

const tls: Environment = { TLS_CERT_FILE: file('server.crt'), TLS_KEY_FILE: file('server.key') };
const mutual: Environment = { ...tls, TLS_CLIENT_CA_FILE: file('ca.crt') };

let service: TestApp;
afterEach(() => service.close());

interface Identity {
  readonly key?: Buffer;
  readonly cert?: Buffer;
}
const nobody: Identity = {};
const client: Identity = { key: read('client.key'), cert: read('client.crt') };
const stranger: Identity = { key: read('stranger.key'), cert: read('stranger.crt') };

/** Asks each door for its health in the way that needs no credentials, over TLS. */
const doors = {
  'HTTP/1.1': (identity: Identity) =>
    new Promise<string>((resolve, reject) => {
      const call = request(`${service.httpUrl}/healthz`, { ca, ...identity, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(`HTTP/${response.httpVersion} ${response.statusCode}`));
      });
      call.on('error', reject).end();
    }),
  'HTTP/2': (identity: Identity) =>
    new Promise<string>((resolve, reject) => {
      const session = connectHttp2(service.httpUrl, { ca, ...identity });
      session.on('error', reject);
      // A refused connection may end without an error.
      session.on('close', () => reject(new Error('closed')));
      const stream = session.request({ ':path': '/healthz' });
      stream.on('error', reject);
      stream.on('response', (headers) => {
        session.destroy();
        resolve(`${session.alpnProtocol} ${headers[':status']}`);
      });
    }),
  gRPC: (identity: Identity) =>
    new Promise<string>((resolve, reject) => {
      const channel = credentials.createSsl(ca, identity.key ?? null, identity.cert ?? null);
      const grpc = new Client(service.grpcAddress, channel, { 'grpc.use_local_subchannel_pool': 1 });
      const bytes = (buffer: Buffer): Buffer => buffer;
      const path = '/grpc.health.v1.Health/Check';
      grpc.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), new Metadata(), (error, response) => {
        grpc.close();
        if (error !== null) reject(error);
        else resolve(`status ${response?.[1]}`);
      });
    }),
};
const healthy = { 'HTTP/1.1': 'HTTP/1.1 200', 'HTTP/2': 'h2 200', gRPC: 'status 1' };
type DoorName = keyof typeof doors;
const names = Object.keys(doors) as DoorName[];

test('a stop waits for nobody whose handshake is not done', async () => {
  service = await startApp({ ...tls, SHUTDOWN_TIMEOUT_MS: '600000' });
  const { hostname, port } = new URL(`https://${service.grpcAddress}`);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  // Once another connection is served, the service also has this one.
  await doors.gRPC(nobody);
  await service.app.close();
  await closed;
});

describe.each(names)('%s', (name) => {
  test('TLS: anyone who trusts the certificate', async () => {
    service = await startApp(tls);
    expect(service.httpUrl).toMatch(/^https:/);
    expect(await doors[name](nobody)).toBe(healthy[name]);
  });

  test('TLS with a client CA: clients with its certificates, and nobody else', async () => {
    service = await startApp(mutual);
    expect(await doors[name](client)).toBe(healthy[name]);
    await expect(doors[name](nobody)).rejects.toThrow();
    await expect(doors[name](stranger)).rejects.toThrow();
    expect(await doors[name](client)).toBe(healthy[name]);
  });
});

test('neither port answers cleartext', async () => {
  service = await startApp(tls);
  const answer = await exchange(service.httpUrl, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer).not.toContain('200');
  const grpc = new Client(service.grpcAddress, credentials.createInsecure());
  const bytes = (buffer: Buffer): Buffer => buffer;
  const code = await new Promise((resolve) => {
    grpc.makeUnaryRequest('/grpc.health.v1.Health/Check', bytes, bytes, Buffer.alloc(0), (error) =>
      resolve(error?.code),
    );
  });
  grpc.close();
  expect(code).toBe(status.UNAVAILABLE);
});

test('connections on which nothing is said are closed', async () => {
  service = await startApp({ ...tls, REQUEST_TIMEOUT_MS: '300', HTTP_KEEP_ALIVE_MS: '400' });
  const { hostname, port } = new URL(service.httpUrl);
  const silent = (alpn: string, ...said: string[]): Promise<unknown> => {
    const socket = connectTls({ host: hostname, port: Number(port), ca, ALPNProtocols: [alpn] });
    for (const part of said) socket.write(part);
    socket.on('error', () => {}).resume();
    return once(socket, 'close');
  };
  await Promise.all([
    exchange(service.httpUrl),
    // The beginning of a TLS handshake.
    exchange(service.httpUrl, Buffer.from('160301020001', 'hex')),
    silent('http/1.1'),
    silent('http/1.1', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'),
    silent('h2'),
    silent('h2', 'PRI'),
    silent('h2', `${HTTP2_PREFACE}${frame(4, 0, 0)}`),
  ]);
});

test('connections that are old are asked to end, and what is open on them goes on', async () => {
  service = await startApp({ ...tls, CONNECTION_MAX_AGE_MS: '1' });
  const credentials = await service.createMerchant();
  await service.seed(credentials.merchantId, { id: 'inv_xyz789', onHandQty: 50, reservedQty: 5 });
  const session = connectHttp2(service.httpUrl, { ca });
  const watch = session.request({
    ':path': '/v1/inventory/watch?ids=inv_xyz789',
    authorization: `Bearer ${credentials.token}`,
    'x-merchantapikey': credentials.apiKey,
  });
  watch.setEncoding('utf8');
  await once(session, 'goaway');
  // The last GOAWAY says which stream is the last one that is served.
  if (!session.closed) await once(session, 'goaway');
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  const connections: unknown[] = [];
  while (connections.at(-1) !== 'close') {
    const [answer] = await once(request(`${service.httpUrl}/healthz`, { agent }).end(), 'response');
    connections.push(answer.headers.connection);
    await once(answer.resume(), 'end');
  }
  agent.destroy();
  await service.seed(credentials.merchantId, { id: 'inv_more', onHandQty: 1, reservedQty: 0 });
  const [first] = await once(watch, 'data');
  expect(first).toContain('inv_xyz789');
  expect(watch.closed).toBe(false);
  session.destroy();
});

describe('certificates that change', () => {
  let folder: string;
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts a service with a stranger's certificate, which nobody trusts. */
  async function startWithStranger(): Promise<void> {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-tls-'));
    put('stranger');
    service = await startApp({ TLS_CERT_FILE: join(folder, 'crt'), TLS_KEY_FILE: join(folder, 'key') });
    for (const ask of Object.values(doors)) await expect(ask(nobody)).rejects.toThrow();
  }

  function put(name: string, parts: readonly string[] = ['crt', 'key']): void {
    for (const part of parts) writeFileSync(join(folder, part), read(`${name}.${part}`));
  }

  test('connections get the new one, once both files are there', async () => {
    await startWithStranger();
    put('server', ['crt']);
    await service.app.readCertificates();
    await expect(doors.gRPC(nobody), 'one of two files').rejects.toThrow();
    put('server');
    await service.app.readCertificates();
    for (const name of names) expect(await doors[name](nobody)).toBe(healthy[name]);
  });
});
