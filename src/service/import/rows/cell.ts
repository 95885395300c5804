import { lookOf } from '../lookalikes.js';
import type { Column } from './columns.js';

const ids: ReadonlySet<Column> = new Set(['id', 'productId', 'skuId', 'warehouseId']);
const numbers: ReadonlySet<Column> = new Set(['qty', 'reorderLevel', 'reorderQty']);
const freeTexts: ReadonlySet<Column> = new Set(['warehouseName', 'location', 'notes']);

/** A value of a line, or a problem, worded to follow the column's name. */
export type Cell = { readonly value: string } | { readonly problem: string };

/**
 * Reads a CSV value as the tool that wrote it meant it:
 * - An apostrophe before `=`, `+`, `-`, `@` or a tab keeps spreadsheets from computing the value, and one before a
 *   digit keeps them from turning it into a number. It is removed; in texts for people, where `'90s` is a word, only
 *   before a complete number.
 * - When the delimiter is not a comma, a comma may be the decimal mark: `10,0` is 10. Then `1.000` may be one or a
 *   thousand, and is refused.
 */
export function readCell(column: Column, said: string, delimiter: string): Cell {
  const value = withoutApostrophe(column, said);
  if (value === said) {
    const problem = idProblemOf(column, value);
    if (problem !== undefined) return { problem };
  }
  if (!numbers.has(column) || delimiter === ',') return { value };
  const decimal = /^(\d{1,10})[.,](0+)$/.exec(value);
  if (decimal === null) return { value };
  if (decimal[2]!.length !== 3) return { value: decimal[1]! };
  return { problem: `is ${value}, which may be ${decimal[1]} or ${decimal[1]}000: write it without a mark` };
}

/** Says why an id cannot be intended: a spreadsheet has replaced it, or all of it is invisible. */
export function idProblemOf(column: Column, value: string): string | undefined {
  if (!ids.has(column)) return undefined;
  if (value !== '' && lookOf(value) === '') return 'holds only blanks and invisible characters';
  if (/^[+-]?\d+(?:[.,]\d+[eE][+-]?\d+|[eE][+-]\d+)$/.test(value)) {
    return `is ${value}: a spreadsheet has shortened a long number, and the missing digits are lost; export the column as text`;
  }
  return undefined;
}

function withoutApostrophe(column: Column, value: string): string {
  if (!value.startsWith("'")) return value;
  const digits = freeTexts.has(column) ? /^'[\d.,]+$/ : /^'\d/;
  return /^'[=+\-@\t]/.test(value) || digits.test(value) ? value.slice(1) : value;
}
