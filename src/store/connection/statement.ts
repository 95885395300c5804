/** A statement that connections prepare once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** The same, for a transaction of one merchant. */
  readonly ofMerchant?: Statement;
}

/** The parts in which a statement's two texts differ. */
export interface Scope {
  /**
   * Of one merchant: says once more whose rows `column` is of, by an equality with a parameter, behind `keyword`. Of any:
   * nothing.
   */
  only(column: string, keyword?: 'AND' | 'WHERE'): string;
  either(ofAny: string, ofMerchant: string): string;
}

/**
 * A statement of a batch. Its rows of parameters say whose each of them is, which is all that one PostgreSQL needs. Where
 * tables are distributed by merchant, a statement finds its node by an equality with one value, and by nothing else: so
 * there is a second text of it, with that equality, and the merchant as the last parameter.
 *
 * Two texts, since the first does less, and plans of it are good whatever is known of the tables. By the equality alone, a
 * plan can come to all rows of a merchant, and be taken for cheap while the table is young; so transactions of one
 * merchant plan each statement for its values, and `either` names the key again where that helps.
 */
export function batchStatement({
  name,
  text,
}: {
  readonly name: string;
  readonly text: (scope: Scope) => string;
}): Statement {
  const ofAny = text({ only: () => '', either: (any) => any });
  const merchant = `$${parameterCount(ofAny) + 1}`;
  const ofMerchant = text({
    only: (column, keyword = 'AND') => `${keyword} ${column} = ${merchant}`,
    either: (_, one) => one,
  });
  return { name, text: ofAny, ofMerchant: { name: `${name}_of_merchant`, text: ofMerchant } };
}

function parameterCount(text: string): number {
  return Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
}
