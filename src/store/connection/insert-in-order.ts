import type { Statement } from './statement.js';
import type { Transaction } from './transaction.js';

/** How rows are inserted that may be new to their tables in every respect. */
export interface OrderedInsert<Row> {
  /** What the rows are ordered by: their key, without the merchant. */
  nameOf(row: Row): string;
  /** Inserts one row, by its values. */
  readonly insertOne: Statement;
  valuesOf(row: Row): readonly unknown[];
  /**
   * Inserts all rows; in a transaction of one merchant, all but the first, which is there already. Orders them as they are
   * ordered here, and not by the language of the database.
   */
  readonly insertMany: Statement;
  columnsOf(rows: readonly Row[]): readonly unknown[];
}

/**
 * Inserts rows in the order of their keys, so that two transactions that insert the same ones cannot deadlock.
 *
 * Citus runs an INSERT ... SELECT on one node if the merchant of its rows comes from a table there. If it comes from
 * parameters, the rows are copied through the coordinator, and for that every transaction is committed in two phases: its
 * locks stay for a minute where a connection is lost in between, and what is in doubt is not in the copy if the shard
 * is moved meanwhile. Rows of known records get their merchant from the record. For others there may be no row of the merchant
 * yet, so the first one is inserted by its values, and the others get their merchant from that.
 */
export function insertInOrder<Row>(
  tx: Transaction,
  rows: readonly Row[],
  { nameOf, insertOne, valuesOf, insertMany, columnsOf }: OrderedInsert<Row>,
): void {
  if (tx.merchantId === undefined) {
    tx.write(insertMany, columnsOf(rows));
    return;
  }
  const ordered = rows.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const [first] = ordered;
  if (first !== undefined) tx.write(insertOne, valuesOf(first));
  if (ordered.length > 1) tx.write(insertMany, columnsOf(ordered));
}
