import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Foreseen } from '../../dispatch/early-refusals.js';
import { spelledOut } from './block-writer.js';
import * as frames from './frames.js';
import { HeaderBlocks } from './header-blocks.js';
import { blockAt, headersFrames } from './header-frames.js';
import type { Header } from './header-table.js';
import { PassedBytes } from './passed-bytes.js';
import { type PassedCall, PassedCalls } from './passed-calls.js';
import { plainHeaders, writePlainFrame } from './plain-headers.js';
import { ReadClock } from './read-clock.js';
import type { RefusalFrames } from './refusal-frames.js';
import { Refusals, type UnreadRefusals } from './refusals.js';

/** What headers that are spelled out may make of a read before node:http2 has taken it. */
const WRITTEN_BYTES_MAX = 256 * 1024;

/** node:http2 may leave this much unread. */
const UNREAD_BYTES = 16_384;

/** A block that refers to nothing. */
const UNREADABLE_BLOCK = Buffer.from([0x80]);
const nothing = Buffer.alloc(0);

export interface GateOptions {
  /** Whether calls are refused at all, at present. */
  readonly isDue: () => boolean;
  /**
   * What becomes of a call with these headers, which came up to `waitedMs` ago. Undefined: it goes the usual way.
   */
  readonly foresee: (headers: readonly Header[], waitedMs: number) => Foreseen | undefined;
  readonly refusalFrames: RefusalFrames;
  /** One for all connections. */
  readonly unread: UnreadRefusals;
}

/**
 * Stands between a connection and node:http2, reads the headers of calls, and refuses calls by them.
 *
 * Purpose: a call that is refused must cost next to nothing, or a service that is offered more than it can do does little but
 * refuse. To node:http2 a call is a stream with its buffers, states and events, which under load take as long as half a
 * call, or more. Here it is a look at the headers and a few hundred bytes. Besides, node:http2 need not see the headers of
 * usual calls: it would make new strings of all of them for each call.
 *
 * All else passes as it is. node:http2 never hears of what is refused here, and these make that possible:
 *
 * - Streams may be skipped: those below one that is opened count as closed.
 * - Frames of refused calls are left out, and what they take of the connection's window is given back.
 * - Headers may refer to earlier ones of the connection, those of refused calls among them. So what node:http2 gets to see
 *   refers to nothing.
 * - Answers refer to nothing, and leave between two writes of node:http2, which are whole frames. A client that changes the
 *   size of its table must hear of that from node:http2 first, so until then nothing is refused here.
 */
export class Gate extends Duplex {
  readonly #socket: Socket;
  readonly #options: GateOptions;
  readonly #blocks = new HeaderBlocks();
  readonly #passed = new PassedBytes();
  readonly #calls = new PassedCalls();
  readonly #refusals: Refusals;
  readonly #clock: ReadClock;
  /** By this, node:http2 knows whether the client wants HTTP/2. */
  readonly alpnProtocol: TLSSocket['alpnProtocol'] | undefined;
  /** The session behind it. */
  session: ServerHttp2Session | undefined;

  #bytes: Buffer = nothing;
  /** The beginning of a frame that has to be read as a whole. */
  #held: Buffer | undefined;
  /** What has not arrived of a frame that need not, and whether it is left out. */
  #rest = frames.PREFACE_BYTES;
  #isRestLeftOut = false;
  /** node:http2 has been given what makes it end the connection. */
  #isOver = false;
  /** What is held could be looked at, but node:http2 has to take the rest first. */
  #isBehind = false;
  /** The client does not read. */
  #isHalted = false;
  /** The client sends nothing more. */
  #hasEnded = false;

  /** The newest call, and the newest one that node:http2 knows. */
  #newest = 0;
  #newestPassed = 0;

  /** Once node:http2 has answered a call after this one, it has told the client the size of its table. */
  #settledAfter = 0;
  #isSettled = false;

  constructor(socket: Socket, options: GateOptions) {
    super({ readableHighWaterMark: UNREAD_BYTES });
    this.#socket = socket;
    this.#options = options;
    this.#clock = new ReadClock(socket);
    this.#refusals = new Refusals(socket, options.refusalFrames, options.unread);
    // As node:http2 would do if it had the socket.
    socket.setNoDelay();
    if (socket instanceof TLSSocket) {
      socket.disableRenegotiation();
      this.alpnProtocol = socket.alpnProtocol;
    }
    // node:http2 listens for errors once it has a session.
    this.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.#clock.read(chunk.length);
      this.#receive(chunk);
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      if (!this.#isBehind) this.push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => {
      this.#calls.end();
      this.destroy();
    });
  }

  /** To be called now and then: ends refused calls whose clients do not. */
  look(): void {
    this.#calls.look();
    this.#refusals.look();
  }

  /** What node:http2 does not know of a call that begins. Undefined: it knows all there is to know. */
  begins(id: number): PassedCall | undefined {
    return this.#calls.take(id);
  }

  override _read(): void {
    if (this.#isHalted) return;
    if (this.#isBehind) this.#receive(nothing);
    else this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** `bytes`: whole frames. */
  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    if (!this.#isSettled) this.#isSettled = this.#answersSettled(bytes);
    this.#socket.write(bytes, done);
  }

  #answersSettled(bytes: Buffer): boolean {
    for (let at = 0; at + frames.FRAME_HEAD_BYTES <= bytes.length; at = frames.frameEnd(bytes, at)) {
      if (bytes[at + 3] === frames.HEADERS && frames.streamId(bytes, at) > this.#settledAfter) return true;
    }
    return false;
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#isBehind = false;
    const end = this.#look(bytes);
    this.#held = end < bytes.length && !this.#isOver ? bytes.subarray(end) : undefined;
    const passed = this.#passed.upTo(end);
    this.#refusals.send();
    if (this.#refusals.areUnread) this.#halt();
    const isWanted = passed.length === 0 || this.push(passed);
    if (!isWanted || this.#isBehind) this.#socket.pause();
    if (this.#hasEnded && !this.#isBehind) this.push(null);
  }

  /** Reads no more until the client does. */
  #halt(): void {
    if (this.#isHalted) return;
    this.#isHalted = true;
    this.#socket.pause();
    this.#socket.once('drain', () => {
      this.#isHalted = false;
      this._read();
    });
  }

  /** Looks at all frames, and returns where what has to wait for more begins. */
  #look(bytes: Buffer): number {
    this.#bytes = bytes;
    this.#passed.begin(bytes);
    let at = Math.min(this.#rest, bytes.length);
    this.#rest -= at;
    if (this.#isRestLeftOut) this.#passed.replace(0, at);
    while (at + frames.FRAME_HEAD_BYTES <= bytes.length && !this.#isOver) {
      this.#isBehind = this.#passed.writtenBytes > WRITTEN_BYTES_MAX;
      if (this.#isBehind) break;
      const end = bytes[at + 3] === frames.HEADERS ? this.#headers(at) : this.#frame(at);
      if (end === undefined) break;
      at = end;
    }
    this.#bytes = nothing;
    return at;
  }

  /** The frame at that place; returns where it ends, or what has arrived of it. */
  #frame(at: number): number {
    const bytes = this.#bytes;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const id = frames.streamId(bytes, at);
    const end = Math.min(frames.frameEnd(bytes, at), bytes.length);
    this.#rest = frames.frameEnd(bytes, at) - end;
    this.#isRestLeftOut = this.#isLeftOut(id);
    if (this.#isRestLeftOut) {
      if (type === frames.DATA) this.#refusals.leftOut(frames.payloadLength(bytes, at));
      if (type === frames.RST_STREAM || (type === frames.DATA && flags & frames.END_STREAM)) {
        this.#refusals.end(id);
      }
      this.#passed.replace(at, end);
    } else if (type === frames.SETTINGS && !(flags & frames.ACK)) {
      this.#settledAfter = this.#newest;
      this.#isSettled = false;
    } else if (type === frames.CONTINUATION) {
      // Those that continue something are read with it.
      this.#isOver = true;
    }
    return end;
  }

  /** The headers at that place; returns where they end. Undefined: they have not arrived in full. */
  #headers(at: number): number | undefined {
    const found = blockAt(this.#bytes, at);
    if (found?.block === undefined) {
      if (found !== undefined) this.#isOver = true;
      return found?.end;
    }
    const { block, end } = found;
    const id = frames.streamId(this.#bytes, at);
    const endStream = this.#bytes[at + 4]! & frames.END_STREAM;
    const headers = this.#blocks.read(block);
    if (headers === undefined) {
      this.#isOver = true;
      this.#passed.replace(at, end, headersFrames(id, endStream, UNREADABLE_BLOCK));
      return end;
    }
    const isCall = id > this.#newest && id % 2 === 1;
    const isPlain = isCall && this.#open(id, headers);
    if (this.#isLeftOut(id)) {
      if (endStream) this.#refusals.end(id);
      this.#passed.replace(at, end);
    } else if (isPlain) {
      this.#passed.replace(writePlainFrame(this.#bytes, at, id, endStream), end);
    } else {
      this.#passed.replace(at, end, headersFrames(id, endStream, spelledOut(headers)));
    }
    return end;
  }

  /** A new call. Returns whether node:http2 need not see its headers. */
  #open(id: number, headers: readonly Header[]): boolean {
    const { isDue, foresee } = this.#options;
    this.#newest = id;
    if (!this.#calls.hasRoom) {
      this.#newestPassed = id;
      return false;
    }
    const foreseen = isDue() ? foresee(headers, this.#clock.waitedMs) : undefined;
    if (foreseen?.failure !== undefined && this.#mayRefuse) {
      this.#refusals.add(id, foreseen);
      return false;
    }
    this.#newestPassed = id;
    const plain = this.#mayTake ? plainHeaders(headers) : undefined;
    if (plain !== undefined || foreseen !== undefined) this.#calls.add({ id, plain, foreseen });
    return plain !== undefined;
  }

  get #mayRefuse(): boolean {
    return this.#isSettled && this.#mayTake && this.#refusals.hasRoom;
  }

  /** A session that has been told to close ignores new calls, and their clients send them elsewhere. */
  get #mayTake(): boolean {
    return this.session?.closed === false && !this.session.destroyed;
  }

  /** Whether node:http2 does not know the stream, because its call was refused here. */
  #isLeftOut(id: number): boolean {
    if (id % 2 === 0 || id > this.#newest) return false;
    return id > this.#newestPassed || this.#refusals.has(id);
  }
}
