/** As in the calls that name a record; a test compares them. */
export const RECORD_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Ids whose paths lead elsewhere, each with one that does; a test compares them with the routes and with the proto. */
export const TAKEN_IDS: ReadonlyMap<string, string> = new Map([
  ['logs', '/v1/inventory/logs'],
  ['low-stock', '/v1/inventory/low-stock'],
  ['watch', '/v1/inventory/watch'],
  ['product', '/v1/inventory/product/holds'],
  ['sku', '/v1/inventory/sku/holds'],
]);

/** Says why a new record cannot have the id; undefined when it can. */
export function recordIdProblem(id: string): string | undefined {
  if (!RECORD_ID.test(id)) return 'must have 1 to 64 characters of A-Z a-z 0-9 . _ -';
  const path = TAKEN_IDS.get(id);
  if (path !== undefined) return `must not be ${id}: GET ${path} is another call`;
  return id === '.' || id === '..' ? `must not be ${id}: clients resolve it in a path` : undefined;
}
