import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { JwtConfig } from '../config.js';
import { type Permission, withImplied } from './principal.js';

/** The log calls the service's own changes by this name, and nobody else's. */
const OWN_ACTOR = 'system';

/** What a verified token says. */
export interface TokenClaims {
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
  /** When present, the merchant that the token is for. */
  readonly merchantId: string | undefined;
  readonly expiresAtMs: number;
}

/** Claims of a token that is valid now; undefined when it is refused. Throws when that cannot be found out. */
export type TokenVerifier = (token: string) => Promise<TokenClaims | undefined>;

/** Hears which credential was refused, and why: for the operator, never for the caller. */
export type OnRefused = (why: string) => void;

/** The JWKS could not be fetched, so no token can be judged. */
export class TokenIssuerUnavailable extends Error {
  override readonly name = 'TokenIssuerUnavailable';
}

/** Longest time between fetches of the key set; an unknown `kid` fetches sooner, but not more often than this. */
const JWKS_MAX_AGE_MS = 600_000;
const JWKS_REFETCH_MIN_MS = 10_000;
const JWKS_TIMEOUT_MS = 5000;
/** After a failed fetch. The library paces only those that succeed. */
const JWKS_PAUSE_MS = 1000;

/**
 * Verifies JWTs: HS256 by a shared secret, or RS256, ES256, EdDSA by a JWKS URL. The algorithms are fixed by the
 * configuration, never by the token, so `alg: none` and algorithm confusion have nothing to hold on to.
 */
export function createTokenVerifier(jwt: JwtConfig, onRefused: OnRefused = () => {}): TokenVerifier {
  const options: JWTVerifyOptions = {
    requiredClaims: ['exp', 'sub'],
    ...(jwt.issuer === undefined ? {} : { issuer: jwt.issuer }),
    ...(jwt.audience === undefined ? {} : { audience: jwt.audience }),
  };
  if (jwt.secret !== undefined) {
    const key = new TextEncoder().encode(jwt.secret);
    return verifier((token) => jwtVerify(token, key, { ...options, algorithms: ['HS256'] }), onRefused);
  }
  if (jwt.jwksUrl === undefined) throw new Error('a JWT secret or a JWKS URL is required');
  const keys = createRemoteJWKSet(new URL(jwt.jwksUrl), {
    cacheMaxAge: JWKS_MAX_AGE_MS,
    cooldownDuration: JWKS_REFETCH_MIN_MS,
    timeoutDuration: JWKS_TIMEOUT_MS,
    [customFetch]: pacedFetch(),
  });
  const algorithms = ['RS256', 'ES256', 'EdDSA'];
  return verifier((token) => jwtVerify(token, keys, { ...options, algorithms }), onRefused);
}

/** Fetches, but for a while after a failure fails the same way without asking again. */
function pacedFetch(): FetchImplementation {
  let failure: { error: unknown; atMs: number } | undefined;
  return async (url, options) => {
    if (failure !== undefined && Date.now() - failure.atMs < JWKS_PAUSE_MS) throw failure.error;
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new TypeError(`the JWKS answers with HTTP ${response.status}`);
      const text = await response.text();
      createLocalJWKSet(JSON.parse(text));
      failure = undefined;
      return new Response(text);
    } catch (error) {
      failure = { error, atMs: Date.now() };
      throw error;
    }
  };
}

function verifier(
  verify: (token: string) => Promise<{ payload: JWTPayload }>,
  onRefused: OnRefused,
): TokenVerifier {
  return async (token) => {
    try {
      const claims = toClaims((await verify(token)).payload);
      if (claims === undefined) onRefused('the token: its claims are not of the kinds that are asked for');
      return claims;
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
        throw new TokenIssuerUnavailable('the JWKS cannot be fetched', { cause: error });
      }
      // A response other than 200, or not JSON, is a plain JOSEError; what is wrong with a token has a class.
      if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC') {
        onRefused(`the token: ${error.message}`);
        return undefined;
      }
      if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof SyntaxError) {
        throw new TokenIssuerUnavailable('the JWKS cannot be fetched', { cause: error });
      }
      throw error;
    }
  };
}

function toClaims(payload: JWTPayload): TokenClaims | undefined {
  const { sub, exp, merchant_id: merchantId, permissions, scope } = payload;
  if (typeof sub !== 'string' || !/^[^\0]{1,255}$/.test(sub) || typeof exp !== 'number') return undefined;
  if (sub === OWN_ACTOR) return undefined;
  if (merchantId !== undefined && typeof merchantId !== 'string') return undefined;
  const granted = [
    ...(Array.isArray(permissions) ? permissions.filter((p) => typeof p === 'string') : []),
    ...(typeof scope === 'string' ? scope.split(' ') : []),
  ];
  return { actor: sub, permissions: withImplied(granted), merchantId, expiresAtMs: exp * 1000 };
}

/** Signs an HS256 token, for the demo and the command line. `ttlSeconds` from now. */
export function signToken(
  secret: string,
  claims: { actor: string; merchantId: string; permissions: readonly Permission[]; ttlSeconds: number },
  jwt: Pick<JwtConfig, 'issuer' | 'audience'>,
): Promise<string> {
  const token = new SignJWT({ merchant_id: claims.merchantId, permissions: claims.permissions })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.actor)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + claims.ttlSeconds);
  if (jwt.issuer !== undefined) token.setIssuer(jwt.issuer);
  if (jwt.audience !== undefined) token.setAudience(jwt.audience);
  return token.sign(new TextEncoder().encode(secret));
}
