/** Some rows of a list, and whether there are more behind them. */
export interface Slice<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** A slice with the number of rows of the whole list, as of the same snapshot. */
export interface CountedSlice<T> extends Slice<T> {
  readonly total: number;
}

/** Cuts what was read with a limit of one more than was asked for. */
export function sliceOf<T>(rows: readonly T[], limit: number): Slice<T> {
  return { items: rows.slice(0, limit), more: rows.length > limit };
}

/**
 * SQL of a list's total beside one page of it, which `page` names and which was read with LIMIT `limitPlusOne` and
 * OFFSET `offset`. A page that is not full ends the list, and tells the total; only else is `count`, a query, run.
 */
export function totalBeside(page: string, limitPlusOne: string, offset: string, count: string): string {
  return `
    SELECT least(CASE WHEN shown.n < ${limitPlusOne} AND (shown.n > 0 OR ${offset} = 0) THEN ${offset} + shown.n
                      ELSE (${count}) END, 2147483647)::int AS total
      FROM (SELECT count(*) AS n FROM ${page}) AS shown`;
}
