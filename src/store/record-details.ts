import type { RecordDetails, RecordIdentity } from '../domain/inventory-record.js';

/** The columns of `inventory_records` that identify a record, as the driver returns them. */
export interface RawIdentity {
  product_id: string;
  sku_id: string;
  warehouse_id: string;
}

/** The columns that describe a record. */
export interface RawDetails extends RawIdentity {
  warehouse_name: string;
  location: string;
  reorder_level: number;
  reorder_qty: number;
  variant_attributes: Record<string, string>;
}

export function identityOf(row: RawIdentity): RecordIdentity {
  return { productId: row.product_id, skuId: row.sku_id, warehouseId: row.warehouse_id };
}

export function detailsOf(row: RawDetails): RecordDetails {
  return {
    ...identityOf(row),
    warehouseName: row.warehouse_name,
    location: row.location,
    reorderLevel: row.reorder_level,
    reorderQty: row.reorder_qty,
    variantAttributes: row.variant_attributes,
  };
}
