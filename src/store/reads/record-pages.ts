import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/statement.js';
import { type CountedSlice, type Slice, sliceOf, totalBeside } from './page.js';
import type { Reader } from './read-pool.js';
import { type RecordFilter, RecordQuery } from './record-filter.js';
import { type RawRecord, recordOf, recordsOf } from './record-rows.js';

/** Lists the merchant's records that match the filter, in order of id, from the `offset`th on. */
export async function listRecordsByOffset(
  reader: Reader,
  merchantId: string,
  filter: RecordFilter,
  offset: number,
  limit: number,
): Promise<CountedSlice<InventoryRecord>> {
  const query = new RecordQuery(merchantId, filter);
  const [limitPlusOne, skipped] = [query.bind(limit + 1, 'int'), query.bind(offset, 'bigint')];
  const total = totalBeside(
    'page',
    limitPlusOne,
    skipped,
    `SELECT count(*) FROM (${query.ids()}) AS counted`,
  );
  // Skipped rows are counted in an index alone.
  const text = `
    WITH page AS MATERIALIZED (${query.ids()} LIMIT ${limitPlusOne} OFFSET ${skipped})
    SELECT t.total, r.*
      FROM (${total}) AS t
      LEFT JOIN (${recordsOf('SELECT id FROM page')}) AS r ON true
     ORDER BY r.id`;
  type Row = { total: number } & (RawRecord | { id: null });
  const rows = await reader.rows<Row>({ name: `${query.name}_at_offset`, text }, query.values);
  // A page without records still has one row.
  const records = rows.filter((row): row is Row & RawRecord => row.id !== null).map(recordOf);
  return { ...sliceOf(records, limit), total: rows[0]!.total };
}

/** Lists the merchant's records that match the filter, in order of id, starting after `afterId`. */
export async function listRecordsAfter(
  reader: Reader,
  merchantId: string,
  filter: RecordFilter,
  afterId: string,
  limit: number,
): Promise<Slice<InventoryRecord>> {
  const query = new RecordQuery(merchantId, filter);
  const ids = `${query.ids(afterId)} LIMIT ${query.bind(limit + 1, 'int')}`;
  const statement: Statement = {
    name: `${query.name}_after_id`,
    text: `${recordsOf(ids)} ORDER BY r.id`,
  };
  return sliceOf((await reader.rows<RawRecord>(statement, query.values)).map(recordOf), limit);
}
