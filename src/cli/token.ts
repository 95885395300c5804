import { permissions } from '../auth/principal.js';
import { signToken } from '../auth/tokens.js';
import type { Environment } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { requireMerchant } from '../service/merchants.js';
import { readActor } from './actor.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';
import { parseDuration } from './duration.js';

const TTL_SECONDS_MAX = 366 * 24 * 3600;

/** `holdfast token`: signs a token with the service's secret. */
export async function tokenCommand(
  env: Environment,
  options: { merchant: string; permissions: string; ttl: string; actor: string },
): Promise<CommandResult> {
  const granted = options.permissions.split(',').map((name) => {
    const permission = permissions.find((p) => p === name.trim());
    if (permission === undefined) {
      throw new UsageError(`--permissions takes ${permissions.join(', ')}, not ${JSON.stringify(name)}`);
    }
    return permission;
  });
  const ttlSeconds = parseDuration(options.ttl);
  if (ttlSeconds === undefined || ttlSeconds < 1 || ttlSeconds > TTL_SECONDS_MAX) {
    throw new UsageError('--ttl takes a number with s, m, h or d, from 1s to 366d');
  }
  const actor = readActor(options.actor);
  if (env.DATABASE_URL && !env.JWT_SECRET) {
    throw new UsageError(
      'tokens are signed with JWT_SECRET, which is not set; with JWT_JWKS_URL your issuer signs them',
    );
  }
  if (env.JWT_JWKS_URL) throw new UsageError('JWT_JWKS_URL is set: your issuer signs the tokens');
  return withDatabase(env, async ({ dataSource }, config) => {
    await requireMerchant(dataSource, options.merchant);
    const jwt = resolveJwt(config);
    const claims = { actor, merchantId: options.merchant, permissions: granted, ttlSeconds };
    const token = await signToken(jwt.secret!, claims, jwt);
    return { data: { token }, text: token };
  });
}
