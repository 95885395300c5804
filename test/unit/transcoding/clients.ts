import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type ClientHttp2Session, connect, createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { Readable } from 'node:stream';
import type { Transcoder } from '../../../src/transcoding/index.js';

/** An answer whose body is still to be read. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  /** Goes away without reading the rest. */
  leave(): void;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

export interface Client {
  open(path: string, sent?: Sent): Promise<OpenAnswer>;
  /** The whole answer, its body as text. */
  ask(path: string, sent?: Sent): Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>;
  close(): Promise<void>;
}

export const protocols = ['HTTP/1.1', 'HTTP/2'] as const;
export type Protocol = (typeof protocols)[number];

/** A transcoder on a free port, and a client of it. */
export async function mount(protocol: Protocol, { listener }: Pick<Transcoder, 'listener'>): Promise<Client> {
  const server: Server =
    protocol === 'HTTP/2' ? createHttp2Server(listener as never) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const session = protocol === 'HTTP/2' ? connect(`http://127.0.0.1:${port}`) : undefined;
  const open = (path: string, sent: Sent = {}): Promise<OpenAnswer> =>
    session === undefined ? openHttp1(port, path, sent) : openHttp2(session, path, sent);
  return {
    open,
    ask: async (path, sent) => {
      const { status, headers, body } = await open(path, sent);
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
    },
    close: async () => {
      session?.destroy();
      (server as Partial<import('node:http').Server>).closeAllConnections?.();
      server.close();
      await once(server, 'close');
    },
  };
}

async function openHttp1(port: number, path: string, { method, headers, body }: Sent): Promise<OpenAnswer> {
  const sending = request({ port, path, agent: false, method: method ?? 'GET', headers: headers ?? {} });
  sending.end(body);
  const [answer] = await once(sending, 'response');
  sending.on('error', () => {});
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer,
    leave: () => sending.destroy(),
  };
}

async function openHttp2(
  session: ClientHttp2Session,
  path: string,
  { method = 'GET', headers, body }: Sent,
): Promise<OpenAnswer> {
  const stream = session.request(
    { ':method': method, ':path': path, ...headers },
    { endStream: body === undefined },
  );
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  const [answer] = await once(stream, 'response');
  return { status: answer[':status'], headers: answer, body: stream, leave: () => stream.close(8) };
}
