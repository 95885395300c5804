import type { DataSource } from 'typeorm';
import { createApiKeySecret, type KeyMode } from '../auth/api-key-secret.js';
import { insertApiKey } from '../store/tables/api-keys.js';
import { findMerchant, insertMerchant } from '../store/tables/merchants.js';
import { newId } from './ids.js';
import { UnknownMerchant } from './unknown-merchant.js';

/** Creates a merchant and its first key. The key is returned here and never again. */
export async function createMerchant(
  dataSource: DataSource,
  name: string,
  mode: KeyMode,
  merchantId = newId('mer'),
): Promise<{ merchantId: string; apiKey: string }> {
  await insertMerchant(dataSource, merchantId, name);
  return { merchantId, apiKey: await addKey(dataSource, merchantId, mode) };
}

/** Throws UnknownMerchant. */
export async function requireMerchant(dataSource: DataSource, merchantId: string): Promise<void> {
  if ((await findMerchant(dataSource, merchantId)) === null) throw new UnknownMerchant(merchantId);
}

/** Adds a key; the merchant's other keys stay valid until they are revoked. */
export async function addKey(dataSource: DataSource, merchantId: string, mode: KeyMode): Promise<string> {
  await requireMerchant(dataSource, merchantId);
  const { secret, ...stored } = createApiKeySecret(mode);
  await insertApiKey(dataSource, { merchantId, ...stored });
  return secret;
}
