import { type Column, columnOf, columns } from './columns.js';
import { shown } from './text.js';

/** How names in a file become columns. */
export interface ColumnRules {
  /** Name in the file → the columns to use instead of the usual one. */
  readonly map: ReadonlyMap<string, readonly Column[]>;
  /** Whether to ignore unknown names instead of refusing them. */
  readonly ignoreUnknown: boolean;
  /** Values for lines that give none. */
  readonly defaults: Readonly<Partial<Record<Column, string>>>;
}

export const plainRules: ColumnRules = { map: new Map(), ignoreUnknown: false, defaults: {} };

/** The columns that a name in the file stands for; empty when it is unknown. */
export function columnsOf(name: string, { map }: ColumnRules): readonly Column[] {
  const mapped = map.get(name);
  if (mapped !== undefined) return mapped;
  const own = columnOf(name);
  return own === undefined ? [] : [own];
}

const NAMES_SHOWN_MAX = 30;

/** Lists names for a message. */
export function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN_MAX;
  const list = names.slice(0, NAMES_SHOWN_MAX).map(shown).join(', ');
  return more > 0 ? `${list} and ${more} more` : list;
}

/** The column whose name differs only in case, blanks and the like: `Product ID`. */
export function columnLike(name: string): Column | undefined {
  const letters = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');
  return columns.find((column) => letters(column) === letters(name));
}
