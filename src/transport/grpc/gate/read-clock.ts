import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { TurnClock } from './turn-clock.js';

/** What Node reads from a connection at once, and with TLS. A shorter read has taken all that was there. */
const READ_BYTES = 65_536;
const TLS_READ_BYTES = 16_384;

/** All connections are read by one event loop. */
const turns = new TurnClock();

/** How long what is read from a connection may have waited there. */
export class ReadClock {
  readonly #readBytes: number;
  /** The earliest time at which what the last reads have left there can have come. */
  #leftSince: number | undefined;
  #waitedMs = 0;

  constructor(socket: Socket) {
    this.#readBytes = socket instanceof TLSSocket ? TLS_READ_BYTES : READ_BYTES;
  }

  /** Of the last read, at most. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** This much was read. */
  read(bytes: number): void {
    const now = performance.now();
    const since = this.#leftSince ?? turns.earliest(now);
    this.#waitedMs = now - since;
    this.#leftSince = bytes < this.#readBytes ? undefined : since;
  }
}
