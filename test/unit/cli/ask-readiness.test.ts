import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { askReadiness, type Identity } from '../../../src/cli/ask-readiness.js';
import { projectRoot } from '../../support/process.js';

const file = (name: string): string => join(projectRoot, 'test/support/tls', name);
const [cert, key, ca] = ['server.crt', 'server.key', 'ca.crt'].map((name) => readFileSync(file(name)));
const tls = { TLS_CERT_FILE: file('server.crt'), TLS_KEY_FILE: file('server.key') };
const mutual = { ...tls, TLS_CLIENT_CA_FILE: file('ca.crt') };

/** Runs `work` next to a server with that TLS configuration, which answers only /readyz. */
async function whileServing<T>(
  { TLS_CERT_FILE, TLS_CLIENT_CA_FILE }: Partial<typeof mutual>,
  { status, host = '127.0.0.1' }: { status: number; host?: string | undefined },
  work: (port: string) => Promise<T>,
): Promise<T> {
  const clients = TLS_CLIENT_CA_FILE ? { requestCert: true, ca } : {};
  const server = TLS_CERT_FILE ? createTlsServer({ cert, key, ...clients }) : createServer();
  server.on('request', (request, response) =>
    response.writeHead(request.url === '/readyz' ? status : 404).end(`{"status":${status}}`),
  );
  await once(server.listen(0, host), 'listening');
  try {
    return await work(String((server.address() as AddressInfo).port));
  } finally {
    server.close();
  }
}

describe('what the service says', () => {
  test.each<[string, Partial<typeof mutual>, number, string | undefined, Identity | undefined]>([
    ['cleartext, ready', {}, 200, undefined, undefined],
    ['cleartext, not ready', {}, 503, undefined, undefined],
    ['TLS, ready', tls, 200, undefined, undefined],
    ['TLS, not ready', tls, 503, undefined, undefined],
    ['certificates on both sides: the service’s own one', mutual, 200, undefined, undefined],
    [
      'certificates on both sides: another',
      mutual,
      200,
      undefined,
      { cert: file('client.crt'), key: file('client.key') },
    ],
    ['all addresses', {}, 200, '0.0.0.0', undefined],
    ['another address', {}, 200, '127.0.0.2', undefined],
  ])('%s', async (_, env, status, host, identity) => {
    const answer = await whileServing(env, { status, host }, (port) =>
      askReadiness({ HTTP_PORT: port, ...(host && { HOST: host }), ...env }, identity),
    );
    expect(answer).toEqual({ ready: status === 200, said: `{"status":${status}}` });
  });
});

describe('why it says nothing', () => {
  test('nobody listens', async () => {
    const port = await whileServing({}, { status: 200 }, async (free) => free);
    expect(await askReadiness({ HTTP_PORT: port })).toEqual({
      ready: false,
      said: `connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  test('a certificate that the service does not know', async () => {
    const stranger = { cert: file('stranger.crt'), key: file('stranger.key') };
    const { ready } = await whileServing(mutual, { status: 200 }, (port) =>
      askReadiness({ HTTP_PORT: port, ...mutual }, stranger),
    );
    expect(ready).toBe(false);
  });

  test('a certificate that is not there', async () => {
    const { ready, said } = await askReadiness({ ...tls }, { cert: '/nowhere.crt' });
    expect([ready, said]).toEqual([false, expect.stringMatching(/ENOENT.*nowhere\.crt/)]);
  });
});
