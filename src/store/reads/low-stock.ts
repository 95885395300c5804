import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/transaction.js';
import type { Reader } from './read-pool.js';
import { expiredQty, type RawRecord, recordOf, recordsOf } from './record-rows.js';

// The index of low records has few rows, and stands in order of id. What expiry has made available by now is not in it
// yet, so some of them are not low any more; the other way round there are none.
const LOW: Statement = {
  name: 'list_low_stock',
  text: `${recordsOf(`
           SELECT id
             FROM stock_levels AS s
            WHERE merchant_id = $1 AND low AND id > $2
              AND on_hand_qty - reserved_qty + (${expiredQty('s')}) <= reorder_level
            ORDER BY id
            LIMIT $3::int`)}
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
