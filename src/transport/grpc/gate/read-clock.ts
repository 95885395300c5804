import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What Node reads from a connection at once, and with TLS. A shorter read has taken all that was there. */
const READ_BYTES = 65_536;
const TLS_READ_BYTES = 16_384;

/** How long what is read from a connection may have waited there. */
export class ReadClock {
  readonly #readBytes: number;
  /** When everything that had arrived was read. */
  #drainedAt = performance.now();
  #waitedMs = 0;

  constructor(socket: Socket) {
    this.#readBytes = socket instanceof TLSSocket ? TLS_READ_BYTES : READ_BYTES;
  }

  /** Of the last read: it came after everything had been read. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** This much was read. */
  read(bytes: number): void {
    const now = performance.now();
    this.#waitedMs = now - this.#drainedAt;
    if (bytes < this.#readBytes) this.#drainedAt = now;
  }
}
