/** A statement that connections prepare once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** The same statement for transactions of one merchant. */
  readonly ofMerchant?: Statement;
}

/** What writes the parts in which a statement's two texts differ. */
export interface Scope {
  /** In the text for one merchant: `keyword`, and `column` = the merchant's parameter. In the other text: nothing. */
  only(column: string, keyword?: 'AND' | 'WHERE'): string;
  either(ofAny: string, ofMerchant: string): string;
}

/**
 * A statement of a batch. Each of its rows of parameters names its merchant, which is enough for a single PostgreSQL.
 * Where tables are distributed by merchant, a statement only finds its node by an equality with one value. So there is
 * a second text, with that equality, and with the merchant as the last parameter.
 *
 * There are two texts because the first does less, and its plans are good whatever the statistics say. By the equality
 * alone, a plan may read all rows of a merchant, which looks cheap while the table is new. So transactions of one
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
