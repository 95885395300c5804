import type { Command } from 'commander';
import { OPERATOR_PERMISSION, type Permission, permissions } from '../auth/principal.js';
import { signToken } from '../auth/tokens.js';
import type { Environment } from '../config.js';
import { resolveJwt } from '../jwt-secret.js';
import { requireMerchant } from '../service/merchants.js';
import { OPERATOR_ACTOR, readActor } from './actor.js';
import type { Process } from './command.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';
import { parseDuration } from './duration.js';
import { TOKEN_HELP } from './help.js';

const TTL_SECONDS_MAX = 366 * 24 * 3600;

export function defineToken(command: Command, { env, finish }: Process): void {
  command
    .addHelpText('after', TOKEN_HELP)
    .option('--merchant <id>', 'the merchant that the token is for')
    .option('--operator', 'in place of --merchant: for the calls that manage merchants, and no others', false)
    .option('--permissions <list>', 'comma-separated; see below (default: can_update_inventory)')
    .option('--ttl <time>', 'how long it is valid, such as 90s, 15m, 1h, 30d; at most 366d', '1h')
    .option('--actor <name>', 'its subject, kept in the log', OPERATOR_ACTOR)
    .action((options: TokenOptions) => finish(command, tokenCommand(env, options)));
}

interface TokenOptions {
  readonly merchant?: string;
  readonly operator?: boolean;
  readonly permissions?: string;
  readonly ttl: string;
  readonly actor: string;
}

/** `holdfast token`: signs a token with the service's secret. */
export async function tokenCommand(env: Environment, options: TokenOptions): Promise<CommandResult> {
  const granted = grantedBy(options);
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
    const { merchant: merchantId } = options;
    if (merchantId !== undefined) await requireMerchant(dataSource, merchantId);
    const jwt = resolveJwt(config);
    const claims = { actor, merchantId, permissions: granted, ttlSeconds };
    const token = await signToken(jwt.secret!, claims, jwt);
    return { data: { token }, text: token };
  });
}

/** An operator's token names no merchant, and a merchant's never has the operators' permission. */
function grantedBy({ merchant, operator, permissions: list }: TokenOptions): Permission[] {
  if ((operator === true) === (merchant !== undefined))
    throw new UsageError('give either --merchant or --operator');
  if (operator && list !== undefined) {
    throw new UsageError(`--operator grants ${OPERATOR_PERMISSION}: leave --permissions out`);
  }
  if (operator) return [OPERATOR_PERMISSION];
  return (list ?? 'can_update_inventory').split(',').map((name) => {
    const permission = permissions.find((p) => p === name.trim());
    if (permission === undefined) {
      throw new UsageError(`--permissions takes ${permissions.join(', ')}, not ${JSON.stringify(name)}`);
    }
    return permission;
  });
}
