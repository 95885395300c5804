import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { cutAfterEnd, isBroken } from '../../http2.js';

/** How long a new connection may take to say its first word, and its TLS handshake. */
export const FIRST_WORD_TIMEOUT_MS = 10_000;

/** Of silence, before TCP asks whether the other end is still there. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** One of HTTP/2. */
export class Connection {
  readonly streams = new Set<ServerHttp2Stream>();
  /** Whether its settings have come, which are a client's first word. */
  hasSpoken = false;
  /** Since when it has had no stream. */
  idleSince = performance.now();
  /** When its session was first seen to be no more; the socket may be there still. */
  #endedAt: number | undefined;

  constructor(
    readonly session: ServerHttp2Session,
    readonly socket: Socket,
  ) {}

  /** At once, with all that it has. */
  cut(): void {
    // No error of ours: `undefined` would make it NO_ERROR.
    this.session.destroy(null as never, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Cuts what is left of one whose session is no more, when its client has not taken the last answers in time. */
  cutIfLeft(stalledMs: number): void {
    const now = performance.now();
    this.#endedAt ??= now;
    if (now - this.#endedAt >= stalledMs) this.socket.destroy();
  }
}

/** The connections of the gRPC port, and when they have to go. */
export class Connections {
  readonly #connections = new Map<ServerHttp2Session, Connection>();
  /** TCP connections whose TLS is not there yet, by the other end. */
  readonly #bare = new Map<string, Socket>();

  readonly #grpcIdleMs: number;
  readonly #streamStalledMs: number;

  /** `grpcIdleMs`: how long one may have no call; `streamStalledMs`: leave unread what it was sent. */
  constructor(grpcIdleMs: number, streamStalledMs: number) {
    this.#grpcIdleMs = grpcIdleMs;
    this.#streamStalledMs = streamStalledMs;
  }

  watch(http2: Http2Server, onClose: (connection: Connection) => void): void {
    // In cleartext a connection has its session at once.
    if (http2 instanceof TlsServer) {
      http2.on('connection', (socket: Socket) => {
        const end = otherEnd(socket);
        this.#bare.set(end, socket);
        socket.once('close', () => this.#bare.delete(end));
      });
    }
    let carrier: Socket;
    http2.prependListener(
      http2 instanceof TlsServer ? 'secureConnection' : 'connection',
      (socket: Socket) => {
        carrier = socket;
      },
    );
    http2.on('session', (session: ServerHttp2Session) => {
      const connection = new Connection(session, carrier);
      cutAfterEnd(carrier);
      carrier.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      this.#bare.delete(otherEnd(session.socket));
      this.#connections.set(session, connection);
      session.once('remoteSettings', () => {
        connection.hasSpoken = true;
      });
      session.once('close', () => {
        this.#connections.delete(session);
        onClose(connection);
      });
    });
  }

  of(stream: ServerHttp2Stream): Connection | undefined {
    return stream.session && this.#connections.get(stream.session as ServerHttp2Session);
  }

  /** Closes those that have nothing to say, and those that node:http2 has given up. */
  look(): void {
    const now = performance.now();
    for (const [session, connection] of this.#connections) {
      const { streams, hasSpoken, idleSince } = connection;
      const idleMs = streams.size > 0 ? 0 : now - idleSince;
      if (session.destroyed) connection.cutIfLeft(this.#streamStalledMs);
      else if (isBroken(session) || (!hasSpoken && idleMs > FIRST_WORD_TIMEOUT_MS)) session.destroy();
      // It was told to go.
      else if (session.closed && streams.size === 0) session.destroy();
      else if (idleMs > this.#grpcIdleMs) session.close();
    }
  }

  /** Cuts those that have no call, for a server that stops. */
  cutIdle(stalledMs: number): void {
    for (const socket of this.#bare.values()) socket.destroy();
    for (const [session, connection] of this.#connections) {
      const { streams, hasSpoken, socket } = connection;
      if (!hasSpoken) socket.destroy();
      else if (session.destroyed) connection.cutIfLeft(stalledMs);
      else if (session.closed && streams.size === 0) session.destroy();
    }
  }

  cutAll(): void {
    for (const socket of this.#bare.values()) socket.destroy();
    for (const [session, { socket }] of this.#connections) {
      session.destroy();
      socket.destroy();
    }
  }
}

function otherEnd({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
