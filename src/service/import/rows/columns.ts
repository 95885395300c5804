/** The columns of a line, by their names in the API. */
export const columns = [
  'id',
  'productId',
  'skuId',
  'warehouseId',
  'warehouseName',
  'qty',
  'location',
  'reorderLevel',
  'reorderQty',
  'variantAttributes',
  'reference',
  'notes',
] as const;

export type Column = (typeof columns)[number];

export const requiredColumns: readonly Column[] = ['productId', 'warehouseId', 'qty'];

const byName = new Map<string, Column>(
  columns.flatMap((column) => [
    [column, column],
    [snakeCase(column), column],
  ]),
);

/** Finds the column of a name in either form that the API takes: `productId` or `product_id`. */
export function columnOf(name: string): Column | undefined {
  return byName.get(name);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
