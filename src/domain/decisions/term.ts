/** What a call says of when the holds that it touches end; neither field: nothing. */
export interface Term {
  /** Seconds from the command's execution. */
  readonly ttlSeconds?: number | undefined;
  /** Never. Not together with `ttlSeconds`. */
  readonly openEnded?: boolean | undefined;
}

/** An instant, in milliseconds since the epoch; null: never. */
type Expiry = number | null;

/** The expiry that a call states; undefined when it states none. */
export function statedExpiry({ ttlSeconds, openEnded }: Term, nowMs: number): Expiry | undefined {
  if (openEnded === true) return null;
  return ttlSeconds === undefined ? undefined : nowMs + ttlSeconds * 1000;
}

interface Held {
  readonly expiresAtMs: Expiry;
}

/** Of a hold to which units are added: a reserve never cuts the term of units that were held before it. */
export function expiryWithMore(held: Held | undefined, stated: Expiry | undefined): Expiry {
  if (held === undefined) return stated ?? null;
  if (stated === undefined) return held.expiresAtMs;
  return held.expiresAtMs === null || stated === null ? null : Math.max(held.expiresAtMs, stated);
}

/** Of a hold whose term a call sets, longer or shorter. A hold that is there keeps its own where none is stated. */
export function expiryAsSet(held: Held | undefined, stated: Expiry | undefined): Expiry {
  return stated === undefined ? (held?.expiresAtMs ?? null) : stated;
}

/** Of a hold that gets units of another: as set, else its own; a new one takes over that of the units. */
export function expiryAsMoved(target: Held | undefined, source: Held, stated: Expiry | undefined): Expiry {
  return expiryAsSet(target ?? source, stated);
}

/** A record's bound on its next expiry, once a hold ends at that instant: it may be too early, never too late. */
export function boundWith(nextExpiryAtMs: Expiry, expiresAtMs: Expiry): Expiry {
  if (nextExpiryAtMs === null) return expiresAtMs;
  return expiresAtMs === null ? nextExpiryAtMs : Math.min(nextExpiryAtMs, expiresAtMs);
}

/** The first of these expiries, as an answer's field: left out where none of them comes. */
export function firstExpiry(holds: readonly { readonly expiresAtMs?: Expiry }[]): { expiresAtMs?: number } {
  let first: number | undefined;
  for (const { expiresAtMs } of holds) {
    if (expiresAtMs != null && (first === undefined || expiresAtMs < first)) first = expiresAtMs;
  }
  return first === undefined ? {} : { expiresAtMs: first };
}
