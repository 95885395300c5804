import type { InventoryRecord } from '../../domain/inventory-record.js';
import type { Statement } from '../connection/statement.js';
import type { Reader } from './read-pool.js';
import { type RawRecord, recordOf, recordsOf } from './record-rows.js';

const ONE: Statement = { name: 'get_record', text: recordsOf('SELECT $2::text AS id') };

/** Undefined when the merchant does not have the record. */
export async function findRecord(
  reader: Reader,
  merchantId: string,
  id: string,
): Promise<InventoryRecord | undefined> {
  const [row] = await reader.rows<RawRecord>(ONE, [merchantId, id]);
  return row && recordOf(row);
}

const MANY: Statement = {
  name: 'get_records',
  text: recordsOf('SELECT DISTINCT id FROM unnest($2::text[]) AS wanted (id)'),
};

/** Those of the records that the merchant has, in no order. */
export async function findRecords(
  reader: Reader,
  merchantId: string,
  ids: readonly string[],
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(MANY, [merchantId, ids])).map(recordOf);
}

const OF_SKUS: Statement = {
  name: 'get_records_of_skus',
  text: `${recordsOf(`
           SELECT of_sku.id
             FROM (SELECT DISTINCT sku_id FROM unnest($2::text[]) AS wanted (sku_id)) AS wanted
            CROSS JOIN LATERAL (
                  SELECT id
                    FROM inventory_records
                   WHERE merchant_id = $1 AND sku_id = wanted.sku_id AND sku_id <> ''
                   ORDER BY id
                   LIMIT $3::int) AS of_sku
            LIMIT $3::int`)}
     ORDER BY r.id`,
};

/** The records of some SKUs, in order of id; at most `limit`. */
export async function findRecordsOfSkus(
  reader: Reader,
  merchantId: string,
  skuIds: readonly string[],
  limit: number,
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(OF_SKUS, [merchantId, skuIds, limit])).map(recordOf);
}

const OF_PRODUCT: Statement = {
  name: 'list_records_of_product',
  text: `${recordsOf(`
           SELECT id
             FROM inventory_records
            WHERE merchant_id = $1 AND product_id = $2
            ORDER BY sku_id, warehouse_id
            LIMIT $3`)}
     ORDER BY r.sku_id, r.warehouse_id`,
};

/** Lists the records of one product, in order of SKU and warehouse. */
export async function listRecordsOfProduct(
  reader: Reader,
  merchantId: string,
  productId: string,
  limit: number,
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(OF_PRODUCT, [merchantId, productId, limit])).map(recordOf);
}

const OF_SKU: Statement = {
  name: 'list_records_of_sku',
  text: `${recordsOf(`
           SELECT id
             FROM inventory_records
            WHERE merchant_id = $1 AND sku_id = $2 AND sku_id <> ''
            ORDER BY id
            LIMIT $3`)}
     ORDER BY r.id`,
};

/** Lists the records of one SKU, in order of id. */
export async function listRecordsOfSku(
  reader: Reader,
  merchantId: string,
  skuId: string,
  limit: number,
): Promise<InventoryRecord[]> {
  return (await reader.rows<RawRecord>(OF_SKU, [merchantId, skuId, limit])).map(recordOf);
}
