import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** The JWKS could not be fetched, so a token can be neither accepted nor refused. */
export class TokenIssuerUnavailable extends Error {
  override readonly name = 'TokenIssuerUnavailable';
}

export interface IssuerKeysOptions {
  readonly url: URL;
  /** How long old keys are still used when they cannot be fetched again. */
  readonly jwksStaleMaxMs: number;
  /** Keys could not be fetched; called at most once in TELL_INTERVAL_MS. */
  readonly onDown: (error: TokenIssuerUnavailable) => void;
  /** Keys were fetched again after `onDown`. */
  readonly onBack: () => void;
}

/** Longest time between fetches: a key that its issuer has withdrawn may be accepted for this long. */
const MAX_AGE_MS = 600_000;
/** An unknown `kid` causes an earlier fetch, but at most this often: strangers can invent them. */
const REFETCH_MIN_MS = 10_000;
/** How soon a check notices that the issuer is down. */
const CHECK_INTERVAL_MS = 10_000;
const TIMEOUT_MS = 5000;
/** From a failed fetch to the next attempt. */
const PAUSE_MS = 1000;
const TELL_INTERVAL_MS = 60_000;
/** Size of an answer; a key has about 500. */
const BYTES_MAX = 1_048_576;

/**
 * The keys of a JWKS URL.
 *
 * Purpose: when the issuer is down, tokens with known keys are still accepted. Trade-off: a key that is withdrawn while
 * its issuer is down is accepted for another `jwksStaleMaxMs`.
 *
 * Modes: without keys, or with keys that are too old, callers wait for a fetch and fail with it. With old keys, they
 * wait for one fetch. While fetches fail, they no longer wait, and each pause ends with a fetch in the background.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: JWTVerifyGetKey | undefined;
  /** When `#keys` were fetched. */
  #fetchedAtMs = 0;
  /** When callers last caused a fetch that succeeded. */
  #soughtAtMs = 0;
  /** Why the last fetch failed, and when. */
  #failure: { readonly error: TokenIssuerUnavailable; readonly atMs: number } | undefined;
  /** The fetch in progress; resolves when `#keys` or `#failure` is set. */
  #fetching: Promise<void> | undefined;
  /** When `onDown` was called; undefined when the issuer is not known to be down. */
  #toldAtMs: number | undefined;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** Finds the key of a token. Throws TokenIssuerUnavailable, or an error of the library when there is no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.#newer(error))(header, token);
    }
  };

  /** Whether the issuer answered when it was asked last. Asks it again, without waiting, if that is some time ago. */
  answers(): boolean {
    if (this.#failure !== undefined || Date.now() - this.#fetchedAtMs >= CHECK_INTERVAL_MS) {
      // It must not count as the look for an unknown `kid`, which would then wait for its turn.
      const soughtAtMs = this.#soughtAtMs;
      void this.#fetchUnlessPausing().then(() => {
        this.#soughtAtMs = soughtAtMs;
      });
    }
    return this.#failure === undefined;
  }

  async #current(): Promise<JWTVerifyGetKey> {
    const ageMs = Date.now() - this.#fetchedAtMs;
    const known = this.#keys;
    if (known !== undefined && ageMs < MAX_AGE_MS) return known;
    const usable = known !== undefined && ageMs < MAX_AGE_MS + this.#options.jwksStaleMaxMs;
    // The issuer is known to be down: callers with a known key do not wait for the next failure.
    if (usable && this.#failure !== undefined) void this.#fetchUnlessPausing();
    else await this.#fetchUnlessPausing();
    if (this.#failure === undefined) return this.#keys!;
    if (usable) return known;
    throw this.#failure.error;
  }

  /** Keys that may contain the missing one; throws `missing` when there cannot be any. */
  async #newer(missing: Error): Promise<JWTVerifyGetKey> {
    const known = this.#keys;
    if (this.#failure !== undefined || Date.now() - this.#soughtAtMs >= REFETCH_MIN_MS) {
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
      this.#soughtAtMs = this.#fetchedAtMs;
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

/** `fetch` says only "fetch failed"; the cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? `${message} (${cause.message})` : message;
}
