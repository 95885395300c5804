import { LRUCache } from 'lru-cache';
import { UNREFERENCED } from '../domain/hold.js';
import { databaseErrorKind } from '../store/connection/sqlstate.js';
import { type Refused, refused } from './commands.js';

export interface HoldTtlOptions {
  /** Seconds after which a merchant's referenced holds end when nothing is said of it; 0: never. */
  readonly findDefault: (merchantId: string) => Promise<number>;
  /** A merchant's default is believed for as long as their API key. */
  readonly apiKeyCacheMs: number;
  readonly credentialCacheMax: number;
}

/**
 * How long a hold is to last: what the request says, else the merchant's default.
 *
 * Purpose: the default off the hot path. Trade-off: a change of the setting is not seen for up to
 * `apiKeyCacheMs`, except in the process that made it.
 */
export class HoldTtl {
  readonly #options: HoldTtlOptions;
  /** Merchant → default; as it was when it was looked up. */
  readonly #defaults: LRUCache<string, number>;
  /** Merchant → look-up in progress: callers that miss the cache together ask the database once. */
  readonly #lookUps = new Map<string, Promise<number | Refused>>();

  constructor(options: HoldTtlOptions) {
    this.#options = options;
    // ttl 0 means "for ever" to the cache; 1 ms is as good as none.
    this.#defaults = new LRUCache({
      max: options.credentialCacheMax,
      ttl: Math.max(1, options.apiKeyCacheMs),
    });
  }

  /** Seconds, or undefined: open-ended. At once when the default is remembered. */
  effective(
    merchantId: string,
    reference: string,
    requested: number | undefined,
  ): number | undefined | Refused | Promise<number | undefined | Refused> {
    if (requested !== undefined || reference === UNREFERENCED) return requested;
    const known = this.#defaults.get(merchantId);
    if (known !== undefined) return known === 0 ? undefined : known;
    return this.#lookUp(merchantId).then((found) => (found === 0 ? undefined : found));
  }

  /** The merchant's default has changed. */
  forget(merchantId: string): void {
    this.#defaults.delete(merchantId);
    // What a look-up in progress finds may be what was there before.
    this.#lookUps.delete(merchantId);
  }

  #lookUp(merchantId: string): Promise<number | Refused> {
    let lookUp = this.#lookUps.get(merchantId);
    if (lookUp === undefined) {
      const mine: Promise<number | Refused> = this.#options
        .findDefault(merchantId)
        .then(
          (found) => {
            // Unless the default was changed meanwhile.
            if (this.#lookUps.get(merchantId) === mine) this.#defaults.set(merchantId, found);
            return found;
          },
          (error) => {
            if (databaseErrorKind(error) !== 'unavailable') throw error;
            return refused({ reason: 'DATABASE_UNAVAILABLE' });
          },
        )
        .finally(() => {
          if (this.#lookUps.get(merchantId) === mine) this.#lookUps.delete(merchantId);
        });
      lookUp = mine;
      this.#lookUps.set(merchantId, lookUp);
    }
    return lookUp;
  }
}
