import { type Cell, readCell } from '../rows/cell.js';
import type { ColumnRules } from '../rows/column-rules.js';
import { requiredColumns } from '../rows/columns.js';
import { type CsvHeader, delimiterOfSepLine, readCsvHeader } from './csv-header.js';
import { readCsvRecord } from './csv-record.js';
import { type Line, type Row, UnusableFile } from './line.js';

const faults = {
  odd_quote: 'has a quote in the wrong place: quote the whole value, and double each quote inside it',
  open: 'has a quote that is not closed',
  unclosed: 'has a quote that is not closed',
} as const;

/**
 * Reads CSV (RFC 4180): the first line with content names the columns, in any order. Each line of the file is in
 * exactly one row:
 * - A quote that is never closed or in the wrong place makes only its own line bad; reading continues with the next.
 * - A row whose quoted value has line ends takes the lines of that value. If one of these reads as a complete row,
 *   a quote may be missing and stock would be lost inside a text. All lines of the row are bad then.
 *
 * Throws UnusableFile when the names are not usable.
 */
export async function* readCsv(
  groups: AsyncIterable<readonly Line[]>,
  rules: ColumnRules,
  delimiter?: string,
): AsyncGenerator<Row[]> {
  const reader = new CsvReader(rules, delimiter);
  let waiting: readonly Line[] = [];
  for await (const group of groups) {
    const { rows, rest } = reader.take(waiting.length === 0 ? group : [...waiting, ...group], false);
    waiting = rest;
    if (rows.length > 0) yield rows;
  }
  const { rows } = reader.take(waiting, true);
  if (rows.length > 0) yield rows;
  reader.assertHasNames();
}

class CsvReader {
  readonly #rules: ColumnRules;
  #delimiter: string | undefined;
  /** Undefined until the line of names has been read. */
  #header: CsvHeader | undefined;
  #isAfterSepLine = false;

  constructor(rules: ColumnRules, delimiter: string | undefined) {
    this.#rules = rules;
    this.#delimiter = delimiter;
  }

  /** Returns the rows of the lines, and the last lines if their row is not complete yet. */
  take(lines: readonly Line[], isEnd: boolean): { rows: Row[]; rest: readonly Line[] } {
    const rows: Row[] = [];
    for (let i = 0; i < lines.length; ) {
      const row =
        this.#header === undefined ? this.#readHead(lines, i, isEnd) : this.#readRow(lines, i, isEnd);
      if (row === undefined) return { rows, rest: lines.slice(i) };
      rows.push(row);
      i += row.lines;
    }
    return { rows, rest: [] };
  }

  assertHasNames(): void {
    if (this.#header === undefined) throw new UnusableFile('the file is empty');
  }

  #readHead(lines: readonly Line[], from: number, isEnd: boolean): Row | undefined {
    const { text } = lines[from]!;
    if (text !== undefined && this.#isBlank(text)) return { kind: 'blank', ...placeOf(lines, from, 1) };
    const sep = text === undefined || this.#isAfterSepLine ? undefined : delimiterOfSepLine(text);
    if (sep !== undefined) {
      this.#isAfterSepLine = true;
      if (sep !== '') this.#delimiter ??= sep;
      return { kind: 'names', ...placeOf(lines, from, 1) };
    }
    this.#header = readCsvHeader(lines, from, this.#delimiter, this.#rules);
    if (this.#header !== undefined) return { kind: 'names', ...placeOf(lines, from, this.#header.lines) };
    if (!isEnd) return undefined;
    throw new UnusableFile(`the line with the names of the columns ${faults.open}`);
  }

  #isBlank(text: string): boolean {
    const values = this.#delimiter === undefined ? text.split(/[,;\t]/) : text.split(this.#delimiter);
    return values.every((value) => value.trim() === '');
  }

  #readRow(lines: readonly Line[], from: number, isEnd: boolean): Row | undefined {
    const { text, fault } = lines[from]!;
    if (text === undefined) return { kind: 'faulty', ...placeOf(lines, from, 1), fault: fault! };
    const header = this.#header!;
    const record = readCsvRecord(lines, from, header.delimiter);
    if (record.kind === 'open' && !isEnd) return undefined;
    if (record.kind !== 'values') {
      return { kind: 'faulty', ...placeOf(lines, from, 1), fault: faults[record.kind] };
    }
    const place = placeOf(lines, from, record.lines);
    if (record.values.every((value) => value.trim() === '')) return { kind: 'blank', ...place };
    const swallowed = swallowedLine(lines, from, record.lines, header);
    if (swallowed !== undefined) {
      return {
        kind: 'faulty',
        ...place,
        fault: `hold a quoted value with line ends, and line ${swallowed.number} in it reads as a complete row: is a quote missing?`,
      };
    }
    return { ...rowOf(record.values, header, this.#rules), ...place };
  }
}

function placeOf(
  lines: readonly Line[],
  from: number,
  count: number,
): Pick<Row, 'line' | 'lines' | 'endByte'> {
  return { line: lines[from]!.number, lines: count, endByte: lines[from + count - 1]!.endByte };
}

/**
 * Finds a line of a row, after its first, that reads as a complete row. The last line, in which the quoted value ends,
 * may look like one only by its end, so it counts only if the first line does as well.
 */
function swallowedLine(
  lines: readonly Line[],
  from: number,
  count: number,
  header: CsvHeader,
): Line | undefined {
  const last = count > 1 && isWhole(lines[from]!, header) ? count : count - 1;
  return lines.slice(from + 1, from + last).find((line) => isWhole(line, header));
}

function isWhole({ text }: Line, { delimiter, columns }: CsvHeader): boolean {
  const values = text!.split(delimiter);
  if (!fits(values, columns)) return false;
  const said = (i: number): string => values[i]!.replaceAll('"', '').trim();
  return columns.every((found, i) => {
    if (found.includes('qty')) return /^'?\d/.test(said(i));
    return said(i) !== '' || !found.some((column) => requiredColumns.includes(column));
  });
}

/** Whether there is a value for each column and nothing but blanks after them. */
function fits(values: readonly string[], columns: CsvHeader['columns']): boolean {
  return (
    values.length >= columns.length && values.slice(columns.length).every((value) => value.trim() === '')
  );
}

type Read =
  | { kind: 'usable'; fields: Record<string, string>; problems?: string[] }
  | { kind: 'faulty'; fault: string };

function rowOf(
  values: readonly string[],
  { columns, delimiter, nameless }: CsvHeader,
  rules: ColumnRules,
): Read {
  if (!fits(values, columns)) {
    const said = `${values.length} value${values.length === 1 ? '' : 's'}`;
    return { kind: 'faulty', fault: `has ${said} for ${columns.length} columns` };
  }
  const fields: Record<string, string> = { ...rules.defaults };
  const problems: string[] = [];
  for (const [i, found] of columns.entries()) {
    const said = values[i]!;
    if (said === '') continue;
    if (nameless.has(i)) problems.push(`has a value in column ${i + 1}, which has no name`);
    for (const column of found) {
      const cell: Cell = readCell(column, said, delimiter);
      if ('problem' in cell) problems.push(`${column} ${cell.problem}`);
      fields[column] = 'value' in cell ? cell.value : said;
    }
  }
  return { kind: 'usable', fields, ...(problems.length > 0 && { problems }) };
}
