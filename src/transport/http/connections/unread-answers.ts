import type { Roster } from '../../../collections/roster.js';
import { UNREAD_CONNECTION_BYTES_MAX, UNREAD_PORT_BYTES_MAX } from '../../unread-bounds.js';
import { cut, type Response, writableOf } from './cut-stalled.js';

/** A reader slower than this counts as not reading. */
const READ_BYTES_PER_SECOND_MIN = 16 * 1024;

const LOOK_INTERVAL_MS = 250;

interface Waiting {
  bytes: number;
  /** When it was first seen waiting, or last seen shrinking. */
  since: number;
}

/**
 * Cuts off answers that nobody reads.
 *
 * Purpose: an answer is written whole, and waits in memory until its reader takes it. Over HTTP/2 a connection can have
 * one per stream, behind a window that the client keeps closed. So limits apply to the time that an answer waits, and
 * to the bytes of a connection and of the port. Trade-off: node reports a chunk only once all of it is gone, so slow
 * readers get the time that its bytes take at 16 KiB a second, and an excess is noticed a quarter of a second late.
 * Streams that have not ended wait for their readers (`cutWhenStalled`); their bytes count.
 */
export class UnreadAnswers {
  readonly #waiting = new WeakMap<Response, Waiting>();
  /** Answers that are already being cut off. */
  readonly #cut = new WeakSet<Response>();
  #timer: NodeJS.Timeout | undefined;

  readonly #responses: Pick<Roster<Response>, 'all'>;
  readonly #streamStalledMs: number;

  constructor(responses: Pick<Roster<Response>, 'all'>, streamStalledMs: number) {
    this.#responses = responses;
    this.#streamStalledMs = streamStalledMs;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const connections = new Map<object, { bytes: number; responses: Response[] }>();
    let all = 0;
    for (const response of this.#responses.all()) {
      const stream = writableOf(response);
      const bytes = stream.writableLength;
      if (bytes === 0 || this.#cut.has(response)) continue;
      if (stream.writableEnded && this.#isLate(response, bytes, now)) {
        this.#cutOff(response);
        continue;
      }
      const connection = connectionOf(response);
      const held = connections.get(connection) ?? { bytes: 0, responses: [] };
      // A connection's only answer may be larger.
      if (held.bytes > 0 && held.bytes + bytes > UNREAD_CONNECTION_BYTES_MAX) {
        this.#cutOff(response);
        continue;
      }
      held.bytes += bytes;
      held.responses.push(response);
      connections.set(connection, held);
      all += bytes;
    }
    if (all <= UNREAD_PORT_BYTES_MAX) return;
    for (const { bytes, responses } of [...connections.values()].sort((a, b) => b.bytes - a.bytes)) {
      for (const response of responses) this.#cutOff(response);
      all -= bytes;
      if (all <= UNREAD_PORT_BYTES_MAX) return;
    }
  }

  #cutOff(response: Response): void {
    this.#cut.add(response);
    cut(response);
  }

  #isLate(response: Response, bytes: number, now: number): boolean {
    const seen = this.#waiting.get(response);
    if (seen === undefined || bytes < seen.bytes) {
      this.#waiting.set(response, { bytes, since: now });
      return false;
    }
    return now - seen.since > this.#streamStalledMs + (bytes / READ_BYTES_PER_SECOND_MIN) * 1000;
  }
}

function connectionOf(response: Response): object {
  if (!('stream' in response)) return response.socket ?? response;
  return response.stream.session ?? response.stream;
}
