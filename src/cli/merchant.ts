import type { KeyMode } from '../auth/api-key-secret.js';
import type { Environment } from '../config.js';
import { createMerchant } from '../service/merchants.js';
import { listMerchants } from '../store/merchants.js';
import { type CommandResult, UsageError, withDatabase } from './context.js';

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

/** `holdfast merchant list`. */
export function merchantListCommand(env: Environment): Promise<CommandResult> {
  return withDatabase(env, async ({ dataSource }) => {
    const merchants = await listMerchants(dataSource);
    const lines = merchants.map((m) => `${m.merchantId}  ${m.createdAt.toISOString()}  ${m.name}`);
    return { data: { merchants }, text: lines.join('\n') || 'There are no merchants yet.' };
  });
}
