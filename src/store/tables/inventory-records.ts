import type { RecordDescriptionView } from '../../domain/decisions/decision.js';
import type { RecordDetails, RecordIdentity } from '../../domain/inventory-record.js';
import { numbers, texts } from '../connection/array-literal.js';
import { rowInsert } from '../connection/row-insert.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { instantOfUs } from '../microseconds.js';
import { detailsOf, identityOf, type RawDetails, type RawIdentity } from '../record-details.js';
import type { RecordKey } from './stock-levels.js';

export interface RecordRow {
  readonly merchantId: string;
  readonly id: string;
  readonly details: RecordDetails;
}

const insertDescriptions = rowInsert<RecordRow>({
  name: 'insert_inventory_records',
  into: 'inventory_records',
  columns: [
    { name: 'id', type: 'text', of: (r) => r.id },
    { name: 'product_id', type: 'text', of: (r) => r.details.productId },
    { name: 'sku_id', type: 'text', of: (r) => r.details.skuId },
    { name: 'warehouse_id', type: 'text', of: (r) => r.details.warehouseId },
    { name: 'warehouse_name', type: 'text', of: (r) => r.details.warehouseName },
    { name: 'location', type: 'text', of: (r) => r.details.location },
    { name: 'reorder_level', type: 'int', of: (r) => r.details.reorderLevel },
    { name: 'reorder_qty', type: 'int', of: (r) => r.details.reorderQty },
    {
      name: 'variant_attributes',
      type: 'text',
      of: (r) => JSON.stringify(r.details.variantAttributes),
      stored: (text) => `${text}::jsonb`,
    },
  ],
  shared: [
    {
      names: ['created_at', 'updated_at'],
      stored: (us) => `coalesce(${instantOfUs(us)}, statement_timestamp())`,
    },
  ],
  order: ['product_id', 'sku_id', 'warehouse_id'],
});

const SET_REORDER_LEVELS = batchStatement({
  name: 'set_reorder_levels',
  text: ({ only, either }) => `
    UPDATE stock_levels AS s
       SET reorder_level = n.reorder_level
      FROM unnest($1::text[], $2::text[], $3::int[]) AS n (merchant_id, id, reorder_level)
     WHERE s.merchant_id = n.merchant_id AND s.id = n.id AND n.reorder_level <> 0
       ${only('s.merchant_id')} ${either('', 'AND s.id = ANY ($2::text[])')}`,
});

/**
 * Inserts the descriptions of new records, in order of identity, so that two transactions that race for the same ones
 * cannot deadlock. Their quantities exist already; the reorder level is copied there. If another transaction was
 * quicker, this one fails with a unique violation of inventory_records_identity. `atUs`: microseconds since the epoch;
 * the database's clock when null.
 */
export function insertInventoryRecords(
  tx: Transaction,
  rows: readonly RecordRow[],
  atUs: number | null = null,
): void {
  tx.writeTogether(insertDescriptions(rows, atUs));
  if (rows.some(({ details }) => details.reorderLevel !== 0)) {
    tx.write(SET_REORDER_LEVELS, [
      texts(rows.map((r) => r.merchantId)),
      texts(rows.map((r) => r.id)),
      numbers(rows.map((r) => r.details.reorderLevel)),
    ]);
  }
}

// The range and its order leave the primary key as the only index that fits. With a plain equality, a plan made for a
// young table may take the index of identities, and read all of a merchant's records for each row.
const READ = batchStatement({
  name: 'read_inventory_records',
  text: ({ only }) => `
    SELECT r.*, l.last_adjusted_ms, l.last_adjusted_by
      FROM unnest($1::text[], $2::text[]) AS k (merchant_id, id)
     CROSS JOIN LATERAL (
           SELECT merchant_id, id, product_id, sku_id, warehouse_id, warehouse_name, location,
                  reorder_level, reorder_qty, variant_attributes,
                  floor(extract(epoch FROM created_at) * 1000)::float8 AS created_ms
             FROM inventory_records
            WHERE merchant_id = k.merchant_id AND id BETWEEN k.id AND k.id ${only('merchant_id')}
            ORDER BY id
            LIMIT 1) AS r
      LEFT JOIN LATERAL (
           SELECT floor(extract(epoch FROM logged_at) * 1000)::float8 AS last_adjusted_ms, actor AS last_adjusted_by
             FROM movement_log
            WHERE merchant_id = k.merchant_id AND inventory_id = k.id
              AND action NOT IN ('RESERVED', 'RELEASED', 'MOVED') ${only('merchant_id')}
            ORDER BY revision DESC
            LIMIT 1) AS l ON true`,
});

interface RawRecord extends RawDetails {
  merchant_id: string;
  id: string;
  created_ms: number;
  last_adjusted_ms: number | null;
  last_adjusted_by: string | null;
}

export interface DescriptionRow extends RecordKey {
  readonly description: RecordDescriptionView;
}

/** Reads the descriptions of records; those that do not exist are left out. */
export async function readDescriptions(
  tx: Transaction,
  keys: readonly RecordKey[],
): Promise<DescriptionRow[]> {
  const rows = await tx.read<RawRecord>(READ, [
    texts(keys.map((k) => k.merchantId)),
    texts(keys.map((k) => k.id)),
  ]);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    id: row.id,
    description: {
      ...detailsOf(row),
      createdAtMs: row.created_ms,
      // A record that was never adjusted shows its creation.
      lastAdjustedAtMs: row.last_adjusted_ms ?? row.created_ms,
      lastAdjustedBy: row.last_adjusted_by ?? '',
    },
  }));
}

const FIND = batchStatement({
  name: 'find_inventory_records',
  text: ({ only }) => `
    SELECT r.*
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
           AS k (merchant_id, product_id, sku_id, warehouse_id)
     CROSS JOIN LATERAL (
           SELECT merchant_id, product_id, sku_id, warehouse_id, id
             FROM inventory_records
            WHERE merchant_id = k.merchant_id AND product_id = k.product_id
              AND sku_id = k.sku_id AND warehouse_id = k.warehouse_id ${only('merchant_id')}
            LIMIT 1) AS r`,
});

export interface IdentityKey extends RecordIdentity {
  readonly merchantId: string;
}

/** Finds records by product, SKU and warehouse; those that do not exist are left out. */
export async function findRecords(
  tx: Transaction,
  keys: readonly IdentityKey[],
): Promise<(IdentityKey & { id: string })[]> {
  const rows = await tx.read<RawIdentity & { merchant_id: string; id: string }>(FIND, [
    texts(keys.map((k) => k.merchantId)),
    texts(keys.map((k) => k.productId)),
    texts(keys.map((k) => k.skuId)),
    texts(keys.map((k) => k.warehouseId)),
  ]);
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    ...identityOf(row),
    id: row.id,
  }));
}

// Names both the id and the identity: a plan for a young table may take either index, and finds one row.
const UPDATE = batchStatement({
  name: 'update_inventory_records',
  text: ({ only, either }) => `
    WITH changed AS (
    UPDATE inventory_records AS r
       SET warehouse_name = n.warehouse_name, location = n.location, reorder_level = n.reorder_level,
           reorder_qty = n.reorder_qty, variant_attributes = n.variant_attributes::jsonb,
           updated_at = to_timestamp($8::float8 / 1000000)
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[],
                  $9::text[], $10::text[], $11::text[])
           AS n (merchant_id, id, warehouse_name, location, reorder_level, reorder_qty, variant_attributes,
                 product_id, sku_id, warehouse_id)
     WHERE r.merchant_id = n.merchant_id AND r.id = n.id
       AND r.product_id = n.product_id AND r.sku_id = n.sku_id AND r.warehouse_id = n.warehouse_id
       ${only('r.merchant_id')} ${either('', 'AND r.id = ANY ($2::text[])')}
    RETURNING r.merchant_id, r.id, r.reorder_level)
    UPDATE stock_levels AS s
       SET reorder_level = changed.reorder_level
      FROM changed
     WHERE s.merchant_id = changed.merchant_id AND s.id = changed.id
       AND s.reorder_level <> changed.reorder_level
       ${only('s.merchant_id')} ${either('', 'AND s.id = ANY ($2::text[])')}`,
});

/** Updates the descriptions of locked records, except their identity. */
export function updateDescriptions(tx: Transaction, rows: readonly RecordRow[], atUs: number): void {
  tx.write(UPDATE, [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.id)),
    texts(rows.map((r) => r.details.warehouseName)),
    texts(rows.map((r) => r.details.location)),
    numbers(rows.map((r) => r.details.reorderLevel)),
    numbers(rows.map((r) => r.details.reorderQty)),
    texts(rows.map((r) => JSON.stringify(r.details.variantAttributes))),
    atUs,
    texts(rows.map((r) => r.details.productId)),
    texts(rows.map((r) => r.details.skuId)),
    texts(rows.map((r) => r.details.warehouseId)),
  ]);
}
