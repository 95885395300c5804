import { createServer, type Server as HttpServer, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import { type Place, Roster } from '../../../collections/roster.js';
import type { Certificates, TlsConfig } from '../../../config.js';
import { hasNoBody } from '../../../transcoding/index.js';
import type { HelpLinks } from '../../failures/help-links.js';
import { secureContextOf } from '../../http2.js';
import type { RequestListener } from '../request-listener.js';
import { refusesHead } from './bad-head.js';
import { type ConnectionBounds, endOfAge, headTimeoutMs } from './connection-bounds.js';
import { cutWhenUnread } from './cut-stalled.js';
import { Http2Sessions } from './http2-sessions.js';
import { oneAtATime } from './one-at-a-time.js';
import { UnfinishedRequests } from './unfinished-requests.js';
import { refuseTunnel, refuseUnparsed } from './unparsed-request.js';
import { UnreadAnswers } from './unread-answers.js';

/** How long a client that reads nothing, or does not finish its request, may keep the port from closing. */
const DRAIN_STALLED_MS = 1000;

/** Added to the time for a body, so that handlers that answer late bodies themselves come first. */
const UNFINISHED_GRACE_MS = 1000;

/** Silent connections are probed, so that clients behind a dead link do not stay forever. */
const tcpKeepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000 };

const HTTP2_PREFACE = Buffer.from('PRI');

const END_OF_AGE = Symbol('end of age');

const PLACE = Symbol('incomplete response');

interface Response extends ServerResponse {
  [PLACE]?: Place;
}

interface Connection extends Socket {
  [END_OF_AGE]?: number;
}

export interface HttpListenerOptions {
  readonly tls: TlsConfig | undefined;
  readonly bounds: ConnectionBounds;
  readonly help: HelpLinks;
  /** Requests whose bodies may take forever; their door has limits of its own. */
  readonly isEndless?: (request: Parameters<RequestListener>[0]) => boolean;
}

/**
 * One port for HTTP/1.1 and HTTP/2: chosen by ALPN under TLS, and by the client's first bytes in cleartext (h2c with
 * prior knowledge, RFC 9113, 3.3).
 *
 * Everything a client does or leaves undone ends in bounded time: its handshake and first bytes, the head and body of a
 * request, reading an answer, and silence.
 */
export class HttpListener {
  readonly #server: HttpServer;
  readonly #http2: Http2Sessions;
  /** All connections, from the first packet on. */
  readonly #sockets = new Set<Socket>();
  /** Connections that have sent nothing yet. */
  readonly #silent = new Set<Socket>();
  /** Responses not yet complete. */
  readonly #responses = new Roster<ServerResponse>();
  readonly #unread: UnreadAnswers;
  readonly #unfinished = new UnfinishedRequests();
  readonly #bounds: ConnectionBounds;
  readonly #isEndless: (request: Parameters<RequestListener>[0]) => boolean;
  #onIdle: (() => void) | undefined;
  #draining = false;

  constructor(
    { tls, bounds, help, isEndless = () => false }: HttpListenerOptions,
    listener: RequestListener,
  ) {
    this.#bounds = bounds;
    this.#isEndless = isEndless;
    const responses = this.#responses;
    this.#unread = new UnreadAnswers(responses, bounds.streamStalledMs);
    const ended = (): void => {
      if (responses.size === 0) this.#onIdle?.();
    };
    function closed(this: Response): void {
      this[PLACE]?.leave();
      ended();
    }
    const counted: RequestListener = (request, response: Response) => {
      response[PLACE] = responses.add(response);
      response.on('close', closed);
      if (!hasNoBody(request) && !isEndless(request)) {
        const timeoutMs = this.#draining ? DRAIN_STALLED_MS : bounds.requestTimeoutMs + UNFINISHED_GRACE_MS;
        this.#unfinished.cutWhenLate(request, timeoutMs);
      }
      if (request.httpVersionMajor === 1 && this.#isLast(request.socket)) {
        response.setHeader('Connection', 'close');
      }
      if (!refusesHead(request, response, help)) listener(request, response);
    };
    const serve = oneAtATime(counted);
    this.#http2 = new Http2Sessions(bounds, serve);
    this.#server = this.#create(tls, serve);
    this.#server.on('clientError', (error, socket) => refuseUnparsed(error, socket as Socket, help));
    // Otherwise node answers with an empty body, or not at all.
    this.#server.on('checkExpectation', serve);
    this.#server.on('connect', (request, socket) => refuseTunnel(request, socket as Socket, help));
  }

  /** For connections from now on; the others keep theirs. */
  setCertificates(certificates: Certificates): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(secureContextOf(certificates));
  }

  /** Returns the port. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        this.#unread.start();
        this.#http2.start();
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /**
   * Accepts no more connections; resolves when the requests in progress are answered. A kept-alive connection can bring
   * one more request, so check again right before cutting it off.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#server.close();
    this.#http2.close();
    for (const socket of this.#silent) socket.destroy();
    for (const response of this.#responses.all()) {
      cutWhenUnread(response, DRAIN_STALLED_MS);
      if (!this.#isEndless(response.req)) this.#unfinished.cutWhenLate(response.req, DRAIN_STALLED_MS);
    }
    if (this.#responses.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Cuts everything that is left. */
  destroy(): void {
    this.#unread.stop();
    this.#http2.stop();
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Whether a request is the last of its connection: a kept-alive connection would bring the next one to a closing
   * port.
   */
  #isLast(socket: Connection): boolean {
    return this.#draining || performance.now() > (socket[END_OF_AGE] ?? Number.POSITIVE_INFINITY);
  }

  #create(tls: TlsConfig | undefined, listener: RequestListener): HttpServer {
    const headMs = headTimeoutMs(this.#bounds);
    const options: ServerOptions = {
      ...tcpKeepAlive,
      keepAliveTimeout: this.#bounds.httpKeepAliveMs,
      headersTimeout: headMs,
      // Covers head and body; code that reads the body has its own clock.
      requestTimeout: headMs + this.#bounds.requestTimeoutMs + UNFINISHED_GRACE_MS,
      connectionsCheckingInterval: Math.min(5000, headMs),
      // Otherwise node answers with an empty body.
      requireHostHeader: false,
    };
    const server =
      tls === undefined ? this.#cleartext(options, listener) : this.#secure(tls, options, listener);
    server.prependListener('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  #cleartext(options: ServerOptions, listener: RequestListener): HttpServer {
    const http1 = createServer(options, listener);
    const accept = takeListeners(http1, 'connection');
    http1.on('connection', (socket: Socket) => {
      const drop = (): void => {
        socket.destroy();
      };
      let said: Buffer = Buffer.alloc(0);
      const late = setTimeout(drop, headTimeoutMs(this.#bounds)).unref();
      const listen = (): void => {
        const more: Buffer | null = socket.read();
        if (more === null) return;
        said = Buffer.concat([said, more]);
        // "PRI * HTTP/2.0": no HTTP/1.1 method begins with it, but PATCH and PUT share its first letter.
        const http2Spoken = said.subarray(0, HTTP2_PREFACE.length).equals(HTTP2_PREFACE);
        if (!http2Spoken && HTTP2_PREFACE.subarray(0, said.length).equals(said)) return;
        clearTimeout(late);
        this.#silent.delete(socket);
        socket.off('readable', listen);
        socket.off('end', drop);
        socket.off('error', drop);
        socket.unshift(said);
        if (http2Spoken) this.#http2.accept(socket);
        else this.#acceptHttp1(socket, accept);
      };
      this.#silent.add(socket);
      socket.once('close', () => {
        clearTimeout(late);
        this.#silent.delete(socket);
      });
      socket.on('error', drop);
      socket.on('end', drop);
      socket.on('readable', listen);
    });
    return http1;
  }

  #secure(tls: TlsConfig, options: ServerOptions, listener: RequestListener): HttpServer {
    const server = createSecureServer(
      {
        ...options,
        ALPNProtocols: ['h2', 'http/1.1'],
        handshakeTimeout: headTimeoutMs(this.#bounds),
        ...secureContextOf(tls),
        ...(tls.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
      },
      listener,
    );
    const accept = takeListeners(server, 'secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') this.#http2.accept(socket);
      else this.#acceptHttp1(socket, accept);
    });
    return server;
  }

  #acceptHttp1(socket: Connection, accept: readonly Accept[]): void {
    socket[END_OF_AGE] = endOfAge(this.#bounds);
    for (const each of accept) each.call(this.#server, socket);
  }
}

type Accept = (this: HttpServer, socket: Socket) => void;

/** A server's connection handlers, removed from it. */
function takeListeners(server: HttpServer, event: string): Accept[] {
  const listeners = server.listeners(event) as Accept[];
  server.removeAllListeners(event);
  return listeners;
}
