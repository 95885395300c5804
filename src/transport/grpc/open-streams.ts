import { constants, type ServerHttp2Session } from 'node:http2';
import {
  type Server,
  type ServerDuplexStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Guard } from './guard/guard.js';
import { malformation } from './guard/headers.js';
import { streamOf } from './library.js';

/** Open at once: of all connections, and of one. */
const STREAMS_MAX = 1000;
const CONNECTION_STREAMS_MAX = 100;

/**
 * The streams of services that never end one themselves (health watches, reflection): each would keep the server
 * from draining until its client thinks of leaving. They need no credentials, so they are few.
 */
export class OpenStreams {
  /** By connection. */
  readonly #streams = new Map<ServerHttp2Session, Set<Stream>>();
  #size = 0;

  readonly #guard: Pick<Guard, 'arrived' | 'answered'>;

  constructor(guard: Pick<Guard, 'arrived' | 'answered'>) {
    this.#guard = guard;
  }

  /** What such a service is added to, in place of the server. */
  around(server: Server): Server {
    const addService: Server['addService'] = (definition, implementation) =>
      server.addService(definition, this.#tracked(implementation));
    return { addService } as Server;
  }

  endAll(): void {
    for (const stream of [...this.#streams.values()].flatMap((streams) => [...streams])) {
      stream.end();
      // Who neither reads the end nor ends its own side is cut off.
      this.#guard.answered(streamOf(stream));
    }
  }

  #tracked(implementation: UntypedServiceImplementation): UntypedServiceImplementation {
    const handlers = Object.entries(implementation).map(([name, handler]) => {
      const handle = handler as (call: Stream, callback?: sendUnaryData<unknown>) => void;
      const tracked: typeof handle = (call, callback) => {
        const stream = streamOf(call);
        if (!this.#guard.arrived(stream)) return;
        const refusal = this.#refusal(call, callback === undefined);
        if (refusal === undefined) handle(call, callback);
        // Only a unary call has a callback.
        else if (callback === undefined) {
          call.emit('error', refusal);
          // Its client may never end its own side.
          setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
        } else callback(refusal);
        if (callback !== undefined) this.#guard.answered(stream);
      };
      return [name, tracked];
    });
    return Object.fromEntries(handlers);
  }

  /** Lets the call in, or not. */
  #refusal(call: Stream, isStream: boolean) {
    const malformed = malformation(call.metadata);
    if (malformed !== undefined) return { code: status.INVALID_ARGUMENT, details: malformed };
    if (!isStream || this.#track(call)) return undefined;
    return { code: status.RESOURCE_EXHAUSTED, details: 'Too many streams of this kind are open.' };
  }

  /** False: there are enough. */
  #track(stream: Stream): boolean {
    const session = streamOf(stream).session as ServerHttp2Session;
    const streams = this.#streams.get(session) ?? new Set();
    if (this.#size >= STREAMS_MAX || streams.size >= CONNECTION_STREAMS_MAX) return false;
    this.#streams.set(session, streams.add(stream));
    this.#size++;
    streamOf(stream).once('close', () => {
      this.#size--;
      streams.delete(stream);
      if (streams.size === 0) this.#streams.delete(session);
    });
    if ('resume' in stream) answerNoFasterThanRead(stream);
    return true;
  }
}

/** Takes no more requests while many answers wait to be read; the services would take them without end. */
function answerNoFasterThanRead(call: Stream): void {
  call.on('data', () => {
    if (!call.writableNeedDrain) return;
    call.pause();
    call.once('drain', () => call.resume());
  });
}

type Stream = ServerDuplexStream<unknown, unknown>;
