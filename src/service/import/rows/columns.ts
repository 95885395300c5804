/** What a line may say, by the names of the API. */
export const columns = [
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

/** The column of a name as the API takes it: `productId` or `product_id`. */
export function columnOf(name: string): Column | undefined {
  return byName.get(name);
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
