import { type Column, columnOf, columns } from './columns.js';
import { shown } from './text.js';

/** How the names of a file become columns. */
export interface ColumnRules {
  /** By their name: what it is here, instead of what it would be by itself. */
  readonly map: ReadonlyMap<string, readonly Column[]>;
  /** Whether names that are no columns are passed over, and not refused. */
  readonly ignoreUnknown: boolean;
  /** What a line says that gives no value. */
  readonly defaults: Readonly<Partial<Record<Column, string>>>;
}

export const plainRules: ColumnRules = { map: new Map(), ignoreUnknown: false, defaults: {} };

/** The columns that a name of the file stands for; none where it is unknown. */
export function columnsOf(name: string, { map }: ColumnRules): readonly Column[] {
  const mapped = map.get(name);
  if (mapped !== undefined) return mapped;
  const own = columnOf(name);
  return own === undefined ? [] : [own];
}

const NAMES_SHOWN_MAX = 30;

/** Names as a message lists them. */
export function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN_MAX;
  const list = names.slice(0, NAMES_SHOWN_MAX).map(shown).join(', ');
  return more > 0 ? `${list} and ${more} more` : list;
}

/** The column whose name is like it but for case, blanks and the like: `Product ID`. */
export function columnLike(name: string): Column | undefined {
  const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
  return columns.find((column) => letters(column) === letters(name));
}
