import { LRUCache } from 'lru-cache';
import type { Term } from '../domain/decisions/term.js';
import { UNREFERENCED } from '../domain/hold.js';
import { mayPass } from '../store/connection/sqlstate.js';
import { invalid, type Refused, refused } from './commands.js';

export interface HoldTtlOptions {
  /** Seconds after which a merchant's referenced holds end when the request does not say; 0: never. */
  readonly findDefault: (merchantId: string) => Promise<number>;
  /** A merchant's default is cached for as long as their API key. */
  readonly apiKeyCacheMs: number;
  readonly credentialCacheMax: number;
}

/** A term as a command takes it. */
interface EffectiveTerm extends Term {
  readonly ok?: undefined;
}

/** Refuses a request that says both when a hold ends and that it does not. */
export const bothTerms = invalid({ field: 'openEnded', description: 'cannot be combined with ttlSeconds' });

function termOf(defaultTtlSeconds: number): EffectiveTerm {
  return defaultTtlSeconds === 0 ? {} : { ttlSeconds: defaultTtlSeconds };
}

/**
 * How long a hold lasts: as the request says, or the merchant's default.
 *
 * Purpose: keep the default off the hot path. Trade-off: a change of the setting is not seen for up to `apiKeyCacheMs`,
 * except in the process that made it.
 */
export class HoldTtl {
  readonly #options: HoldTtlOptions;
  /** Merchant → default, as of its look-up. */
  readonly #defaults: LRUCache<string, number>;
  /** Merchant → look-up in progress: callers that miss the cache together ask the database once. */
  readonly #lookUps = new Map<string, Promise<number | Refused>>();

  constructor(options: HoldTtlOptions) {
    this.#options = options;
    // The cache takes ttl 0 as "forever"; 1 ms is practically none.
    this.#defaults = new LRUCache({
      max: options.credentialCacheMax,
      ttl: Math.max(1, options.apiKeyCacheMs),
    });
  }

  /** The term that the request states, or that the default states for it. Not a promise when the default is cached. */
  effective(
    merchantId: string,
    reference: string,
    requested: Term,
  ): EffectiveTerm | Refused | Promise<EffectiveTerm | Refused> {
    const { ttlSeconds, openEnded } = requested;
    if (ttlSeconds !== undefined && openEnded === true) return bothTerms;
    if (ttlSeconds !== undefined || openEnded === true || reference === UNREFERENCED) {
      return { ttlSeconds, openEnded };
    }
    const known = this.#defaults.get(merchantId);
    if (known !== undefined) return termOf(known);
    return this.#lookUp(merchantId).then((found) => (typeof found === 'number' ? termOf(found) : found));
  }

  /** Call this when the merchant's default has changed. */
  forget(merchantId: string): void {
    this.#defaults.delete(merchantId);
    // A look-up in progress may find the old value.
    this.#lookUps.delete(merchantId);
  }

  #lookUp(merchantId: string): Promise<number | Refused> {
    let lookUp = this.#lookUps.get(merchantId);
    if (lookUp === undefined) {
      const mine: Promise<number | Refused> = this.#options
        .findDefault(merchantId)
        .then(
          (found) => {
            // Unless the default has changed in the meantime.
            if (this.#lookUps.get(merchantId) === mine) this.#defaults.set(merchantId, found);
            return found;
          },
          (error) => {
            // A look-up needs no lock that others have, unless somebody has locked the table for a change of the schema.
            if (!mayPass(error)) throw error;
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
