import type { Scope } from '../connection/statement.js';

/**
 * SQL behind the FROM of an INSERT ... SELECT whose rows belong to records, `n`; their ids are parameter $2, and `id` the
 * column. In a transaction of one merchant, rows get their merchant from the record, `s` (why: `insertInOrder`). The ids
 * are named once more, or a plan for a young table reads all of the merchant's records.
 */
export function ofRecords({ only, either }: Scope, id: string): string {
  const record = `JOIN stock_levels AS s ON s.id = ${id} AND s.id = ANY ($2::text[])`;
  return `${either('', record)} ${only('s.merchant_id', 'WHERE')}`;
}
