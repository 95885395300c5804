import type { Writable } from 'node:stream';
import type { Refusal } from '../../dispatch/early-refusals.js';
import { UNREAD_PORT_BYTES_MAX } from '../../unread-bounds.js';
import { RST_STREAM, shortFrame, WINDOW_UPDATE } from './frames.js';
import type { RefusalFrames } from './refusal-frames.js';

/** Refused calls of a connection that wait for their turn, or for their client to end them. More are left to node:http2. */
const CALLS_MAX = 10_000;
/** The same for refusals that the client does not read, in bytes: as many as it may have open calls, some 400 bytes each. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

/** What the connection's window may lack: a quarter of it. */
const RETURN_BYTES = 16_384;

const NO_ERROR = 0;

/** A refused call that has no answer yet, or whose client has more to send. */
interface RefusedCall {
  readonly id: number;
  readonly reason: Refusal['failure']['reason'];
  readonly requestId: string;
  isEnded: boolean;
  isAnswered: boolean;
  /** It was answered before the last look. */
  isLate: boolean;
}

/** What all connections of a port have of refusals that were not read. */
export interface UnreadRefusals {
  bytes: number;
}

/** The refused calls of a connection, and their answers. */
export class Refusals {
  readonly #client: Writable;
  readonly #frames: RefusalFrames;
  readonly #unread: UnreadRefusals;
  readonly #calls = new Map<number, RefusedCall>();
  /** Those whose turn has come. */
  #due: RefusedCall[] = [];
  /** Bytes of messages that were left out, and that the connection's window lacks. */
  #unreturned = 0;

  constructor(client: Writable, frames: RefusalFrames, unread: UnreadRefusals) {
    this.#client = client;
    this.#frames = frames;
    this.#unread = unread;
  }

  /** Whether nothing more may be written to the client. */
  get areUnread(): boolean {
    return this.#client.writableNeedDrain && this.#client.writableLength >= UNREAD_BYTES_MAX;
  }

  get hasRoom(): boolean {
    return (
      this.#calls.size < CALLS_MAX &&
      this.#client.writableLength < UNREAD_BYTES_MAX &&
      this.#unread.bytes < UNREAD_PORT_BYTES_MAX
    );
  }

  /** Whether frames of the call may still come, or its answer has not left. */
  has(id: number): boolean {
    return this.#calls.size > 0 && this.#calls.has(id);
  }

  /** Its answer leaves with the next `send`, or when its turn has come. */
  add(id: number, { failure: { reason }, turn, requestId }: Refusal): void {
    const call = { id, reason, requestId, isEnded: false, isAnswered: false, isLate: false };
    this.#calls.set(id, call);
    if (turn === undefined) this.#due.push(call);
    else void turn.then(() => this.#sendSoon(call));
  }

  /** The client has no more to send of a refused call. */
  end(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    call.isEnded = true;
    if (call.isAnswered) this.#calls.delete(id);
  }

  /** This much of a refused call's message was left out. */
  leftOut(bytes: number): void {
    this.#unreturned += bytes;
  }

  /** In one write: a system call takes as long as some refusals. */
  send(): void {
    const frames: Buffer[] = [];
    for (const call of this.#due) {
      const { id, reason, requestId, isEnded } = call;
      call.isAnswered = true;
      if (isEnded) this.#calls.delete(id);
      frames.push(this.#frames.of(id, reason, requestId));
    }
    this.#due = [];
    if (this.#unreturned >= RETURN_BYTES) {
      frames.push(shortFrame(WINDOW_UPDATE, 0, this.#unreturned));
      this.#unreturned = 0;
    }
    this.#write(frames);
  }

  /**
   * Tells clients to keep the rest of calls that were answered before the last look (RFC 9113, 8.1). Mostly a message comes right
   * behind its headers, and a stream of node:http2 that is reset before it could send its end never closes.
   */
  look(): void {
    const frames: Buffer[] = [];
    for (const call of this.#calls.values()) {
      if (call.isLate) {
        frames.push(shortFrame(RST_STREAM, call.id, NO_ERROR));
        this.#calls.delete(call.id);
      } else if (call.isAnswered) {
        call.isLate = true;
      }
    }
    this.#write(frames);
  }

  #write(frames: readonly Buffer[]): void {
    if (frames.length === 0 || !this.#client.writable) return;
    const bytes = Buffer.concat(frames);
    this.#unread.bytes += bytes.length;
    this.#client.write(bytes, () => {
      this.#unread.bytes -= bytes.length;
    });
  }

  /** Together with the others whose turn has come. */
  #sendSoon(call: RefusedCall): void {
    if (this.#due.push(call) === 1) queueMicrotask(() => this.send());
  }
}
