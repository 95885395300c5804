import type { Command } from 'commander';
import type { KeyMode } from '../auth/api-key-secret.js';
import type { Environment } from '../config.js';
import { failureMessage } from '../domain/failure-message.js';
import type { Accepted, SettingsSuccess } from '../domain/outcome.js';
import { oneLine } from '../printable.js';
import { createMerchant, requireMerchant } from '../service/merchants.js';
import { listMerchants } from '../store/tables/merchants.js';
import { OPERATOR_ACTOR } from './actor.js';
import { addCommand, merchantOption, modeOption, type Process } from './command.js';
import {
  CommandRefused,
  type CommandResult,
  commandConfig,
  UsageError,
  withDatabase,
  withNewDatabase,
} from './context.js';
import { formatDuration, parseDuration } from './duration.js';

/** As in UpdateSettingsRequest; a test compares them. */
export const TTL_SECONDS_MAX = 2_592_000;

export function defineMerchant(group: Command, { env, finish }: Process): void {
  addCommand(group, 'create', 'create a merchant and its first API key')
    .requiredOption('--name <name>', 'display name (required)')
    .addOption(modeOption)
    .action((options: CreateOptions, command) => finish(command, merchantCreateCommand(env, options)));
  addCommand(group, 'set', "change a merchant's settings")
    .requiredOption(...merchantOption)
    .requiredOption(
      '--default-ttl <time>',
      'when holds with a reference expire, such as 15m; 0: never (required)',
    )
    .action((options: SetOptions, command) => finish(command, merchantSetCommand(env, options)));
  addCommand(group, 'list', 'list the merchants').action((_, command) =>
    finish(command, merchantListCommand(env)),
  );
}

interface CreateOptions {
  readonly name: string;
  readonly mode: KeyMode;
}

interface SetOptions {
  readonly merchant: string;
  readonly defaultTtl: string;
}

/** `holdfast merchant create`: creates a merchant and its first API key, which is shown only this once. */
export function merchantCreateCommand(env: Environment, options: CreateOptions): Promise<CommandResult> {
  const name = options.name.trim();
  if (name === '' || name.length > 200) throw new UsageError('--name must have 1 to 200 characters');
  return withNewDatabase(env, async ({ dataSource }) => {
    const data = await createMerchant(dataSource, name, options.mode);
    return {
      data,
      text: `Merchant ${data.merchantId}\nAPI key  ${data.apiKey}\nThe key is not shown again.`,
    };
  });
}

/** `holdfast merchant set`: changes a merchant's settings, in every process within seconds. */
export function merchantSetCommand(env: Environment, options: SetOptions): Promise<CommandResult> {
  const { merchant: merchantId, defaultTtl } = options;
  const defaultTtlSeconds = defaultTtl === '0' ? 0 : parseDuration(defaultTtl);
  if (
    defaultTtlSeconds === undefined ||
    defaultTtlSeconds > TTL_SECONDS_MAX ||
    (defaultTtlSeconds === 0 && defaultTtl !== '0')
  ) {
    throw new UsageError('--default-ttl takes a number with s, m, h or d, from 1s to 30d, or 0 for none');
  }
  return withDatabase(
    env,
    async (database, config) => {
      await requireMerchant(database.dataSource, merchantId);
      const { runCommand } = await import('./engine.js');
      const outcome = await runCommand(database, config, {
        kind: 'update_settings',
        merchantId,
        actor: OPERATOR_ACTOR,
        defaultTtlSeconds,
      });
      if (!outcome.ok) throw new CommandRefused(failureMessage(outcome.rejection));
      const { settings } = outcome as Accepted<SettingsSuccess>;
      const text =
        defaultTtlSeconds === 0
          ? `Holds of ${merchantId} stay until they are released.`
          : `Referenced holds of ${merchantId} expire after ${formatDuration(defaultTtlSeconds)}, unless a call says otherwise.`;
      return { data: { merchantId, ...settings }, text };
    },
    commandConfig(env),
  );
}

/** `holdfast merchant list`. */
export function merchantListCommand(env: Environment): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const merchants = await listMerchants(dataSource);
    const lines = merchants.map((m) => {
      const ttl =
        m.defaultTtlSeconds === 0 ? '' : `  (holds expire after ${formatDuration(m.defaultTtlSeconds)})`;
      return `${m.merchantId}  ${m.createdAt.toISOString()}  ${oneLine(m.name)}${ttl}`;
    });
    return { data: { merchants }, text: lines.join('\n') || 'There are no merchants yet.' };
  });
}
