import type { DataSource } from 'typeorm';
import type { RecordIdentity } from '../../domain/inventory-record.js';
import { texts } from '../connection/array-literal.js';

/** Records to scan per merchant: less than a second's work, with the index on identities alone. */
const SCANNED_RECORDS_MAX = 500_000;
const FOUND_RECORDS_MAX = 10_000;

/**
 * Characters that are invisible or look like another, and blanks other than a single one between words. Other invisible
 * characters are left out here, and found when a file has them.
 */
const odd =
  '[\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0]|^\\s|\\s$|\\s\\s|[\\t\\n\\v\\f\\r]';

/** Finds records whose product, SKU or warehouse is not what it looks like. */
export async function findOddRecords(dataSource: DataSource, merchantId: string): Promise<RecordIdentity[]> {
  const isOdd = (column: string): string => `${column} ~ $2 OR ${column} IS NOT NFC NORMALIZED`;
  return identities(
    await dataSource.query(
      `SELECT product_id, sku_id, warehouse_id
         FROM (SELECT product_id, sku_id, warehouse_id FROM inventory_records WHERE merchant_id = $1
                ORDER BY product_id, sku_id, warehouse_id LIMIT ${SCANNED_RECORDS_MAX}) AS r
        WHERE ${['product_id', 'sku_id', 'warehouse_id'].map(isOdd).join(' OR ')}
        LIMIT ${FOUND_RECORDS_MAX}`,
      [merchantId, odd],
    ),
  );
}

/** Finds which of these records exist. */
export async function findRecords(
  dataSource: DataSource,
  merchantId: string,
  wanted: readonly RecordIdentity[],
): Promise<RecordIdentity[]> {
  return identities(
    await dataSource.query(
      `SELECT r.product_id, r.sku_id, r.warehouse_id
         FROM unnest($2::text[], $3::text[], $4::text[]) AS w (product_id, sku_id, warehouse_id)
         JOIN inventory_records AS r
           ON r.merchant_id = $1 AND (r.product_id, r.sku_id, r.warehouse_id) = (w.product_id, w.sku_id, w.warehouse_id)`,
      [
        merchantId,
        texts(wanted.map((one) => one.productId)),
        texts(wanted.map((one) => one.skuId)),
        texts(wanted.map((one) => one.warehouseId)),
      ],
    ),
  );
}

interface Found {
  readonly product_id: string;
  readonly sku_id: string;
  readonly warehouse_id: string;
}

function identities(found: readonly Found[]): RecordIdentity[] {
  return found.map((row) => ({
    productId: row.product_id,
    skuId: row.sku_id,
    warehouseId: row.warehouse_id,
  }));
}
