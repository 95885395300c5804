import { numbersOrNulls, texts } from './array-literal.js';
import type { Statement, Write } from './statement.js';

/** A column of new rows, with a value for each row. */
export type RowColumn<Row> = {
  readonly name: string;
  /** SQL of what is stored; the value itself unless given. */
  stored?(value: string): string;
} & (OfType<'text' | 'uuid', Row, string> | OfType<'int' | 'bigint' | 'float8', Row, number | null>);

type OfType<Type, Row, Value> = Type extends unknown ? { readonly type: Type; of(row: Row): Value } : never;

/** Columns that have one value in all new rows: each the same one. */
export interface SharedColumns {
  readonly names: readonly string[];
  /** SQL of what is stored, from the parameter. */
  stored(parameter: string): string;
}

/** How rows of merchants are added to a table. */
export interface RowInsertSpec<Row> {
  readonly name: string;
  /** The table, with an alias if `onConflict` needs one. */
  readonly into: string;
  readonly columns: readonly RowColumn<Row>[];
  readonly shared?: readonly SharedColumns[];
  /**
   * The columns that the rows are ordered by, so that two transactions that add the same ones cannot deadlock. Rows that
   * nobody else can add need no order.
   */
  readonly order?: readonly string[];
  /** SQL behind the rows. */
  readonly onConflict?: string;
}

/** Rows of one statement that gives their values; a statement has 65,535 parameters at most. */
const VALUED_ROWS_MAX = 1000;

/**
 * Makes what adds rows to a table, in one of two forms.
 *
 * In one statement for any number of rows, from an array for each column, which is quickest on a single PostgreSQL. Citus
 * plans such an INSERT ... SELECT for each shard of the table, and waits for all of them, also for one that is being moved. Or
 * it copies the rows, and commits them in two phases. So in a transaction of one merchant, the statement gives the values of
 * each row, which concern one shard. There, that takes half the time for one row, as long for 30, and twice as long for 200.
 */
export function rowInsert<Row extends { readonly merchantId: string }>(
  spec: RowInsertSpec<Row>,
): (rows: readonly Row[], ...shared: readonly unknown[]) => Write {
  const statement: Statement = { name: spec.name, text: textOfColumns(spec) };
  const ofOne: Statement = { name: `${spec.name}_of_merchant`, text: textOfRows(spec, 1) };
  return (rows, ...shared) => ({
    statement,
    get values() {
      return [texts(rows.map((row) => row.merchantId)), ...spec.columns.map(arrayOf(rows)), ...shared];
    },
    ofMerchant() {
      const ordered = inOrder(spec, rows);
      const writes: Write[] = [];
      for (let first = 0; first < ordered.length; first += VALUED_ROWS_MAX) {
        const part = ordered.slice(first, first + VALUED_ROWS_MAX);
        // Prepared by its name, it would stay in each connection for each number of rows.
        const ofPart = part.length === 1 ? ofOne : { name: '', text: textOfRows(spec, part.length) };
        const values = part.flatMap((row) => spec.columns.map((column) => column.of(row)));
        writes.push({ statement: ofPart, values: [part[0]!.merchantId, ...shared, ...values] });
      }
      return writes;
    },
  });
}

function arrayOf<Row>(rows: readonly Row[]): (column: RowColumn<Row>) => string {
  return (column) =>
    column.type === 'text' || column.type === 'uuid'
      ? texts(rows.map(column.of))
      : numbersOrNulls(rows.map(column.of));
}

function inOrder<Row>(spec: RowInsertSpec<Row>, rows: readonly Row[]): readonly Row[] {
  if (spec.order === undefined || rows.length === 1) return rows;
  const order = orderOf(spec);
  return rows.toSorted((a, b) => {
    const by = order.find(({ of }) => of(a) !== of(b));
    return by === undefined || by.of(a)! < by.of(b)! ? -1 : 1;
  });
}

function orderOf<Row>({ order = [], columns }: RowInsertSpec<Row>): RowColumn<Row>[] {
  return order.map((name) => columns.find((column) => column.name === name)!);
}

function textOfColumns<Row>(spec: RowInsertSpec<Row>): string {
  const { columns, shared = [] } = spec;
  const names = ['merchant_id', ...columns.map(({ name }) => name)];
  const arrays = ['text', ...columns.map(({ type }) => type)].map((type, i) => `$${i + 1}::${type}[]`);
  const row = columns.map((column) => storedOf(column, `n.${column.name}`));
  const common = shared.flatMap(({ names: each, stored }, i) =>
    each.map(() => stored(`$${names.length + 1 + i}`)),
  );
  // By bytes, and not by the language of the database.
  const by = orderOf(spec).map(({ name, type }) => `n.${name}${type === 'text' ? ' COLLATE "C"' : ''}`);
  return `${insertInto(spec)}
    SELECT n.merchant_id, ${[...row, ...common].join(', ')}
      FROM unnest(${arrays.join(', ')}) AS n (${names.join(', ')})
    ${by.length === 0 ? '' : `ORDER BY n.merchant_id, ${by.join(', ')}`} ${spec.onConflict ?? ''}`;
}

function textOfRows<Row>(spec: RowInsertSpec<Row>, count: number): string {
  const { columns, shared = [] } = spec;
  const common = shared.flatMap(({ names, stored }, i) => names.map(() => stored(`$${i + 2}`)));
  const rows = Array.from({ length: count }, (_, row) => {
    const first = 2 + shared.length + row * columns.length;
    const own = columns.map((column, i) => storedOf(column, `$${first + i}::${column.type}`));
    return `($1, ${[...own, ...common].join(', ')})`;
  });
  return `${insertInto(spec)} VALUES ${rows.join(', ')} ${spec.onConflict ?? ''}`;
}

function insertInto<Row>({ into, columns, shared = [] }: RowInsertSpec<Row>): string {
  const names = [...columns.map(({ name }) => name), ...shared.flatMap((one) => one.names)];
  return `
    INSERT INTO ${into} (merchant_id, ${names.join(', ')})`;
}

function storedOf<Row>({ stored }: RowColumn<Row>, value: string): string {
  return stored === undefined ? value : stored(value);
}
