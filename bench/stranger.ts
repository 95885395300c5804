import pg from 'pg';
import { recordId } from './load/plan.js';

/** Locks the first `rows` records of a merchant, as another program may. Returns a function that unlocks them. */
export async function holdRows(
  databaseUrl: string,
  merchantId: string,
  rows: number,
): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'stranger' });
  await client.connect();
  await client.query('BEGIN');
  const { rowCount } = await client.query(
    'SELECT FROM stock_levels WHERE merchant_id = $1 AND id = ANY ($2) FOR UPDATE',
    [merchantId, Array.from({ length: rows }, (_, i) => recordId(i))],
  );
  if (rowCount !== rows) throw new Error(`${rowCount} rows are held, and not ${rows}`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}
