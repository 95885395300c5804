import type { EnvironmentReader } from './environment.js';

export interface JwtConfig {
  /** HS256 secret; undefined with the embedded database means: generate one and keep it. */
  readonly secret: string | undefined;
  readonly jwksUrl: string | undefined;
  /** How long known keys stay valid once the JWKS can no longer be fetched. */
  readonly jwksStaleMaxMs: number;
  /** How far the issuer's clock may be from ours. */
  readonly clockToleranceS: number;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

export function readJwt(read: EnvironmentReader, faults: string[]): JwtConfig {
  const jwt: JwtConfig = {
    secret: read.text('JWT_SECRET'),
    jwksUrl: read.url('JWT_JWKS_URL', ['http:', 'https:']),
    jwksStaleMaxMs: read.integer('JWT_JWKS_STALE_MAX_MS', 86_400_000, 0, 2_592_000_000),
    clockToleranceS: read.integer('JWT_CLOCK_TOLERANCE_S', 30, 0, 600),
    issuer: read.text('JWT_ISSUER'),
    audience: read.text('JWT_AUDIENCE'),
  };
  if (jwt.secret !== undefined && jwt.jwksUrl !== undefined) {
    faults.push('JWT_SECRET and JWT_JWKS_URL: only one of the two can be set');
  }
  if (jwt.secret !== undefined && Buffer.byteLength(jwt.secret) < 32) {
    faults.push('JWT_SECRET: must be at least 32 bytes long, as HS256 requires (RFC 7518, 3.2)');
  }
  if (read.isSet('DATABASE_URL') && jwt.secret === undefined && !read.isSet('JWT_JWKS_URL')) {
    faults.push('JWT_SECRET or JWT_JWKS_URL: one of the two is required when DATABASE_URL is set');
  }
  return jwt;
}
