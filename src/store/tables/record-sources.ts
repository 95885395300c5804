import type { SourceName } from '../../domain/command.js';
import { texts } from '../connection/array-literal.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';

/** The records of a merchant's SKU or product in these warehouses; in all of them if none is named. */
export interface SourceKey {
  readonly merchantId: string;
  readonly of: SourceName;
  readonly warehouseIds: readonly string[];
}

/** A source that has records. */
export interface SourceRow extends SourceKey {
  /** In the warehouses that it names, in order of id. */
  readonly candidates: readonly { readonly id: string; readonly warehouseId: string }[];
}

// LIMIT pins the plan to a look-up in the one index that fits, even with the statistics of a young table.
function findStatement(name: string, isOf: string) {
  return batchStatement({
    name,
    text: ({ only }) => `
    SELECT k.place::int AS place, r.id, r.warehouse_id
      FROM unnest($1::text[], $2::text[], $3::text[])
           WITH ORDINALITY AS k (merchant_id, name, warehouse_ids, place)
     CROSS JOIN LATERAL (
           SELECT
             FROM inventory_records
            WHERE merchant_id = k.merchant_id AND ${isOf} ${only('merchant_id')}
            LIMIT 1) AS known
      LEFT JOIN LATERAL (
           SELECT id, warehouse_id
             FROM inventory_records
            WHERE merchant_id = k.merchant_id AND ${isOf} ${only('merchant_id')}
              AND (k.warehouse_ids = '{}' OR warehouse_id = ANY (k.warehouse_ids::text[]))
            LIMIT $4) AS r ON true
     LIMIT $5`,
  });
}

const FIND_OF_SKU = findStatement('find_sources_of_sku', "sku_id = k.name AND sku_id <> ''");
const FIND_OF_PRODUCT = findStatement('find_sources_of_product', "product_id = k.name AND sku_id = ''");

interface RawSource {
  place: number;
  id: string | null;
  warehouse_id: string;
}

/** Finds the records of sources: at most `recordsMax` of each, and `rowsMax` of all SKUs and of all products. */
export async function findSources(
  tx: Transaction,
  sources: readonly SourceKey[],
  recordsMax: number,
  rowsMax: number,
): Promise<SourceRow[]> {
  const find = async (keys: readonly SourceKey[], statement: typeof FIND_OF_SKU): Promise<SourceRow[]> => {
    if (keys.length === 0) return [];
    const rows = await tx.read<RawSource>(statement, [
      texts(keys.map((key) => key.merchantId)),
      texts(keys.map(({ of }) => ('skuId' in of ? of.skuId : of.productId))),
      texts(keys.map(({ warehouseIds }) => texts(warehouseIds))),
      recordsMax,
      rowsMax,
    ]);
    const found = new Map<number, { id: string; warehouseId: string }[]>();
    for (const { place, id, warehouse_id: warehouseId } of rows) {
      const candidates = found.get(place) ?? [];
      found.set(place, candidates);
      if (id !== null) candidates.push({ id, warehouseId });
    }
    return [...found].map(([place, candidates]) => ({
      ...keys[place - 1]!,
      candidates: candidates.sort((a, b) => (a.id < b.id ? -1 : 1)),
    }));
  };
  const [ofSkus, ofProducts] = await Promise.all([
    find(
      sources.filter(({ of }) => 'skuId' in of),
      FIND_OF_SKU,
    ),
    find(
      sources.filter(({ of }) => 'productId' in of),
      FIND_OF_PRODUCT,
    ),
  ]);
  return [...ofSkus, ...ofProducts];
}
