import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Failure } from '../../domain/failure.js';
import type { HeldStream } from '../body-room.js';
import type { CommandLine } from '../dispatch/command-line.js';
import { UnreadableRequest } from '../dispatch/unreadable-request.js';
import { WireWriter } from '../messages/wire-writer.js';
import type { CommandName } from '../operations/command-name.js';
import type { Reply } from '../operations/operation.js';
import { type Envelope, EnvelopeReader, EnvelopeTooLarge } from './envelopes.js';
import type { StreamProtocol } from './stream-protocol.js';

/** The most bytes of commands in progress on one stream. Their answers are about as long. */
const IN_FLIGHT_BYTES_MAX = 1024 * 1024;

const TAG_CHARACTERS_MAX = 128;

export interface CommandStreamLimits {
  /** The most commands in progress on one stream. With this many, it is not read any further. */
  readonly streamCommandsMax: number;
  /** The most bytes of one message. */
  readonly messageBytesMax: number;
  /** How long a caller may leave answers unread. */
  readonly streamStalledMs: number;
}

/**
 * One open stream of commands.
 *
 * Purpose: most of the cost of a unary call, its HTTP/2 stream, credentials and headers, is paid once for many
 * commands, and the answers that are decided in one turn of the event loop leave in one write. Trade-off: they leave
 * at the end of that turn.
 *
 * It reads while fewer commands than allowed are in progress and the caller takes the answers; otherwise, HTTP/2's
 * flow control makes the caller wait. Whatever ends the stream, commands that were read are carried through. The
 * stream ends once they are answered, or at once if the caller is gone, who then gets no answers.
 */
export class CommandStream {
  readonly #stream: ServerHttp2Stream;
  readonly #protocol: StreamProtocol;
  readonly #line: CommandLine;
  readonly #limits: CommandStreamLimits;
  readonly #held: HeldStream;
  readonly #reader: EnvelopeReader;
  /** Called once: at the end, or when the caller has left. */
  readonly #onEnd: (failure: Failure | undefined) => void;
  /** Commands in progress, and their bytes. */
  #inFlight = 0;
  #inFlightBytes = 0;
  /** The answers of this turn, in their envelopes. */
  readonly #answers = new WireWriter();
  /** Nothing more is read, because the caller has sent everything, or because of the failure. */
  #ending: { readonly failure: Failure | undefined } | undefined;
  /** The caller has ended its side. */
  #hasAll = false;
  #isOver = false;
  #stalled: NodeJS.Timeout | undefined;
  #stalledMs: number;

  constructor(
    stream: ServerHttp2Stream,
    protocol: StreamProtocol,
    line: CommandLine,
    limits: CommandStreamLimits,
    held: HeldStream,
    onEnd: (failure: Failure | undefined) => void,
  ) {
    this.#stream = stream;
    this.#protocol = protocol;
    this.#line = line;
    this.#limits = limits;
    this.#held = held;
    this.#stalledMs = limits.streamStalledMs;
    this.#reader = new EnvelopeReader(limits.messageBytesMax);
    this.#onEnd = onEnd;
  }

  begin(): void {
    const stream = this.#stream;
    this.#protocol.begin(stream);
    stream.on('data', (chunk: Buffer) => {
      if (this.#ending !== undefined) return;
      this.#reader.push(chunk);
      this.#readOn();
    });
    const onEnd = (): void => {
      this.#hasAll = true;
      this.#readOn();
    };
    // The caller's side may have ended, without a message, while the credentials were looked up: no event follows then.
    if (stream.readableEnded) queueMicrotask(onEnd);
    else stream.once('end', onEnd);
    stream.on('drain', () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      this.#readOn();
    });
    stream.once('close', () => {
      clearTimeout(this.#stalled);
      this.#over(undefined);
    });
  }

  /** Reads nothing more, and ends with the failure once all commands that were read are answered. */
  end(failure: Failure | undefined): void {
    if (this.#ending !== undefined) return;
    this.#ending = { failure };
    // An HTTP/2 stream with unread bytes never closes. So what still comes is discarded, as far as the window goes.
    this.#stream.resume();
    this.#endIfDone();
  }

  /** The service stops, so a caller who leaves the end unread is cut off sooner. */
  hurry(stalledMs: number): void {
    this.#stalledMs = Math.min(this.#stalledMs, stalledMs);
    if (this.#isOver) this.#cutIfUnread();
  }

  #readOn(): void {
    while (this.#ending === undefined && !this.#isFull()) {
      const message = this.#next();
      if (message === undefined) break;
      this.#take(message);
    }
    if (this.#ending !== undefined) return;
    if (this.#isFull()) {
      this.#stream.pause();
      return;
    }
    if (this.#stream.isPaused()) this.#stream.resume();
    if (!this.#hasAll) return;
    const failure: Failure = { reason: 'MALFORMED_REQUEST', description: 'the last message is truncated' };
    this.end(this.#reader.hasRest ? failure : undefined);
  }

  #isFull(): boolean {
    return (
      this.#inFlight >= this.#limits.streamCommandsMax ||
      this.#inFlightBytes >= IN_FLIGHT_BYTES_MAX ||
      (this.#inFlight > 0 && this.#held.isTight) ||
      this.#stream.writableNeedDrain
    );
  }

  #next(): Envelope | undefined {
    try {
      return this.#reader.next();
    } catch (error) {
      if (!(error instanceof EnvelopeTooLarge)) throw error;
      const description = `a message must not exceed ${this.#limits.messageBytesMax} bytes`;
      this.end({ reason: 'MALFORMED_REQUEST', description });
      return undefined;
    }
  }

  #take(message: Envelope): void {
    let command: ReturnType<StreamProtocol['read']>;
    let unpacked: Buffer;
    try {
      unpacked = this.#protocol.unpack(message);
      command = this.#protocol.read(unpacked);
    } catch (error) {
      if (!(error instanceof UnreadableRequest)) throw error;
      this.end({ reason: 'MALFORMED_REQUEST', description: error.message });
      return;
    }
    const { tag, name, request, key } = command;
    // What it takes in memory, however few bytes came.
    const bytes = unpacked.length;
    this.#inFlight++;
    this.#inFlightBytes += bytes;
    this.#held.add(bytes);
    if (tag.length > TAG_CHARACTERS_MAX && [...tag].length > TAG_CHARACTERS_MAX) {
      queueMicrotask(() => this.#answer(tag, bytes, name, tagTooLong));
      return;
    }
    this.#line.take({ name, request, key, isCounted: false }, (of, reply) =>
      this.#answer(tag, bytes, of, reply),
    );
  }

  #answer(tag: string, bytes: number, name: CommandName | undefined, reply: Reply): void {
    this.#inFlight--;
    this.#inFlightBytes -= bytes;
    this.#held.subtract(bytes);
    if (this.#isOver) return;
    if (this.#answers.length === 0) setImmediate(() => this.#flush());
    this.#protocol.answer(this.#answers, tag, { name, reply });
  }

  /** Sends the answers of a turn, and reads on. */
  #flush(): void {
    if (this.#isOver) return;
    if (!this.#stream.write(this.#answers.take())) {
      this.#stalled ??= setTimeout(() => this.end({ reason: 'SLOW_READER' }), this.#stalledMs).unref();
    }
    if (this.#ending === undefined) this.#readOn();
    else this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#isOver || this.#ending === undefined || this.#inFlight > 0 || this.#answers.length > 0) return;
    clearTimeout(this.#stalled);
    const { failure } = this.#ending;
    this.#over(failure);
    this.#protocol.end(this.#stream, failure);
    this.#cutIfUnread();
  }

  #over(failure: Failure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(failure);
  }

  /** The end waits behind the unread answers. A caller who does not come back for it is cut off. */
  #cutIfUnread(): void {
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => {
      // A caller may read the end and never end its own side.
      if (this.#stream.writableFinished) this.#stream.close(constants.NGHTTP2_NO_ERROR);
      else this.#cut();
    }, this.#stalledMs).unref();
  }

  #cut(): void {
    const { session } = this.#stream;
    this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // If even the reset does not get out, the socket is full.
    const gone = setTimeout(() => session?.destroy(), CUT_MS).unref();
    this.#stream.once('close', () => clearTimeout(gone));
  }
}

/** How long a reset may take to get out before the connection is cut. */
const CUT_MS = 1000;

const tagTooLong: Reply = {
  ok: false,
  replayed: false,
  failure: {
    reason: 'VALIDATION_FAILED',
    violations: [{ field: 'tag', description: `must be at most ${TAG_CHARACTERS_MAX} characters` }],
  },
};
