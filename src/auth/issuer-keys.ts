import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** The JWKS could not be fetched, so a token can be neither believed nor refused. */
export class TokenIssuerUnavailable extends Error {
  override readonly name = 'TokenIssuerUnavailable';
}

export interface IssuerKeysOptions {
  readonly url: URL;
  /** How long keys go on once they are old and cannot be fetched anew. */
  readonly jwksStaleMaxMs: number;
  /** Keys could not be fetched; called no more often than once in TELL_INTERVAL_MS. */
  readonly onDown: (error: TokenIssuerUnavailable) => void;
  /** They could again, after `onDown`. */
  readonly onBack: () => void;
}

/** Longest time between fetches: so long may a key be believed that its issuer has withdrawn. */
const MAX_AGE_MS = 600_000;
/** An unknown `kid` fetches sooner, but not more often than this: strangers invent them. */
const REFETCH_MIN_MS = 10_000;
const TIMEOUT_MS = 5000;
/** From a failed fetch to the next. */
const PAUSE_MS = 1000;
const TELL_INTERVAL_MS = 60_000;
/** Of an answer; a key is some 500. */
const BYTES_MAX = 1_048_576;

/**
 * The keys of a JWKS URL.
 *
 * Purpose: an issuer that is down turns nobody away whose key is known. Trade-off: a key that is withdrawn while its
 * issuer cannot be asked is believed for `jwksStaleMaxMs` more.
 *
 * Modes: without keys, or with ones that are too old, callers wait for a fetch, and fail with it. With old keys they
 * wait for one fetch; while fetches fail they do not wait any more, and each pause ends with one in the background.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: JWTVerifyGetKey | undefined;
  /** When `#keys` were fetched. */
  #fetchedAtMs = 0;
  /** What the last fetch failed of, and when. */
  #failure: { readonly error: TokenIssuerUnavailable; readonly atMs: number } | undefined;
  /** The one in progress; resolves when `#keys` or `#failure` is set. */
  #fetching: Promise<void> | undefined;
  /** When `onDown` was called; undefined when the issuer is not known to be down. */
  #toldAtMs: number | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** The key of a token. Throws TokenIssuerUnavailable, or one of the library's errors: there is no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.#newer(error))(header, token);
    }
  };

  async #current(): Promise<JWTVerifyGetKey> {
    const ageMs = Date.now() - this.#fetchedAtMs;
    const known = this.#keys;
    if (known !== undefined && ageMs < MAX_AGE_MS) return known;
    const usable = known !== undefined && ageMs < MAX_AGE_MS + this.#options.jwksStaleMaxMs;
    // Down already: whoever has a known key does not wait for the next failure.
    if (usable && this.#failure !== undefined) void this.#fetchUnlessPausing();
    else await this.#fetchUnlessPausing();
    if (this.#failure === undefined) return this.#keys!;
    if (usable) return known;
    throw this.#failure.error;
  }

  /** Keys that may hold one that was missing: `missing` is thrown where there cannot be any. */
  async #newer(missing: Error): Promise<JWTVerifyGetKey> {
    const known = this.#keys;
    if (this.#failure !== undefined || Date.now() - this.#fetchedAtMs >= REFETCH_MIN_MS) {
      await this.#fetchUnlessPausing();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#keys === known) throw missing;
    return this.#keys!;
  }

  async #fetchUnlessPausing(): Promise<void> {
    if (this.#failure !== undefined && Date.now() - this.#failure.atMs < PAUSE_MS) return;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = createLocalJWKSet(await fetchKeySet(this.#options.url));
      this.#fetchedAtMs = Date.now();
      this.#failure = undefined;
      if (this.#toldAtMs !== undefined) this.#options.onBack();
      this.#toldAtMs = undefined;
    } catch (cause) {
      const error = new TokenIssuerUnavailable(`the JWKS cannot be fetched: ${reasonOf(cause)}`, { cause });
      const nowMs = Date.now();
      this.#failure = { error, atMs: nowMs };
      if (this.#toldAtMs !== undefined && nowMs - this.#toldAtMs < TELL_INTERVAL_MS) return;
      this.#toldAtMs = nowMs;
      this.#options.onDown(error);
    }
  }
}

async function fetchKeySet(url: URL): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`HTTP ${response.status}`);
  }
  let bytes = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BYTES_MAX) throw new Error(`the answer is longer than ${BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as JSONWebKeySet;
}

/** `fetch` says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? `${message} (${cause.message})` : message;
}
