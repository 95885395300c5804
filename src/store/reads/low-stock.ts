import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/statement.js';
import type { Reader } from './read-pool.js';
import { expiredQty, type RawRecord, recordOf, recordsOf } from './record-rows.js';

/**
 * SQL for whether a record is low; `stock` is the alias of its row in stock_levels, $1 the merchant. The index of low
 * records has few rows, in order of id. It does not yet know the units that expiry has made available, so some of its
 * records are no longer low. No low record is missing.
 */
export function isLow(stock: string): string {
  return `${stock}.low AND
    ${stock}.on_hand_qty - ${stock}.reserved_qty + (${expiredQty(stock)}) <= ${stock}.reorder_level`;
}

const LOW: Statement = {
  name: 'list_low_stock',
  text: `${recordsOf(`
           SELECT id
             FROM stock_levels AS s
            WHERE merchant_id = $1 AND id > $2 AND ${isLow('s')}
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
