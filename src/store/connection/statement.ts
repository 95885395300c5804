/** A statement that connections prepare once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** The same statement for transactions of one merchant. */
  readonly ofMerchant?: Statement;
}

/** A statement whose answer nobody needs, and its parameters. */
export interface Write {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  /** What a transaction of one merchant sends instead. */
  ofMerchant?(): readonly Write[];
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

const joined = new Map<string, Statement>();
/** PostgreSQL cuts longer ones, and would take two for the same. */
const NAME_LENGTH_MAX = 63;

/**
 * The statement that does what these do. Each has a price of its own: a message each way, a plan to start, an answer to
 * read. All parts see the rows as they were before, and run in no order. So none may look at what another one writes.
 */
export function together(statements: readonly Statement[]): Statement {
  const [only] = statements;
  if (statements.length === 1) return only!;
  const name = statements.map((part) => part.name).join('+');
  let statement = joined.get(name);
  if (statement === undefined) {
    if (name.length > NAME_LENGTH_MAX) throw new RangeError(`${name} is too long a name`);
    statement = { name, text: joinedText(statements) };
    joined.set(name, statement);
  }
  return statement;
}

function joinedText(statements: readonly Statement[]): string {
  let before = 0;
  const texts = statements.map(({ text }) => {
    const renumbered = text.replace(/\$(\d+)/g, (_, number) => `$${before + Number(number)}`);
    before += parameterCount(text);
    return renumbered;
  });
  const last = texts.pop();
  return `WITH ${texts.map((text, i) => `part_${i} AS (${text})`).join(', ')} ${last}`;
}
