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

/** Maximum number open at once: on all connections, and on one. */
const STREAMS_MAX = 1000;
const CONNECTION_STREAMS_MAX = 100;

/**
 * Streams of services that never end them (health watches, reflection). Each would keep the server from draining until
 * its client leaves. They need no credentials, so their number is limited.
 */
export class OpenStreams {
  /** By connection. */
  readonly #streams = new Map<ServerHttp2Session, Set<Stream>>();
  #size = 0;

  readonly #guard: Pick<Guard, 'arrived' | 'answered'>;

  constructor(guard: Pick<Guard, 'arrived' | 'answered'>) {
    this.#guard = guard;
  }

  /** Add such a service to this instead of the server. */
  around(server: Server): Server {
    const addService: Server['addService'] = (definition, implementation) =>
      server.addService(definition, this.#tracked(implementation));
    return { addService } as Server;
  }

  endAll(): void {
    for (const stream of [...this.#streams.values()].flatMap((streams) => [...streams])) {
      stream.end();
      // A client that neither reads the end nor ends its own side is cut off.
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

  /** Why the call is refused, if it is. */
  #refusal(call: Stream, isStream: boolean) {
    const malformed = malformation(call.metadata);
    if (malformed !== undefined) return { code: status.INVALID_ARGUMENT, details: malformed };
    if (!isStream || this.#track(call)) return undefined;
    return { code: status.RESOURCE_EXHAUSTED, details: 'Too many streams of this kind are open.' };
  }

  /** False: there are already enough. */
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

/** Takes no more requests while many answers are unread; the services would accept them without limit. */
function answerNoFasterThanRead(call: Stream): void {
  call.on('data', () => {
    if (!call.writableNeedDrain) return;
    call.pause();
    call.once('drain', () => call.resume());
  });
}

type Stream = ServerDuplexStream<unknown, unknown>;
