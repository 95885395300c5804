import { constants, type ServerHttp2Stream } from 'node:http2';
import { UNREAD_CONNECTION_BYTES_MAX, UNREAD_PORT_BYTES_MAX } from '../../unread-bounds.js';
import type { Connection } from './connections.js';

/** What a call costs in addition to the bytes of its answer. */
const CALL_BYTES = 4096;

/** Data sent and not yet read, per connection. */
interface Unread {
  /** Answers not yet taken, with what was left of them at the last check, and since when. */
  readonly answers: Map<ServerHttp2Stream, { left: number; since: number }>;
  /** Upper bound: what the last check found, plus everything sent since. */
  bytes: number;
}

/**
 * Answers that callers do not read wait in this process. Their bytes are added up as they are sent, and recounted when
 * the sum passes a limit, so a caller that reads as fast as it asks is never affected.
 */
export class UnreadAnswers {
  readonly #connections = new Map<Connection, Unread>();
  #bytes = 0;

  readonly #streamStalledMs: number;

  /** `streamStalledMs`: how long a caller may take nothing of an answer. */
  constructor(streamStalledMs: number) {
    this.#streamStalledMs = streamStalledMs;
  }

  /** An answer was handed to the stream. */
  sent(connection: Connection, stream: ServerHttp2Stream): void {
    let unread = this.#connections.get(connection);
    if (unread === undefined) {
      unread = { answers: new Map(), bytes: 0 };
      this.#connections.set(connection, unread);
    }
    const left = stream.writableLength;
    unread.answers.set(stream, { left, since: performance.now() });
    unread.bytes += left + CALL_BYTES;
    this.#bytes += left + CALL_BYTES;
    if (unread.bytes > UNREAD_CONNECTION_BYTES_MAX || this.#bytes > UNREAD_PORT_BYTES_MAX) this.#bound();
  }

  /** The stream is closed. */
  through(connection: Connection, stream: ServerHttp2Stream): void {
    this.#connections.get(connection)?.answers.delete(stream);
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /**
   * Cuts off answers of which nothing was taken for too long; if even the reset does not get out, cuts the connection.
   */
  look(stalledMs = this.#streamStalledMs): void {
    const now = performance.now();
    for (const [connection, { answers }] of this.#connections) {
      for (const [stream, answer] of answers) {
        const left = stream.writableLength;
        if (left !== answer.left) {
          answer.left = left;
          answer.since = now;
        } else if (now - answer.since >= stalledMs) {
          if (stream.closed) connection.cut();
          else stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        }
      }
    }
  }

  #bound(): void {
    this.#bytes = 0;
    for (const [connection, unread] of this.#connections) {
      unread.bytes = 0;
      for (const stream of unread.answers.keys()) unread.bytes += stream.writableLength + CALL_BYTES;
      if (unread.bytes > UNREAD_CONNECTION_BYTES_MAX) this.#cut(connection);
      else this.#bytes += unread.bytes;
    }
    while (this.#bytes > UNREAD_PORT_BYTES_MAX) {
      const [most] = [...this.#connections].sort(([, a], [, b]) => b.bytes - a.bytes);
      this.#bytes -= most![1].bytes;
      this.#cut(most![0]);
    }
  }

  #cut(connection: Connection): void {
    this.#connections.delete(connection);
    connection.cut();
  }
}
