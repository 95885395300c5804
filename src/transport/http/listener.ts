import { createServer, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TlsConfig } from '../../config.js';
import { http2Options, isBroken } from '../http2.js';
import { cutWhenUnread } from './cut-stalled.js';
import { inOrder } from './in-order.js';
import type { RequestListener } from './request-listener.js';

/** How long a new connection may take to say its first word. */
const FIRST_BYTE_TIMEOUT_MS = 10_000;

/** How long a client that reads nothing may keep the port from closing. */
const DRAIN_STALLED_MS = 1000;

/** How often HTTP/2 connections are looked at that the library has given up. */
const BROKEN_LOOK_INTERVAL_MS = 250;

/** A connection on which nothing is said is probed, so that clients behind a dead link do not stay for ever. */
const tcpKeepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000 };

const HTTP2_PREFACE = Buffer.from('PRI');

/**
 * One port for HTTP/1.1 and HTTP/2: by ALPN under TLS, by the client's first bytes in cleartext (h2c with prior
 * knowledge, RFC 9113, 3.3).
 */
export class HttpListener {
  readonly #server: Server;
  readonly #http2Sessions = new Set<ServerHttp2Session>();
  /** Connections that have said nothing yet. */
  readonly #silent = new Set<Socket>();
  /** Not answered to the end. */
  readonly #responses = new Set<ServerResponse>();
  #onIdle: (() => void) | undefined;
  #onDestroy: () => void = () => {};
  #draining = false;

  constructor(tls: TlsConfig | undefined, listener: RequestListener) {
    const responses = this.#responses;
    const ended = (): void => {
      if (responses.size === 0) this.#onIdle?.();
    };
    function closed(this: ServerResponse): void {
      responses.delete(this);
      ended();
    }
    const counted: RequestListener = (request, response) => {
      // A connection of HTTP/1.1 that claims to be more: everybody behind would look for its stream.
      if (request.httpVersionMajor > 1 && !('stream' in request)) {
        response.writeHead(505, { connection: 'close' }).end();
        return;
      }
      responses.add(response);
      // A kept-alive connection would bring the next request to a door that closes.
      if (this.#draining && request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
      response.on('close', closed);
      listener(request, response);
    };
    const serve = inOrder(counted);
    this.#server = tls === undefined ? this.#cleartext(serve) : this.#secure(tls, serve);
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Accepts no more connections; resolves when the requests in progress are answered. A connection that is kept
   * alive can bring one request more, so whoever means to cut it off asks again right before.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#server.close();
    for (const session of this.#http2Sessions) session.close();
    for (const socket of this.#silent) socket.destroy();
    for (const response of this.#responses) cutWhenUnread(response, DRAIN_STALLED_MS);
    if (this.#responses.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Cuts what is left. */
  destroy(): void {
    this.#onDestroy();
    (this.#server as Partial<import('node:http').Server>).closeAllConnections?.();
    for (const session of this.#http2Sessions) session.destroy();
  }

  #cleartext(listener: RequestListener): Server {
    const http2 = createHttp2Server(http2Options, listener as never);
    this.#trackSessions(http2);
    const http1 = createServer(tcpKeepAlive, listener);
    const accept = http1.listeners('connection') as ((socket: Socket) => void)[];
    http1.removeAllListeners('connection');
    http1.on('connection', (socket: Socket) => {
      const drop = (): void => {
        socket.destroy();
      };
      let said: Buffer = Buffer.alloc(0);
      const listen = (): void => {
        const more: Buffer | null = socket.read();
        if (more === null) return;
        said = Buffer.concat([said, more]);
        // "PRI * HTTP/2.0": no HTTP/1.1 method begins like it, but PATCH and PUT begin like its first letter.
        const http2Spoken = said.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE);
        if (!http2Spoken && HTTP2_PREFACE.subarray(0, said.length).equals(said)) return;
        this.#silent.delete(socket);
        socket.off('readable', listen);
        socket.off('end', drop);
        socket.off('error', drop);
        socket.off('timeout', drop);
        socket.setTimeout(0);
        socket.unshift(said);
        if (http2Spoken) {
          // node:http looks after clients that have hung up; under node:http2 they, and their streams, would stay.
          socket.allowHalfOpen = false;
          http2.emit('connection', socket);
        } else for (const each of accept) each.call(http1, socket);
      };
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
      socket.setTimeout(FIRST_BYTE_TIMEOUT_MS, drop);
      socket.on('error', drop);
      socket.on('end', drop);
      socket.on('readable', listen);
    });
    return http1;
  }

  #secure(tls: TlsConfig, listener: RequestListener): Server {
    const options = {
      ...tcpKeepAlive,
      ...http2Options,
      allowHTTP1: true,
      cert: tls.cert,
      key: tls.key,
      ...(tls.clientCa === undefined
        ? {}
        : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: true }),
    };
    const server = createSecureServer(options, listener as never);
    this.#trackSessions(server);
    return server;
  }

  #trackSessions(server: Http2Server): void {
    const looking = setInterval(() => {
      for (const session of this.#http2Sessions) if (isBroken(session)) session.destroy();
    }, BROKEN_LOOK_INTERVAL_MS).unref();
    this.#onDestroy = () => clearInterval(looking);
    server.on('session', (session: ServerHttp2Session) => {
      this.#http2Sessions.add(session);
      session.once('close', () => this.#http2Sessions.delete(session));
      session.on('error', () => session.destroy());
    });
  }
}
