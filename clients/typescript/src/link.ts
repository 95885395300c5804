import type { Connection, OpenConnection } from './connection/connection.js';
import { orAborted } from './deadline.js';
import type { HoldfastOptions } from './options.js';

/** The connection that all calls of a client share, opened by the first of them, and its credentials. */
export class Link {
  #opening: Promise<Connection> | undefined;
  readonly #closed = new AbortController();
  readonly #options: HoldfastOptions;
  readonly #open: OpenConnection;

  constructor(options: HoldfastOptions, open: OpenConnection) {
    this.#options = options;
    this.#open = open;
  }

  /** A later call tries again if nobody answered. */
  connection(signal: AbortSignal): Promise<Connection> {
    this.#closed.signal.throwIfAborted();
    this.#opening ??= this.#open(this.#options.url, this.#closed.signal).catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return orAborted(this.#opening, signal);
  }

  async credentials(): Promise<Headers> {
    const { apiKey, token } = this.#options;
    const bearer = typeof token === 'string' ? token : await token();
    return new Headers({ authorization: `Bearer ${bearer}`, 'x-merchantapikey': apiKey });
  }

  close(): void {
    this.#closed.abort(new Error('the client is closed'));
    this.#opening?.then(
      (connection) => connection.close(),
      () => {},
    );
  }
}
