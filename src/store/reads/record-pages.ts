import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/statement.js';
import { type CountedSlice, type Slice, sliceOf, totalBeside } from './page.js';
import type { Reader } from './read-pool.js';
import { type RawRecord, recordOf, recordsOf } from './record-rows.js';

// Skipped rows are counted in the index of the primary key alone.
const BY_OFFSET: Statement = {
  name: 'list_records_by_offset',
  text: `
    WITH page AS MATERIALIZED (
         SELECT id FROM inventory_records WHERE merchant_id = $1 ORDER BY id LIMIT $2::int OFFSET $3::bigint)
    SELECT t.total, r.*
      FROM (${totalBeside(
        'page',
        '$2::int',
        '$3::bigint',
        'SELECT count(*) FROM inventory_records WHERE merchant_id = $1',
      )}) AS t
      LEFT JOIN (${recordsOf('SELECT id FROM page')}) AS r ON true
     ORDER BY r.id`,
};

/** Lists the merchant's records in order of id, from the `offset`th on. */
export async function listRecordsByOffset(
  reader: Reader,
  merchantId: string,
  offset: number,
  limit: number,
): Promise<CountedSlice<InventoryRecord>> {
  type Row = { total: number } & (RawRecord | { id: null });
  const rows = await reader.rows<Row>(BY_OFFSET, [merchantId, limit + 1, offset]);
  // A page without records still has one row.
  const records = rows.filter((row): row is Row & RawRecord => row.id !== null).map(recordOf);
  return { ...sliceOf(records, limit), total: rows[0]!.total };
}

const AFTER: Statement = {
  name: 'list_records_after',
  text: `${recordsOf(`
           SELECT id FROM inventory_records WHERE merchant_id = $1 AND id > $2 ORDER BY id LIMIT $3::int`)}
     ORDER BY r.id`,
};

/** Lists the merchant's records in order of id, starting after `afterId`. */
export async function listRecordsAfter(
  reader: Reader,
  merchantId: string,
  afterId: string,
  limit: number,
): Promise<Slice<InventoryRecord>> {
  const rows = await reader.rows<RawRecord>(AFTER, [merchantId, afterId, limit + 1]);
  return sliceOf(rows.map(recordOf), limit);
}
