import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/statement.js';
import type { Reader } from './read-pool.js';
import { expiredQty, type RawRecord, recordOf, recordsOf } from './record-rows.js';

// The index of low records has few rows, in order of id. It does not yet know the units that expiry has made available,
// so some of its records are no longer low. No low record is missing.
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

/** Lists the records whose available units are at or below their reorder level, by id, starting after `afterId`. */
export async function listLowStock(
  reader: Reader,
  merchantId: string,
  afterId: string,
  limit: number,
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(LOW, [merchantId, afterId, limit])).map(recordOf);
}
