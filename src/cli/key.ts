import type { Command } from 'commander';
import { hashApiKey, type KeyMode } from '../auth/api-key-secret.js';
import type { Environment } from '../config.js';
import { addKey, requireMerchant } from '../service/merchants.js';
import { listApiKeys, revokeApiKey } from '../store/tables/api-keys.js';
import { addCommand, merchantOption, modeOption, type Process } from './command.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';

export function defineKey(group: Command, { env, finish }: Process): void {
  addCommand(group, 'add', 'add a key, for example to rotate keys: both work until one is revoked')
    .requiredOption(...merchantOption)
    .addOption(modeOption)
    .action((options: AddOptions, command) => finish(command, keyAddCommand(env, options)));
  addCommand(group, 'list', 'list keys by prefix and last four characters')
    .requiredOption(...merchantOption)
    .action((options: ListOptions, command) => finish(command, keyListCommand(env, options)));
  addCommand(group, 'revoke', 'revoke a key; takes effect everywhere within 10 s')
    .requiredOption(...merchantOption)
    .requiredOption('--key <key>', 'the whole key, or its last four characters (required)')
    .action((options: RevokeOptions, command) => finish(command, keyRevokeCommand(env, options)));
}

interface ListOptions {
  readonly merchant: string;
}

interface AddOptions extends ListOptions {
  readonly mode: KeyMode;
}

interface RevokeOptions extends ListOptions {
  readonly key: string;
}

/** `holdfast key add`: adds a key. To rotate, add one, move the callers over, and revoke the old one. */
export function keyAddCommand(env: Environment, options: AddOptions): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const apiKey = await addKey(dataSource, options.merchant, options.mode);
    const data = { merchantId: options.merchant, apiKey };
    return { data, text: `API key  ${apiKey}\nThe key is not shown again.` };
  });
}

/** `holdfast key list`: lists keys by prefix and last four characters. */
export function keyListCommand(env: Environment, options: ListOptions): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    await requireMerchant(dataSource, options.merchant);
    const keys = (await listApiKeys(dataSource, options.merchant)).map(
      ({ prefix, lastFour, createdAt, revokedAt }) => ({ prefix, lastFour, createdAt, revokedAt }),
    );
    const lines = keys.map(
      (k) =>
        `${k.prefix}…${k.lastFour}  created ${k.createdAt.toISOString()}` +
        (k.revokedAt === null ? '' : `  revoked ${k.revokedAt.toISOString()}`),
    );
    return { data: { keys }, text: lines.join('\n') || 'The merchant has no keys.' };
  });
}

/**
 * `holdfast key revoke`: takes effect in every process within 10 s. Takes the whole key or its last four characters.
 */
export function keyRevokeCommand(env: Environment, options: RevokeOptions): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const { merchant, key } = options;
    await requireMerchant(dataSource, merchant);
    const valid = (await listApiKeys(dataSource, merchant)).filter((k) => k.revokedAt === null);
    const named = valid.filter((k) =>
      key.length === 4 ? k.lastFour === key : k.keyHash === hashApiKey(key),
    );
    if (named.length === 0) throw new UsageError('the merchant has no valid key like that');
    if (named.length > 1) throw new UsageError('several valid keys end like that: give the whole key');
    await revokeApiKey(dataSource, merchant, named[0]!.keyHash);
    const { prefix, lastFour } = named[0]!;
    return { data: { revoked: { prefix, lastFour } }, text: `Revoked ${prefix}…${lastFour}` };
  });
}
