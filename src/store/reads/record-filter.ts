import { isLow } from './low-stock.js';

/** Which records to list; all of the merchant's when empty. */
export interface RecordFilter {
  readonly warehouseId?: string;
  readonly productId?: string;
  readonly skuId?: string;
  readonly lowStock?: boolean;
}

/**
 * The parts of a list's statement that depend on the filter, so that each combination has its own plan. The narrowest
 * filter leads: a SKU has few records, a product more, and few records are low. It goes by its index, and the others are
 * checked for each of its records.
 */
export class RecordQuery {
  readonly values: unknown[];
  readonly name: string;
  readonly #filter: RecordFilter;
  readonly #places: Partial<Record<keyof RecordFilter, string>> = {};

  constructor(merchantId: string, filter: RecordFilter) {
    this.#filter = filter;
    this.values = [merchantId];
    const { warehouseId, productId, skuId, lowStock } = filter;
    const given = Object.entries({ skuId, productId, warehouseId }).filter(([, id]) => id !== undefined);
    for (const [field, id] of given) this.#places[field as keyof RecordFilter] = this.bind(id, 'text');
    const words = given.map(([field]) => `_of_${field.slice(0, -2).toLowerCase()}`);
    this.name = `list_records${words.join('')}${lowStock === true ? '_low' : ''}`;
  }

  bind(value: unknown, type: string): string {
    return `$${this.values.push(value)}::${type}`;
  }

  /** A query for the ids of the records, in order, starting after `afterId`. */
  ids(afterId?: string): string {
    const after = afterId === undefined ? undefined : this.bind(afterId, 'text');
    const { skuId, productId, lowStock } = this.#filter;
    if (skuId !== undefined) return this.#ofSku(after);
    if (productId !== undefined) return this.#ofProduct(after);
    if (lowStock === true) return this.#low(after);
    return this.#all(after);
  }

  // The others on expressions: no index of theirs can be taken instead.
  #ofSku(after: string | undefined): string {
    const { skuId, productId, warehouseId } = this.#places;
    return `
      SELECT r.id
        FROM inventory_records AS r
       WHERE r.merchant_id = $1 AND r.sku_id = ${skuId} AND r.sku_id <> ''
         ${and("r.product_id || '' =", productId)} ${and("r.warehouse_id || '' =", warehouseId)}
         ${and('r.id >', after)} ${this.#andLow()}
       ORDER BY r.id`;
  }

  // In the order of the index, and sorted by id outside: a plan for a young table would otherwise go through all of the
  // merchant's records in order of id.
  #ofProduct(after: string | undefined): string {
    const { productId, warehouseId } = this.#places;
    return `
      SELECT r.id
        FROM (SELECT id, warehouse_id
                FROM inventory_records
               WHERE merchant_id = $1 AND product_id = ${productId}
               ORDER BY sku_id, warehouse_id
              OFFSET 0) AS r
       WHERE true ${and('r.warehouse_id =', warehouseId)} ${and('r.id >', after)} ${this.#andLow()}
       ORDER BY r.id`;
  }

  #low(after: string | undefined): string {
    const { warehouseId } = this.#places;
    const ofWarehouse = and(
      '(SELECT r.warehouse_id FROM inventory_records AS r WHERE r.merchant_id = $1 AND r.id = s.id) =',
      warehouseId,
    );
    return `
      SELECT s.id
        FROM stock_levels AS s
       WHERE s.merchant_id = $1 AND ${isLow('s')} ${ofWarehouse} ${and('s.id >', after)}
       ORDER BY s.id`;
  }

  // Neither index can stand in for the other: one is on an expression, and a range says nothing of the order by id.
  #all(after: string | undefined): string {
    const { warehouseId } = this.#places;
    if (warehouseId === undefined) {
      return `SELECT id FROM inventory_records WHERE merchant_id = $1 ${and('id >', after)} ORDER BY id`;
    }
    const behind = after === undefined ? '' : `AND (warehouse_id, id) > (${warehouseId}, ${after})`;
    return `
      SELECT id
        FROM inventory_records
       WHERE merchant_id = $1 AND merchant_id || '' = $1
         AND warehouse_id BETWEEN ${warehouseId} AND ${warehouseId} ${behind}
       ORDER BY warehouse_id, id`;
  }

  #andLow(): string {
    if (this.#filter.lowStock !== true) return '';
    return `AND (SELECT ${isLow('s')} FROM stock_levels AS s WHERE s.merchant_id = $1 AND s.id = r.id)`;
  }
}

function and(condition: string, place: string | undefined): string {
  return place === undefined ? '' : `AND ${condition} ${place}`;
}
