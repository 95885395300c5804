import { randomUUID } from 'node:crypto';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Place, Roster } from '../../../collections/roster.js';
import type { HeldBody } from '../../../transcoding/index.js';
import type { BodyRoom } from '../../body-room.js';
import type { BareReason, GrpcErrors } from '../status.js';

const CALLS_MAX = 4000;
/** Limit for the headers of all unfinished calls together. */
const HEADER_BYTES_MAX = 32 * 1024 * 1024;

const CALL = Symbol('unfinished call');

/** A stream, which knows its call. */
interface Stream extends ServerHttp2Stream {
  [CALL]?: Call | undefined;
}

interface Call {
  readonly stream: Stream;
  readonly startedAt: number;
  readonly headerBytes: number;
  readonly onEnd: (() => void) | undefined;
  held: HeldBody | undefined;
  place: Place | undefined;
}

/** Calls whose message has not fully arrived, oldest first. Anyone can open them, without credentials. */
export class UnfinishedCalls {
  readonly #calls = new Roster<Call>();
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
  add(stream: Stream, headerBytes: number, onEnd?: () => void): void {
    const startedAt = performance.now();
    const call: Call = { stream, startedAt, headerBytes, onEnd, held: undefined, place: undefined };
    call.place = this.#calls.add(call);
    stream[CALL] = call;
    this.#headerBytes += headerBytes;
    while (this.#calls.size > CALLS_MAX || this.#headerBytes > HEADER_BYTES_MAX) {
      this.#cut(this.#calls.oldest!.stream, 'OVERLOADED');
    }
  }

  /** The call's message is going to be read. To be called right before the library takes the stream. */
  read(stream: Stream, isLong: boolean): void {
    const call = stream[CALL];
    if (call === undefined) return;
    const held = this.#room.hold(isLong, () => this.#cut(stream, 'OVERLOADED'));
    call.held = held;
    stream.on('data', (chunk: Buffer) => {
      if (!held.grow(chunk.length)) this.#cut(stream, 'OVERLOADED');
    });
    stream.once('close', () => held.free());
  }

  /** All of it has arrived, or nothing more will. */
  delete(stream: Stream): void {
    const call = stream[CALL];
    if (call === undefined) return;
    call.held?.keep();
    this.#headerBytes -= call.headerBytes;
    call.place?.leave();
    stream[CALL] = undefined;
    call.onEnd?.();
  }

  /** Cuts off calls that are late. */
  look(timeoutMs = this.#requestTimeoutMs, reason: BareReason = 'DEADLINE_EXCEEDED'): void {
    const startedBefore = performance.now() - timeoutMs;
    for (const { stream, startedAt } of this.#calls.all()) {
      if (startedAt > startedBefore) return;
      this.#cut(stream, reason);
    }
  }

  #cut(stream: Stream, reason: BareReason): void {
    this.delete(stream);
    if (stream.closed || stream.destroyed) return;
    if (!stream.headersSent) {
      stream.respond(this.#errors.bareRefusalOf(reason, randomUUID()), { endStream: true });
    }
    // What its client still sends is dropped.
    stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
