import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { HeldBody } from '../../../transcoding/index.js';
import type { BodyRoom } from '../../body-room.js';
import type { BareReason, GrpcErrors } from '../status.js';

const CALLS_MAX = 4000;
/** Limit for the headers of all unfinished calls together. */
const HEADER_BYTES_MAX = 32 * 1024 * 1024;

interface Call {
  readonly startedAt: number;
  readonly headerBytes: number;
  readonly onEnd: (() => void) | undefined;
  held: HeldBody | undefined;
}

/** Calls whose message has not fully arrived, oldest first. Anyone can open them, without credentials. */
export class UnfinishedCalls {
  readonly #calls = new Map<ServerHttp2Stream, Call>();
  #headerBytes = 0;

  readonly #requestTimeoutMs: number;
  readonly #errors: GrpcErrors;

  readonly #room: BodyRoom;

  /** `requestTimeoutMs`: how long a call's message may take to arrive. */
  constructor(requestTimeoutMs: number, room: BodyRoom, errors: GrpcErrors) {
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#room = room;
    this.#errors = errors;
  }

  /** `onEnd`: called when the call is unfinished no more. */
  add(stream: ServerHttp2Stream, headerBytes: number, onEnd?: () => void): void {
    this.#calls.set(stream, { startedAt: performance.now(), headerBytes, onEnd, held: undefined });
    this.#headerBytes += headerBytes;
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= CALLS_MAX && this.#headerBytes <= HEADER_BYTES_MAX) return;
      this.#cut(oldest, 'OVERLOADED');
    }
  }

  /** The call's message is going to be read. To be called right before the library takes the stream. */
  read(stream: ServerHttp2Stream, isLong: boolean): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    const held = this.#room.hold(isLong, () => this.#cut(stream, 'OVERLOADED'));
    call.held = held;
    stream.on('data', (chunk: Buffer) => {
      if (!held.grow(chunk.length)) this.#cut(stream, 'OVERLOADED');
    });
    stream.once('close', () => held.free());
  }

  /** All of it has arrived, or nothing more will. */
  delete(stream: ServerHttp2Stream): void {
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    call.held?.keep();
    this.#headerBytes -= call.headerBytes;
    this.#calls.delete(stream);
    call.onEnd?.();
  }

  /** Cuts off calls that are late. */
  look(timeoutMs = this.#requestTimeoutMs, reason: BareReason = 'DEADLINE_EXCEEDED'): void {
    const startedBefore = performance.now() - timeoutMs;
    for (const [stream, { startedAt }] of this.#calls) {
      if (startedAt > startedBefore) return;
      this.#cut(stream, reason);
    }
  }

  #cut(stream: ServerHttp2Stream, reason: BareReason): void {
    this.delete(stream);
    if (stream.closed || stream.destroyed) return;
    if (!stream.headersSent) {
      stream.respond(this.#errors.bareRefusalOf(reason, randomUUID()), { endStream: true });
    }
    // What its client still sends is dropped.
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
