import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { Roster } from '../../../collections/roster.js';
import { cutAfterEnd, http2Options, isBroken, lightenSession } from '../../http2.js';
import type { RequestListener } from '../request-listener.js';
import { type ConnectionBounds, endOfAge, headTimeoutMs } from './connection-bounds.js';

/** Open calls and watches per connection; a client queues the rest. */
const STREAMS_MAX = 250;

/** Time between announcing the end and refusing new streams, so that requests already on their way are served. */
const NOTICE_MS = 1000;

/** The highest stream id: a GOAWAY that names it refuses nothing yet (RFC 9113, 6.8). */
const LAST_STREAM_ID = 2 ** 31 - 1;

/** How often to look for connections and streams that the library has given up on. */
const LOOK_INTERVAL_MS = 250;

/** The longest timer. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * The HTTP/2 connections of a port. `node:http2` keeps them open forever, whatever happens on them.
 *
 * A connection without an open stream for `httpKeepAliveMs` is closed with GOAWAY, however often it pings; one whose
 * client has not sent its settings, much sooner. At `connectionMaxAgeMs` it is asked to end (GOAWAY); open streams
 * continue.
 */
export class Http2Sessions {
  readonly #server: Http2Server;
  readonly #open = new Map<ServerHttp2Session, Socket>();
  readonly #streams = new Roster<ServerHttp2Stream>();
  /** Streams that were over at the last check but are still held. */
  #over: ServerHttp2Stream[] = [];
  readonly #bounds: ConnectionBounds;
  #looking: NodeJS.Timeout | undefined;

  constructor(bounds: ConnectionBounds, listener: RequestListener) {
    this.#bounds = bounds;
    this.#server = createServer(
      { ...http2Options, settings: { ...http2Options.settings, maxConcurrentStreams: STREAMS_MAX } },
      listener as never,
    );
    // Otherwise node answers both with an empty body.
    this.#server.on('checkExpectation', listener as never);
    this.#server.on('connect' as never, listener as never);
  }

  start(): void {
    this.#looking = setInterval(() => {
      for (const [session, socket] of this.#open) {
        if (isBroken(session)) session.destroy();
        else if (session.destroyed) this.#leave(session, socket);
      }
      this.#endStreams();
    }, LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  /** Serves a connection whose client speaks HTTP/2. */
  accept(socket: Socket): void {
    if (socket.destroyed) return;
    // node:http handles clients that have hung up; under node:http2 they and their streams would stay.
    socket.allowHalfOpen = false;
    this.#server.once('session', (session) => this.#keep(session, socket));
    this.#server.emit('connection', socket);
  }

  /** Asks all connections to end once their open streams have ended. */
  close(): void {
    for (const session of this.#open.keys()) session.close();
  }

  #keep(session: ServerHttp2Session, socket: Socket): void {
    const { httpKeepAliveMs } = this.#bounds;
    this.#open.set(session, socket);
    cutAfterEnd(socket);
    lightenSession(session);
    session.on('error', () => session.destroy());
    let streams = 0;
    let greeted = false;
    const leaveWhenIdle = (): void => {
      if (streams > 0) return;
      session.close();
      // A headers block that never ends keeps the session busy just as a stream does.
      setTimeout(() => {
        if (streams === 0) session.destroy();
      }, NOTICE_MS).unref();
    };
    let idle = setTimeout(leaveWhenIdle, headTimeoutMs(this.#bounds)).unref();
    session.once('remoteSettings', () => {
      greeted = true;
      clearTimeout(idle);
      idle = setTimeout(leaveWhenIdle, httpKeepAliveMs).unref();
    });
    session.on('stream', (stream) => {
      streams++;
      const place = this.#streams.add(stream);
      stream.once('close', () => {
        place.leave();
        streams--;
        if (streams === 0 && greeted && !session.destroyed) idle.refresh();
      });
    });
    const endAge = this.#endAt(session, endOfAge(this.#bounds) - performance.now());
    session.once('close', () => {
      this.#open.delete(session);
      clearTimeout(idle);
      clearTimeout(endAge);
    });
  }

  /**
   * When a stream is over, for example after its client's RST_STREAM with NO_ERROR, node keeps it until its data has
   * been read: forever, if the request was answered without reading its body.
   */
  #endStreams(): void {
    for (const stream of this.#over) stream.destroy();
    this.#over = this.#streams.all().filter((stream) => stream.closed);
  }

  /** The last answers may wait in the socket of an ended session; a client that does not take them is cut off. */
  #leave(session: ServerHttp2Session, socket: Socket): void {
    this.#open.delete(session);
    const gone = setTimeout(() => socket.destroy(), this.#bounds.streamStalledMs).unref();
    socket.once('close', () => clearTimeout(gone));
  }

  #endAt(session: ServerHttp2Session, ms: number): NodeJS.Timeout | undefined {
    if (ms > TIMER_MAX_MS) return undefined;
    return setTimeout(() => {
      if (session.destroyed) return;
      session.goaway(0, LAST_STREAM_ID);
      setTimeout(() => session.destroyed || session.close(), NOTICE_MS).unref();
    }, ms).unref();
  }
}
