import { constants, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { BodyRoom } from '../../body-room.js';
import type { Refusal } from '../../dispatch/early-refusals.js';
import { HEADERS_BYTES_MAX, headersBytes } from '../../http2.js';
import type { GateOptions } from '../gate/gate.js';
import { isPlainBlock } from '../gate/plain-headers.js';
import { RefusalFrames } from '../gate/refusal-frames.js';
import type { GrpcErrors } from '../status.js';
import { type Connection, Connections } from './connections.js';
import { mendHeaders } from './headers.js';
import { RefusedCalls } from './refused-calls.js';
import { UnfinishedCalls } from './unfinished-calls.js';
import { UnreadAnswers } from './unread-answers.js';

export interface GuardOptions {
  /** How long a call's message may take to arrive. */
  readonly requestTimeoutMs: number;
  /** How long a caller may leave data unread. */
  readonly streamStalledMs: number;
  /** How long a connection may have no call. */
  readonly grpcIdleMs: number;
  readonly errors: GrpcErrors;
  /** Which calls the gate refuses, which sees them first. */
  readonly refusing: Pick<GateOptions, 'isDue' | 'foresee'>;
  /** For the messages of calls. */
  readonly bodyRoom: BodyRoom;
  /** Sees each call next. It passes on those of the library, now or later, and says whether they may be long. */
  readonly take: (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    passOn: (isLong: boolean) => void,
  ) => void;
}

const LOOK_INTERVAL_MS = 250;

/** How long a client that neither sends nor reads may keep the port from closing. */
const DRAIN_STALLED_MS = 1000;

/**
 * Protects grpc-js, which trusts its clients: limits what clients may leave unfinished in time, number and bytes, and
 * shows the library only headers that it reads correctly.
 */
export class Guard {
  readonly #connections: Connections;
  readonly #unfinished: UnfinishedCalls;
  readonly #refused: RefusedCalls;
  readonly #unread: UnreadAnswers;
  readonly #looking: NodeJS.Timeout;
  readonly #take: GuardOptions['take'];
  #draining = false;

  constructor(options: GuardOptions) {
    this.#take = options.take;
    this.#connections = new Connections(options.grpcIdleMs, options.streamStalledMs, {
      ...options.refusing,
      refusalFrames: new RefusalFrames(options.errors),
      unread: { bytes: 0 },
    });
    this.#unfinished = new UnfinishedCalls(options.requestTimeoutMs, options.bodyRoom, options.errors);
    this.#refused = new RefusedCalls(options.errors);
    this.#unread = new UnreadAnswers(options.streamStalledMs);
    this.#looking = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  /** Must be called before the server listens. */
  watch(http2: Http2Server): void {
    this.#connections.watch(http2, (connection) => this.#unread.delete(connection));
    const handlers = http2.listeners('stream');
    http2.removeAllListeners('stream');
    http2.on(
      'stream',
      (stream: ServerHttp2Stream, seen: IncomingHttpHeaders, flags: number, rawHeaders: string[]) => {
        // Its client has taken it back in the same breath.
        if (stream.closed || stream.destroyed) return ignore(stream);
        const passed = this.#connections.of(stream)?.gate.begins(stream.id!);
        if (passed?.plain === undefined && isPlainBlock(seen)) return reset(stream);
        const { headers, bytes } = passed?.plain ?? { headers: seen, bytes: headersBytes(rawHeaders) };
        // The library below refuses these too, but not before the client has acknowledged the limit.
        if (bytes > HEADERS_BYTES_MAX) return reset(stream);
        const foreseen = passed?.foreseen;
        if (foreseen?.failure !== undefined) return this.#refuse(stream, foreseen);
        this.#begin(stream, bytes, foreseen?.onArrival);
        mendHeaders(headers, rawHeaders);
        this.#take(stream, headers, (isLong) => {
          this.#unfinished.read(stream, isLong);
          for (const handle of handlers) handle.call(http2, stream, headers, flags, rawHeaders);
        });
      },
    );
  }

  /** A call's message has arrived in full. False: its caller took it back, so there is nothing to answer. */
  arrived(stream: ServerHttp2Stream): boolean {
    this.#unfinished.delete(stream);
    return !stream.closed && !stream.destroyed;
  }

  /** An answer was handed to the stream. */
  answered(stream: ServerHttp2Stream): void {
    const connection = this.#connections.of(stream);
    if (connection !== undefined) this.#unread.sent(connection, stream);
  }

  drain(): void {
    this.#draining = true;
  }

  /** Cuts everything that is left. */
  destroy(): void {
    clearInterval(this.#looking);
    this.#connections.cutAll();
  }

  #refuse(stream: ServerHttp2Stream, { failure, turn, requestId }: Refusal): void {
    // Its caller may take it back at any time.
    ignore(stream);
    const answer = (): void => {
      if (!stream.closed && !stream.destroyed) this.#refused.refuse(stream, failure.reason, requestId);
    };
    if (turn === undefined) {
      answer();
      return;
    }
    // Its message is worth nothing while it waits.
    stream.resume();
    void turn.then(answer);
  }

  #begin(stream: ServerHttp2Stream, headerBytes: number, onArrival: (() => void) | undefined): void {
    const connection = this.#connections.of(stream);
    this.#unfinished.add(stream, headerBytes, onArrival);
    if (connection !== undefined) connection.streams++;
    stream.once('close', () => {
      this.#unfinished.delete(stream);
      if (connection !== undefined) this.#end(connection, stream);
    });
  }

  #end(connection: Connection, stream: ServerHttp2Stream): void {
    this.#unread.through(stream);
    connection.streams--;
    if (connection.streams === 0) connection.idleSince = performance.now();
  }

  #look(): void {
    this.#connections.look();
    this.#refused.look();
    if (!this.#draining) {
      this.#unfinished.look();
      this.#unread.look();
      return;
    }
    this.#unfinished.look(DRAIN_STALLED_MS, 'SHUTTING_DOWN');
    this.#unread.look(DRAIN_STALLED_MS);
    this.#connections.cutIdle(DRAIN_STALLED_MS);
  }
}

/** What goes wrong with the stream is nobody's error. */
function ignore(stream: ServerHttp2Stream): void {
  stream.on('error', () => {});
}

function reset(stream: ServerHttp2Stream): void {
  // A reset from this side counts as an error.
  ignore(stream);
  stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
}
