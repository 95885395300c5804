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

/** Longer tokens are cached by their digest, so that entries stay short. For others, a digest would be 4 % of a call. */
const CACHED_TOKEN_CHARS_MAX = 512;

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
  /** Token, by its key in this cache → its claims. Verified and unexpired when added. */
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
    const token = tokenOf(authorization);
    if (token === undefined) return this.#refuse('the authorization header: not "Bearer" and a token');
    const cacheKey = cacheKeyOf(token);
    const claims = this.#tokens.get(cacheKey);
    const merchantId = this.#merchants.get(apiKey);
    if (claims === undefined || merchantId === undefined || claims.expiresAtMs <= Date.now()) {
      return this.#authenticateSlowly(token, cacheKey, apiKey);
    }
    return this.#principal(claims, merchantId);
  }

  /** The caller, if both credentials are cached and go together; undefined says nothing of them. */
  known(authorization: string | undefined, apiKey: string | undefined): Principal | undefined {
    const merchantId = apiKey && this.#merchants.get(apiKey);
    const token = authorization && tokenOf(authorization);
    if (!merchantId || !token) return undefined;
    const claims = this.#tokens.get(cacheKeyOf(token));
    if (claims === undefined || claims.expiresAtMs <= Date.now()) return undefined;
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
    const token = tokenOf(authorization);
    if (token === undefined) return this.#refuse('the authorization header: not "Bearer" and a token');
    const claims = await this.#verify(token, cacheKeyOf(token));
    if (claims === undefined) return undefined;
    const isOperator = claims.merchantId === undefined && claims.permissions.has(OPERATOR_PERMISSION);
    return {
      merchantId: OPERATORS,
      actor: claims.actor,
      permissions: new Set(isOperator ? [OPERATOR_PERMISSION] : []),
    };
  }

  async #authenticateSlowly(token: string, cacheKey: string, apiKey: string): Promise<Principal | undefined> {
    // The token first: it costs no query, so callers without one cannot make us ask the database.
    const claims = await this.#verify(token, cacheKey);
    if (claims === undefined) return undefined;
    const merchantId = await this.#findMerchant(apiKey);
    if (merchantId === undefined) return this.#refuse('the API key: there is no such valid key');
    return this.#principal(claims, merchantId);
  }

  async #verify(token: string, cacheKey: string): Promise<TokenClaims | undefined> {
    const known = this.#tokens.get(cacheKey);
    if (known !== undefined && known.expiresAtMs > Date.now()) return known;
    const claims = await this.#options.verifyToken(token);
    if (claims !== undefined) this.#tokens.set(copyOf(cacheKey), claims);
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

/** The token after "Bearer" and blanks; undefined when the header has another form. */
function tokenOf(authorization: string): string | undefined {
  if (authorization.length > AUTHORIZATION_CHARS_MAX) return undefined;
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1];
}

function cacheKeyOf(token: string): string {
  return token.length <= CACHED_TOKEN_CHARS_MAX ? token : hash('sha256', token, 'base64');
}

/** V8 makes a part of a text as a reference to the whole, which would keep a header of any length. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
