import type { RecordDetails } from '../domain/inventory-record.js';
import { numbers, texts } from './array-literal.js';
import type { Statement, Transaction } from './transaction.js';

export interface RecordRow {
  readonly merchantId: string;
  readonly id: string;
  readonly details: RecordDetails;
}

const INSERT: Statement = {
  name: 'insert_inventory_records',
  text: `
    INSERT INTO inventory_records
           (merchant_id, id, product_id, sku_id, warehouse_id, warehouse_name, location,
            reorder_level, reorder_qty, variant_attributes, created_at, updated_at)
    SELECT n.merchant_id, n.id, n.product_id, n.sku_id, n.warehouse_id, n.warehouse_name, n.location,
           n.reorder_level, n.reorder_qty, n.variant_attributes::jsonb, c.instant, c.instant
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                  $8::int[], $9::int[], $10::text[])
           AS n (merchant_id, id, product_id, sku_id, warehouse_id, warehouse_name, location,
                 reorder_level, reorder_qty, variant_attributes)
     CROSS JOIN (SELECT coalesce(to_timestamp($11::float8 / 1000), clock_timestamp()) AS instant) AS c
     ORDER BY n.merchant_id, n.product_id, n.sku_id, n.warehouse_id`,
};

/**
 * Describes records that do not exist yet, in order of identity, so that two transactions that race for the same
 * ones cannot deadlock. Another that was quicker fails this one as a unique violation of inventory_records_identity.
 * `atMs`: milliseconds since the epoch; the database's clock when null.
 */
export function insertInventoryRecords(
  tx: Transaction,
  rows: readonly RecordRow[],
  atMs: number | null = null,
): void {
  tx.write(INSERT, [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.id)),
    texts(rows.map((r) => r.details.productId)),
    texts(rows.map((r) => r.details.skuId)),
    texts(rows.map((r) => r.details.warehouseId)),
    texts(rows.map((r) => r.details.warehouseName)),
    texts(rows.map((r) => r.details.location)),
    numbers(rows.map((r) => r.details.reorderLevel)),
    numbers(rows.map((r) => r.details.reorderQty)),
    texts(rows.map((r) => JSON.stringify(r.details.variantAttributes))),
    atMs,
  ]);
}
