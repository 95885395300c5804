import type { KeyMode } from '../auth/api-key-secret.js';
import type { Config, Environment } from '../config.js';
import { type Database, DatabaseUnusable } from '../database.js';
import { failureMessage } from '../domain/failure-message.js';
import type { Settings, SettingsSuccess } from '../domain/outcome.js';
import { execute } from '../service/commands.js';
import { createMerchant, requireMerchant } from '../service/merchants.js';
import { listMerchants } from '../store/merchants.js';
import { type CommandResult, commandConfig, UsageError, withDatabase } from './context.js';
import { formatDuration, parseDuration } from './duration.js';
import { withEngine } from './engine.js';

/** As for a call's own. */
const DEFAULT_TTL_SECONDS_MAX = 2_592_000;

/** `holdfast merchant create`: a merchant and its first API key, which is shown this once. */
export function merchantCreateCommand(
  env: Environment,
  options: { name: string; mode: KeyMode },
): Promise<CommandResult> {
  const name = options.name.trim();
  if (name === '' || name.length > 200) throw new UsageError('--name must have 1 to 200 characters');
  return withDatabase(env, async ({ dataSource }) => {
    const data = await createMerchant(dataSource, name, options.mode);
    return {
      data,
      text: `Merchant ${data.merchantId}\nAPI key  ${data.apiKey}\nThe key is not shown again.`,
    };
  });
}

/** `holdfast merchant set`: what holds for all of a merchant's calls, in every process within seconds. */
export function merchantSetCommand(
  env: Environment,
  options: { merchant: string; defaultTtl: string },
): Promise<CommandResult> {
  const { merchant: merchantId, defaultTtl } = options;
  const defaultTtlSeconds = defaultTtl === '0' ? 0 : parseDuration(defaultTtl);
  if (
    defaultTtlSeconds === undefined ||
    defaultTtlSeconds > DEFAULT_TTL_SECONDS_MAX ||
    (defaultTtlSeconds === 0 && defaultTtl !== '0')
  ) {
    throw new UsageError('--default-ttl takes a number with s, m, h or d, from 1s to 30d, or 0 for none');
  }
  return withDatabase(
    env,
    async (database, config) => {
      await requireMerchant(database.dataSource, merchantId);
      const settings = await changeSettings(database, config, merchantId, { defaultTtlSeconds });
      const text =
        defaultTtlSeconds === 0
          ? `Holds of ${merchantId} stay until they are released.`
          : `Referenced holds of ${merchantId} end after ${formatDuration(defaultTtlSeconds)}, unless a call says otherwise.`;
      return { data: { merchantId, ...settings }, text };
    },
    commandConfig(env),
  );
}

async function changeSettings(
  database: Database,
  config: Config,
  merchantId: string,
  { defaultTtlSeconds }: Settings,
): Promise<Settings> {
  let cause: unknown;
  const onFailure = (error: unknown): void => {
    cause = error;
  };
  return withEngine(database, config, onFailure, async (engine) => {
    const call = {
      principal: { merchantId, actor: 'operator', permissions: new Set<never>() },
      idempotencyKey: undefined,
      deadlineAtMs: Number.MAX_SAFE_INTEGER,
    };
    const command = { kind: 'update_settings', merchantId, actor: 'operator', defaultTtlSeconds } as const;
    const result = await execute<SettingsSuccess>(engine, call, command, () => '');
    if (result.ok) return result.success.settings;
    throw new DatabaseUnusable(cause ?? new Error(failureMessage(result.failure)));
  });
}

/** `holdfast merchant list`. */
export function merchantListCommand(env: Environment): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const merchants = await listMerchants(dataSource);
    const lines = merchants.map((m) => {
      const ttl =
        m.defaultTtlSeconds === 0 ? '' : `  (holds end after ${formatDuration(m.defaultTtlSeconds)})`;
      return `${m.merchantId}  ${m.createdAt.toISOString()}  ${m.name}${ttl}`;
    });
    return { data: { merchants }, text: lines.join('\n') || 'There are no merchants yet.' };
  });
}
