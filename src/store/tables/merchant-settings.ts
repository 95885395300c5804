import type { Settings } from '../../domain/outcome.js';
import { numbers, texts } from '../connection/array-literal.js';
import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';

export interface SettingsRow {
  readonly merchantId: string;
  readonly settings: Settings;
}

// NO KEY, so that records and keys that refer to the merchant can be added in the meantime.
const LOCK: Statement = {
  name: 'lock_settings',
  text: `
    SELECT merchant_id, default_ttl_seconds
      FROM merchants
     WHERE merchant_id = ANY ($1::text[])
     ORDER BY merchant_id
       FOR NO KEY UPDATE`,
};

/** Locks merchants' settings and reads them. */
export async function lockSettings(tx: Transaction, merchantIds: readonly string[]): Promise<SettingsRow[]> {
  const rows = await tx.read<{ merchant_id: string; default_ttl_seconds: number }>(LOCK, [
    texts(merchantIds),
  ]);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    settings: { defaultTtlSeconds: row.default_ttl_seconds },
  }));
}

const UPDATE: Statement = {
  name: 'update_settings',
  text: `
    UPDATE merchants AS m
       SET default_ttl_seconds = n.default_ttl_seconds
      FROM unnest($1::text[], $2::int[]) AS n (merchant_id, default_ttl_seconds)
     WHERE m.merchant_id = n.merchant_id`,
};

/** Updates locked settings. */
export function updateSettings(tx: Transaction, rows: readonly SettingsRow[]): void {
  tx.write(UPDATE, [
    texts(rows.map((r) => r.merchantId)),
    numbers(rows.map((r) => r.settings.defaultTtlSeconds)),
  ]);
}
