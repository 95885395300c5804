import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Place, Roster } from '../../../collections/roster.js';
import { UNREAD_CONNECTION_BYTES_MAX, UNREAD_PORT_BYTES_MAX } from '../../unread-bounds.js';
import type { Connection } from './connections.js';

/** What a call costs in addition to the bytes of its answer. */
const CALL_BYTES = 4096;

const PLACE = Symbol('unread answer');

/** A stream, which knows the place of its answer. */
interface Stream extends ServerHttp2Stream {
  [PLACE]?: Place | undefined;
}

/** An answer that is not taken yet. */
interface Answer {
  readonly stream: Stream;
  /** What was left of it at the last check, and since when. */
  left: number;
  since: number;
}

/** Data sent and not yet read, per connection. */
interface Unread {
  readonly answers: Roster<Answer>;
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
  sent(connection: Connection, stream: Stream): void {
    let unread = this.#connections.get(connection);
    if (unread === undefined) {
      unread = { answers: new Roster(), bytes: 0 };
      this.#connections.set(connection, unread);
    }
    const left = stream.writableLength;
    // One place for each stream, however often it is answered: a place that is left behind would have it cut later.
    stream[PLACE]?.leave();
    stream[PLACE] = unread.answers.add({ stream, left, since: performance.now() });
    unread.bytes += left + CALL_BYTES;
    this.#bytes += left + CALL_BYTES;
    if (unread.bytes > UNREAD_CONNECTION_BYTES_MAX || this.#bytes > UNREAD_PORT_BYTES_MAX) this.#bound();
  }

  /** The stream is closed. */
  through(stream: Stream): void {
    stream[PLACE]?.leave();
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
      for (const answer of answers.all()) {
        const { stream } = answer;
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
      for (const { stream } of unread.answers.all()) unread.bytes += stream.writableLength + CALL_BYTES;
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
