import type { Command } from 'commander';
import { permissions } from '../auth/principal.js';
import { signToken } from '../auth/tokens.js';
import type { Environment } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { requireMerchant } from '../service/merchants.js';
import { OPERATOR_ACTOR, readActor } from './actor.js';
import { addCommand, type Process } from './command.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';
import { parseDuration } from './duration.js';
import { TOKEN_HELP } from './help.js';

const TTL_SECONDS_MAX = 366 * 24 * 3600;

export function addTokenCommand(root: Command, { env, finish }: Process): void {
  addCommand(root, 'token', "sign a token with the service's secret")
    .addHelpText('after', TOKEN_HELP)
    .requiredOption('--merchant <id>', 'the merchant that the token is for (required)')
    .option('--permissions <list>', 'comma-separated; see below', 'can_update_inventory')
    .option('--ttl <time>', 'how long it is valid, such as 90s, 15m, 1h, 30d; at most 366d', '1h')
    .option('--actor <name>', 'its subject, kept in the log', OPERATOR_ACTOR)
    .action((options: TokenOptions, command) => finish(command, tokenCommand(env, options)));
}

interface TokenOptions {
  readonly merchant: string;
  readonly permissions: string;
  readonly ttl: string;
  readonly actor: string;
}

/** `holdfast token`: signs a token with the service's secret. */
export async function tokenCommand(env: Environment, options: TokenOptions): Promise<CommandResult> {
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
