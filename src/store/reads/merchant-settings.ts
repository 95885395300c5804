import type { Settings } from '../../domain/outcome.js';
import type { Statement } from '../connection/statement.js';
import type { Reader } from './read-pool.js';

const READ: Statement = {
  name: 'get_settings',
  text: 'SELECT default_ttl_seconds FROM merchants WHERE merchant_id = $1',
};

/** Finds the merchant's settings. */
export async function findSettings(reader: Reader, merchantId: string): Promise<Settings> {
  const [row] = await reader.rows<{ default_ttl_seconds: number }>(READ, [merchantId]);
  return { defaultTtlSeconds: row?.default_ttl_seconds ?? 0 };
}
