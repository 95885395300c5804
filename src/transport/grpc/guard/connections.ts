import { constants, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { cutAfterEnd, isBroken, lightenSession } from '../../http2.js';
import { Gate, type GateOptions } from '../gate/gate.js';

/** How long a new connection may take for its TLS handshake and its first bytes. */
export const FIRST_WORD_TIMEOUT_MS = 10_000;

/** Silence after which TCP probes whether the peer is still there. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** One HTTP/2 connection. */
export class Connection {
  /** How many streams it has. */
  streams = 0;
  /** Whether the client's settings have arrived; they are the first thing it sends. */
  hasSpoken = false;
  /** When it last had no stream left. */
  idleSince = performance.now();
  /** When its session was first seen to have ended; the socket may still be open. */
  #endedAt: number | undefined;

  constructor(
    readonly session: ServerHttp2Session,
    readonly socket: Socket,
    readonly gate: Gate,
  ) {}

  /** Cuts it immediately, with everything on it. */
  cut(): void {
    // Not an error of ours: `undefined` would turn the code into NO_ERROR.
    this.session.destroy(null as never, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** If its session has ended, cuts what remains once the client has had its time to take the last answers. */
  cutIfLeft(stalledMs: number): void {
    const now = performance.now();
    this.#endedAt ??= now;
    if (now - this.#endedAt >= stalledMs) this.socket.destroy();
  }
}

/** The connections of the gRPC port, and when they have to go. */
export class Connections {
  readonly #connections = new Map<ServerHttp2Session, Connection>();
  /** TCP connections whose TLS handshake is not done, by remote address. */
  readonly #bare = new Map<string, Socket>();

  readonly #grpcIdleMs: number;
  readonly #streamStalledMs: number;

  readonly #gateOptions: GateOptions;

  /** `grpcIdleMs`: how long a connection may have no call. `streamStalledMs`: how long it may leave data unread. */
  constructor(grpcIdleMs: number, streamStalledMs: number, gateOptions: GateOptions) {
    this.#grpcIdleMs = grpcIdleMs;
    this.#streamStalledMs = streamStalledMs;
    this.#gateOptions = gateOptions;
  }

  watch(http2: Http2Server, onClose: (connection: Connection) => void): void {
    // In cleartext a connection has its session right away.
    if (http2 instanceof TlsServer) {
      http2.on('connection', (socket: Socket) => {
        const end = otherEnd(socket);
        this.#bare.set(end, socket);
        socket.once('close', () => this.#bare.delete(end));
      });
    }
    let carrier: Socket;
    let gate: Gate;
    const event = http2 instanceof TlsServer ? 'secureConnection' : 'connection';
    const handlers = http2.listeners(event);
    http2.removeAllListeners(event);
    http2.on(event, (socket: Socket) => {
      carrier = socket;
      gate = new Gate(socket, this.#gateOptions);
      for (const handle of handlers) handle.call(http2, gate);
    });
    http2.on('session', (session: ServerHttp2Session) => {
      const connection = new Connection(session, carrier, gate);
      gate.session = session;
      cutAfterEnd(carrier);
      lightenSession(session);
      carrier.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
      this.#bare.delete(otherEnd(carrier));
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

  /** Closes idle connections, those that node:http2 has given up on, and refused calls that stay open. */
  look(): void {
    const now = performance.now();
    for (const [session, connection] of this.#connections) {
      const { streams, hasSpoken, idleSince, gate } = connection;
      gate.look();
      const idleMs = streams > 0 ? 0 : now - idleSince;
      if (session.destroyed) connection.cutIfLeft(this.#streamStalledMs);
      else if (isBroken(session) || (!hasSpoken && idleMs > FIRST_WORD_TIMEOUT_MS)) session.destroy();
      // It was told to go.
      else if (session.closed && streams === 0) session.destroy();
      else if (idleMs > this.#grpcIdleMs) session.close();
    }
  }

  /** Cuts connections without a call, when the server stops. */
  cutIdle(stalledMs: number): void {
    for (const socket of this.#bare.values()) socket.destroy();
    for (const [session, connection] of this.#connections) {
      const { streams, hasSpoken, socket } = connection;
      if (!hasSpoken) socket.destroy();
      else if (session.destroyed) connection.cutIfLeft(stalledMs);
      else if (session.closed && streams === 0) session.destroy();
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
