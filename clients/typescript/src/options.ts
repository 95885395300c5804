import type { OnRetry } from './retries.js';

/** Where the service is, and who calls. */
export interface HoldfastOptions {
  /** The address of the HTTP port, or of a proxy in front of it: `https://stock.example`. */
  readonly url: string;
  /** The merchant's key. */
  readonly apiKey: string;
  /** The JWT, or a function that returns one. It is called for each try of each call, so it should cache the token. */
  readonly token: string | (() => string | Promise<string>);
  /** For a call with all its tries. Default: 30,000; more than 2,147,483,647 counts as that. */
  readonly timeoutMs?: number;
  /** Called with each failure that is followed by another try. */
  readonly onRetry?: OnRetry;
}

export interface CallOptions {
  /** Ends the waiting. A change that was sent may take effect all the same. */
  readonly signal?: AbortSignal;
  /** For this call with all its tries, in place of the client's. */
  readonly timeoutMs?: number;
  /**
   * 1 to 255 printable ASCII characters; with the same key, the same change takes effect once. Default: one is made for
   * each change. Give your own to make a change safe to send again after a crash of your program. The commands of a
   * batch get it with their places, `ORD-1.0` and so on, so it must leave room for that. A key in the request goes first.
   */
  readonly idempotencyKey?: string;
}
