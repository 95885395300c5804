import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { mayPass } from '../store/connection/sqlstate.js';
import { hashApiKey } from './api-key-secret.js';
import { OPERATOR_PERMISSION, OPERATORS, type Principal } from './principal.js';
import type { OnRefused, TokenClaims, TokenVerifier } from './tokens.js';

export interface AuthenticatorOptions {
  readonly verifyToken: TokenVerifier;
  /** Finds the merchant of a valid key by the key's hash. */
  readonly findMerchantOfKey: (keyHash: string) => Promise<string | undefined>;
  readonly apiKeyCacheMs: number;
  readonly tokenCacheMs: number;
  /**
   * The most tokens to cache, and keys, at about 1 KiB each or less; also the most keys to look up at the same time.
   */
  readonly credentialCacheMax: number;
  /** For keys and headers; the verifier reports tokens itself. */
  readonly onRefused?: OnRefused;
}

/** The credentials cannot be checked: the database with the keys does not answer, or somebody has locked them. */
export class CredentialStoreUnavailable extends Error {
  override readonly name = 'CredentialStoreUnavailable';
}

/** Longer ones are cached by their digest, so that entries stay short. For others, a digest would be 4 % of a call. */
const CACHED_AUTHORIZATION_CHARS_MAX = 520;

/** How a header begins that carries a token. */
const SCHEME = 'Bearer ';

/** The longest `authorization` to accept; no HTTP/1.1 request has room for more. */
const AUTHORIZATION_CHARS_MAX = 16_384;

const API_KEY = /^pk_(live|test)_[A-Za-z0-9_-]{43}$/;

/**
 * Turns the two credentials of a call into a Principal.
 *
 * Purpose: keep signatures and key look-ups off the hot path. Trade-off: a revoked key is accepted for up to
 * `apiKeyCacheMs`, a token whose signing key was withdrawn for up to `tokenCacheMs` (never past its `exp`). Refusals
 * are not cached: a new key works immediately.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** `authorization`, by its key in this cache → the token's claims. Verified and unexpired when added. */
  readonly #tokens: LRUCache<string, TokenClaims>;
  /** Key → its merchant; valid at its look-up. */
  readonly #merchants: LRUCache<string, string>;
  /** Key → its look-up in progress: callers that miss the cache together ask the database once. */
  readonly #lookUps = new Map<string, Promise<string | undefined>>();
  /** Claims → their Principal, made once and shared. */
  readonly #principals = new WeakMap<TokenClaims, Principal>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    // The cache takes ttl 0 as "forever"; 1 ms is practically none.
    this.#tokens = new LRUCache({ max: options.credentialCacheMax, ttl: Math.max(1, options.tokenCacheMs) });
    this.#merchants = new LRUCache({
      max: options.credentialCacheMax,
      ttl: Math.max(1, options.apiKeyCacheMs),
    });
  }

  /** Finds the caller; undefined when the credentials are refused. Not a promise when both are cached. */
  authenticate(
    authorization: string | undefined,
    apiKey: string | undefined,
  ): Principal | undefined | Promise<Principal | undefined> {
    if (authorization === undefined) return this.#refuse('no authorization header');
    if (apiKey === undefined) return this.#refuse('no x-merchantapikey header');
    const claims = this.#claimsKnownOf(authorization);
    const merchantId = this.#merchants.get(apiKey);
    if (claims !== undefined && merchantId !== undefined) return this.#principal(claims, merchantId);
    return this.#authenticateSlowly(authorization, apiKey);
  }

  /** The caller, if both credentials are cached and go together; undefined says nothing of them. */
  known(authorization: string | undefined, apiKey: string | undefined): Principal | undefined {
    const merchantId = apiKey && this.#merchants.get(apiKey);
    const claims = authorization && this.#claimsKnownOf(authorization);
    if (!merchantId || !claims) return undefined;
    const isOfAnother = claims.merchantId !== undefined && claims.merchantId !== merchantId;
    return isOfAnother ? undefined : this.#principal(claims, merchantId);
  }

  /**
   * Finds an operator: a token that grants the operators' permission and names no merchant, and no API key, which only
   * merchants have. Undefined when the credentials are refused; without the permission when they are a merchant's token.
   */
  async authenticateOperator(
    authorization: string | undefined,
    apiKey: string | undefined,
  ): Promise<Principal | undefined> {
    if (apiKey !== undefined) return this.#refuse('an x-merchantapikey header: the call is for operators');
    if (authorization === undefined) return this.#refuse('no authorization header');
    const claims = await this.#claimsOf(authorization);
    if (claims === undefined) return undefined;
    const isOperator = claims.merchantId === undefined && claims.permissions.has(OPERATOR_PERMISSION);
    return {
      merchantId: OPERATORS,
      actor: claims.actor,
      permissions: new Set(isOperator ? [OPERATOR_PERMISSION] : []),
    };
  }

  async #authenticateSlowly(authorization: string, apiKey: string): Promise<Principal | undefined> {
    // The token first: it costs no query, so callers without one cannot make us ask the database.
    const claims = await this.#claimsOf(authorization);
    if (claims === undefined) return undefined;
    const merchantId = await this.#findMerchant(apiKey);
    if (merchantId === undefined) return this.#refuse('the API key: there is no such valid key');
    return this.#principal(claims, merchantId);
  }

  #claimsKnownOf(authorization: string): TokenClaims | undefined {
    const spelt = speltOnce(authorization);
    const claims = spelt && this.#tokens.get(cacheKeyOf(spelt));
    return claims && claims.expiresAtMs > Date.now() ? claims : undefined;
  }

  async #claimsOf(authorization: string): Promise<TokenClaims | undefined> {
    const known = this.#claimsKnownOf(authorization);
    if (known !== undefined) return known;
    const spelt = speltOnce(authorization);
    const token = spelt && tokenOf(spelt);
    if (!token) return this.#refuse('the authorization header: not "Bearer" and a token');
    const claims = await this.#options.verifyToken(token);
    if (claims !== undefined) this.#tokens.set(copyOf(cacheKeyOf(spelt)), claims);
    return claims;
  }

  async #findMerchant(apiKey: string): Promise<string | undefined> {
    const known = this.#merchants.get(apiKey);
    if (known !== undefined) return known;
    if (!API_KEY.test(apiKey)) return undefined;
    let lookUp = this.#lookUps.get(apiKey);
    if (lookUp === undefined) {
      if (this.#lookUps.size >= this.#options.credentialCacheMax) {
        throw new CredentialStoreUnavailable('too many API keys are being looked up');
      }
      lookUp = this.#lookUpMerchant(apiKey).finally(() => this.#lookUps.delete(apiKey));
      this.#lookUps.set(apiKey, lookUp);
    }
    return lookUp;
  }

  async #lookUpMerchant(apiKey: string): Promise<string | undefined> {
    const merchantId = await this.#options.findMerchantOfKey(hashApiKey(apiKey)).catch((cause) => {
      if (!mayPass(cause)) throw cause;
      throw new CredentialStoreUnavailable('API keys cannot be looked up', { cause });
    });
    if (merchantId !== undefined) this.#merchants.set(apiKey, merchantId);
    return merchantId;
  }

  #principal(claims: TokenClaims, merchantId: string): Principal | undefined {
    if (claims.merchantId !== undefined && claims.merchantId !== merchantId) {
      return this.#refuse('the token and the API key: they belong to different merchants');
    }
    const known = this.#principals.get(claims);
    if (known?.merchantId === merchantId) return known;
    const principal: Principal = { merchantId, actor: claims.actor, permissions: claims.permissions };
    this.#principals.set(claims, principal);
    return principal;
  }

  #refuse(why: string): undefined {
    this.#options.onRefused?.(why);
  }
}

/** The header as nearly everybody spells it, so that a token has one place in the cache; undefined when it has another form. */
function speltOnce(authorization: string): string | undefined {
  if (authorization.length > AUTHORIZATION_CHARS_MAX) return undefined;
  if (authorization.startsWith(SCHEME) && authorization[SCHEME.length] !== ' ') return authorization;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  return token && SCHEME + token;
}

/** Undefined when there is more than a token. */
function tokenOf(spelt: string): string | undefined {
  const token = spelt.slice(SCHEME.length);
  return /^\S+$/.test(token) ? token : undefined;
}

/** The whole header: a part of it would have to be made, and hashed, for each call. */
function cacheKeyOf(spelt: string): string {
  return spelt.length <= CACHED_AUTHORIZATION_CHARS_MAX ? spelt : hash('sha256', spelt, 'base64');
}

/** node:http2 keeps the text of a header outside of the heap, with what came with it. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
