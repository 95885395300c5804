import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { grpcError } from './status.js';

/** What the messages of unfinished calls may take together, beside their number. */
const BYTES_MAX = 256 * 1024 * 1024;
const CALLS_MAX = 4000;

type Reason = 'DEADLINE_EXCEEDED' | 'OVERLOADED' | 'SHUTTING_DOWN';

export interface UnfinishedCallsOptions {
  /** How long a call's message may take to arrive. */
  readonly timeoutMs: number;
  readonly messageBytesMax: number;
}

/** Calls that have begun and whose message has not come to its end, oldest first. Strangers can open them. */
export class UnfinishedCalls {
  /** When each began. */
  readonly #calls = new Map<ServerHttp2Stream, number>();
  readonly #callsMax: number;

  constructor(private readonly options: UnfinishedCallsOptions) {
    this.#callsMax = Math.min(CALLS_MAX, Math.ceil(BYTES_MAX / options.messageBytesMax));
  }

  add(stream: ServerHttp2Stream): void {
    this.#calls.set(stream, performance.now());
    if (this.#calls.size <= this.#callsMax) return;
    for (const oldest of this.#calls.keys()) {
      this.#cut(oldest, 'OVERLOADED');
      return;
    }
  }

  delete(stream: ServerHttp2Stream): void {
    this.#calls.delete(stream);
  }

  /** Cuts off those that are late. */
  look(timeoutMs = this.options.timeoutMs, reason: Reason = 'DEADLINE_EXCEEDED'): void {
    const startedBefore = performance.now() - timeoutMs;
    for (const [stream, startedAt] of this.#calls) {
      if (startedAt > startedBefore) return;
      this.#cut(stream, reason);
    }
  }

  #cut(stream: ServerHttp2Stream, reason: Reason): void {
    this.#calls.delete(stream);
    if (stream.closed || stream.destroyed) return;
    if (!stream.headersSent) stream.respond(refusal(reason), { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

function refusal(reason: Reason) {
  const { code, details, metadata } = grpcError({ reason }, false, randomUUID());
  return {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': code!,
    'grpc-message': encodeURI(details!),
    ...metadata?.toHttp2Headers(),
  };
}
