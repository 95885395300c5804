/** Some rows of a list, and whether more follow. */
export interface Slice<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** A slice with the total of the whole list, from the same snapshot. */
export interface CountedSlice<T> extends Slice<T> {
  readonly total: number;
}

/** Cuts rows that were read with a limit of one more than was asked for. */
export function sliceOf<T>(rows: readonly T[], limit: number): Slice<T> {
  return { items: rows.slice(0, limit), more: rows.length > limit };
}

/**
 * SQL for a list's total together with one page, `page`, which was read with LIMIT `limitPlusOne` and OFFSET `offset`.
 * A page that is not full ends the list, so its total is known. Otherwise `count`, a query, is run.
 */
export function totalBeside(page: string, limitPlusOne: string, offset: string, count: string): string {
  return `
    SELECT least(CASE WHEN shown.n < ${limitPlusOne} AND (shown.n > 0 OR ${offset} = 0) THEN ${offset} + shown.n
                      ELSE (${count}) END, 2147483647)::int AS total
      FROM (SELECT count(*) AS n FROM ${page}) AS shown`;
}
