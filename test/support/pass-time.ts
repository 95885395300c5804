import type { DataSource } from 'typeorm';

/** As if this many seconds had passed for all holds of a merchant: each expiry is that much nearer, or past. */
export async function passSeconds(
  dataSource: DataSource,
  merchantId: string,
  seconds: number,
): Promise<void> {
  const values = [merchantId, seconds];
  await dataSource.transaction(async (tx) => {
    // Locks all records, in everyone's order: no hold may be added meanwhile.
    await tx.query('SELECT 1 FROM stock_levels WHERE merchant_id = $1 ORDER BY merchant_id, id FOR UPDATE', [
      merchantId,
    ]);
    await tx.query(
      `UPDATE stock_levels SET next_expiry_at = next_expiry_at - $2 * interval '1 second'
        WHERE merchant_id = $1 AND next_expiry_at IS NOT NULL`,
      values,
    );
    await tx.query(
      `UPDATE holds SET expires_at = expires_at - $2 * interval '1 second'
        WHERE merchant_id = $1 AND expires_at IS NOT NULL`,
      values,
    );
  });
}
