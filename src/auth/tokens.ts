import { type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose';
import type { JwtConfig } from '../config.js';
import { IssuerKeys, type IssuerKeysOptions, TokenIssuerUnavailable } from './issuer-keys.js';
import { type Permission, withImplied } from './principal.js';

/** The log's name for the service's own changes; no caller may have it. */
const OWN_ACTOR = 'system';

/** The claims of a verified token. */
export interface TokenClaims {
  readonly actor: string;
  readonly permissions: ReadonlySet<Permission>;
  /** When present, the merchant that the token is for. */
  readonly merchantId: string | undefined;
  /** With the tolerance for clocks. */
  readonly expiresAtMs: number;
}

/** Returns the claims of a token that is valid now, undefined when it is refused. Throws when it cannot be checked. */
export type TokenVerifier = (token: string) => Promise<TokenClaims | undefined>;

/** A verifier that may need an issuer. */
export type IssuedTokenVerifier = TokenVerifier & {
  /** Whether the issuer of the keys could be reached last; undefined: there is none to reach. */
  readonly issuerAnswers?: () => boolean;
};

/** Called with which credential was refused and why: for the operator, never for the caller. */
export type OnRefused = (why: string) => void;

/** Tells operators about an issuer that does not answer. */
export type IssuerObserver = Pick<IssuerKeysOptions, 'onDown' | 'onBack'>;

/** The length of a reported refusal, since strangers can write part of it. */
const WHY_CHARS_MAX = 200;

/** The longest `merchant_id` in a token; real ones are far shorter. */
const MERCHANT_ID_CHARS_MAX = 255;

/**
 * Verifies JWTs: HS256 with a shared secret, or RS256, ES256 and EdDSA with a JWKS URL. The configuration fixes the
 * algorithms, never the token: this rules out `alg: none` and algorithm confusion.
 */
export function createTokenVerifier(
  jwt: JwtConfig,
  onRefused: OnRefused = () => {},
  issuer: IssuerObserver = { onDown: () => {}, onBack: () => {} },
): IssuedTokenVerifier {
  const options: JWTVerifyOptions = {
    requiredClaims: ['exp', 'sub'],
    clockTolerance: jwt.clockToleranceS,
    ...(jwt.issuer === undefined ? {} : { issuer: jwt.issuer }),
    ...(jwt.audience === undefined ? {} : { audience: jwt.audience }),
  };
  if (jwt.secret !== undefined) {
    const key = new TextEncoder().encode(jwt.secret);
    return verifier((token) => jwtVerify(token, key, { ...options, algorithms: ['HS256'] }), jwt, onRefused);
  }
  if (jwt.jwksUrl === undefined) throw new Error('a JWT secret or a JWKS URL is required');
  const keys = new IssuerKeys({ ...issuer, url: new URL(jwt.jwksUrl), jwksStaleMaxMs: jwt.jwksStaleMaxMs });
  const algorithms = ['RS256', 'ES256', 'EdDSA'];
  const verify = verifier((token) => jwtVerify(token, keys.find, { ...options, algorithms }), jwt, onRefused);
  return Object.assign(verify, { issuerAnswers: () => keys.answers() });
}

function verifier(
  verify: (token: string) => Promise<{ payload: JWTPayload }>,
  { clockToleranceS }: Pick<JwtConfig, 'clockToleranceS'>,
  onRefused: OnRefused,
): TokenVerifier {
  return async (token) => {
    let payload: JWTPayload;
    try {
      ({ payload } = await verify(token));
    } catch (error) {
      if (error instanceof TokenIssuerUnavailable) throw error;
      // Any other error is the token's fault, from the library, the platform's cryptography or the JavaScript engine.
      // Strangers must not be able to turn it into a fault of the service.
      onRefused(`the token: ${(error as Error).message.slice(0, WHY_CHARS_MAX)}`);
      return undefined;
    }
    const claims = toClaims(payload, clockToleranceS);
    if (claims === undefined) onRefused('the token: its claims have the wrong types');
    return claims;
  };
}

function toClaims(payload: JWTPayload, clockToleranceS: number): TokenClaims | undefined {
  const { sub, exp, merchant_id: merchantId, permissions, scope } = payload;
  if (typeof sub !== 'string' || !/^[^\0]{1,255}$/.test(sub) || typeof exp !== 'number') return undefined;
  if (sub === OWN_ACTOR) return undefined;
  if (merchantId !== undefined && typeof merchantId !== 'string') return undefined;
  if (merchantId !== undefined && merchantId.length > MERCHANT_ID_CHARS_MAX) return undefined;
  const granted = [
    ...(Array.isArray(permissions) ? permissions.filter((p) => typeof p === 'string') : []),
    ...(typeof scope === 'string' ? scope.split(' ') : []),
  ];
  return {
    actor: sub,
    permissions: withImplied(granted),
    merchantId,
    expiresAtMs: (exp + clockToleranceS) * 1000,
  };
}

/** Signs an HS256 token, for the demo and the command line. `ttlSeconds` from now. */
export function signToken(
  secret: string,
  claims: {
    actor: string;
    merchantId: string | undefined;
    permissions: readonly Permission[];
    ttlSeconds: number;
  },
  jwt: Pick<JwtConfig, 'issuer' | 'audience'>,
): Promise<string> {
  const { merchantId, permissions } = claims;
  const ofMerchant = merchantId === undefined ? {} : { merchant_id: merchantId };
  const token = new SignJWT({ ...ofMerchant, permissions })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.actor)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + claims.ttlSeconds);
  if (jwt.issuer !== undefined) token.setIssuer(jwt.issuer);
  if (jwt.audience !== undefined) token.setAudience(jwt.audience);
  return token.sign(new TextEncoder().encode(secret));
}
