import { request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { Code, ConnectError } from '@connectrpc/connect';
import { createConnectTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Connection } from './connection.js';

/** A dead connection is noticed within the sum of the two, while calls wait on it. */
const pings = { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 };

/** HTTP/2 where the service's address speaks it, HTTP/1.1 behind a proxy that does not. */
export async function openNodeConnection(url: string, signal: AbortSignal): Promise<Connection> {
  // The third look is for a service that came up between the first two.
  const isDuplex =
    (await speaksHttp2(url, signal)) ||
    ((await speaksHttp1(url, signal)) ? await speaksHttp2(url, signal) : undefined);
  if (isDuplex === undefined) throw new ConnectError(`nobody answers at ${url}`, Code.Unavailable);
  if (!isDuplex) {
    const transport = createConnectTransport({ baseUrl: url, httpVersion: '1.1' });
    return { transport, isDuplex, close: () => {} };
  }
  const sessionManager = new Http2SessionManager(url, pings);
  const transport = createConnectTransport({ baseUrl: url, httpVersion: '2', sessionManager });
  return { transport, isDuplex, close: () => sessionManager.abort() };
}

/** A server that sends settings speaks HTTP/2. A connection alone proves nothing. */
function speaksHttp2(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(url, { signal } as object);
    const settle = (speaks: boolean): void => {
      session.destroy();
      resolve(speaks);
    };
    session.once('remoteSettings', () => settle(true));
    session.once('error', () => settle(false));
    session.once('close', () => settle(false));
    session.setTimeout(5_000, () => settle(false));
  });
}

/** Any answer proves it. */
function speaksHttp1(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, { method: 'HEAD', agent: false, timeout: 5_000, signal });
    request.once('response', (response) => {
      response.resume();
      request.destroy();
      resolve(true);
    });
    request.once('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.once('close', () => resolve(false));
    request.end();
  });
}
