import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../transaction.js';
import type { Reader } from './read-pool.js';
import { expiredQty, type RawRecord, recordOf, recordsOf } from './record-rows.js';

// Materialized without a limit, or the planner hopes to find the few low records soon by walking two indexes, and
// walks all of them: 15 s for a million records, where reading both tables and hashing one takes 1 s.
const LOW: Statement = {
  name: 'list_low_stock',
  text: `
    WITH low AS MATERIALIZED (
         SELECT r.id
           FROM inventory_records AS r
           JOIN stock_levels AS s ON s.merchant_id = r.merchant_id AND s.id = r.id
          WHERE r.merchant_id = $1 AND s.merchant_id = $1 AND r.id > $2
            AND s.on_hand_qty - s.reserved_qty <= r.reorder_level
            AND s.on_hand_qty - s.reserved_qty + (${expiredQty('s')}) <= r.reorder_level)
    ${recordsOf('SELECT id FROM low ORDER BY id LIMIT $3::int')}
     ORDER BY r.id`,
};

/** The records of which no more units are available than their reorder level, by id, from behind `afterId` on. */
export async function listLowStock(
  reader: Reader,
  merchantId: string,
  afterId: string,
  limit: number,
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(LOW, [merchantId, afterId, limit])).map(recordOf);
}
