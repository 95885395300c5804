import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { GrpcErrors } from '../status.js';

const CALLS_MAX = 4000;
/** Limit for the headers of all unfinished calls together. */
const HEADER_BYTES_MAX = 32 * 1024 * 1024;

type Reason = 'DEADLINE_EXCEEDED' | 'OVERLOADED' | 'SHUTTING_DOWN';

interface Call {
  readonly startedAt: number;
  readonly headerBytes: number;
}

/** Calls whose message has not fully arrived, oldest first. Anyone can open them, without credentials. */
export class UnfinishedCalls {
  readonly #calls = new Map<ServerHttp2Stream, Call>();
  #headerBytes = 0;

  readonly #requestTimeoutMs: number;
  readonly #errors: GrpcErrors;

  /** `requestTimeoutMs`: how long a call's message may take to arrive. */
  constructor(requestTimeoutMs: number, errors: GrpcErrors) {
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#errors = errors;
  }

  add(stream: ServerHttp2Stream, headerBytes: number): void {
    this.#calls.set(stream, { startedAt: performance.now(), headerBytes });
    this.#headerBytes += headerBytes;
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= CALLS_MAX && this.#headerBytes <= HEADER_BYTES_MAX) return;
      this.#cut(oldest, 'OVERLOADED');
    }
  }

  delete(stream: ServerHttp2Stream): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    this.#headerBytes -= call.headerBytes;
    this.#calls.delete(stream);
  }

  /** Cuts off calls that are late. */
  look(timeoutMs = this.#requestTimeoutMs, reason: Reason = 'DEADLINE_EXCEEDED'): void {
    const startedBefore = performance.now() - timeoutMs;
    for (const [stream, { startedAt }] of this.#calls) {
      if (startedAt > startedBefore) return;
      this.#cut(stream, reason);
    }
  }

  #cut(stream: ServerHttp2Stream, reason: Reason): void {
    this.delete(stream);
    if (stream.closed || stream.destroyed) return;
    if (!stream.headersSent) stream.respond(this.#refusal(reason), { endStream: true });
    stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #refusal(reason: Reason) {
    const { code, details, metadata } = this.#errors.of({ reason }, false, randomUUID());
    return {
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-status': code!,
      'grpc-message': encodeURI(details!),
      ...metadata?.toHttp2Headers(),
    };
  }
}
