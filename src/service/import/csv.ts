import { parse } from 'csv-parse/sync';
import { type Column, columnOf, columns, requiredColumns } from './columns.js';
import { type Line, type Row, UnusableFile } from './line.js';
import { LINE_BYTES_MAX } from './read-lines.js';
import { shown } from './text.js';

/** Records that the parser gets at once: a call costs as much as three records. */
const GROUP_RECORDS_MAX = 100;

/**
 * Reads CSV (RFC 4180): the first line names the columns, in any order. Space around a value does not count, unless it
 * is quoted; an empty value counts as none; empty lines are passed over. Throws UnusableFile where the first line will
 * not do.
 *
 * Where quotes end is found before the parser sees them, so that one that is never closed costs its own line and not
 * the rest of the file.
 */
export async function* readCsv(groups: AsyncIterable<readonly Line[]>): AsyncGenerator<Row[]> {
  let header: Column[] | undefined;
  let waiting: Line[] = [];
  for await (const group of groups) {
    const { records, rest } = frame([...waiting, ...group], false);
    waiting = rest;
    header ??= takeHeader(records);
    if (header !== undefined && records.length > 0) yield rowsOf(records, header);
  }
  const { records } = frame(waiting, true);
  header ??= takeHeader(records);
  if (header === undefined) throw new UnusableFile('the file is empty');
  if (records.length > 0) yield rowsOf(records, header);
}

/** A record's text, whole, and its lines. */
interface Framed {
  readonly lines: readonly Line[];
  readonly text: string | undefined;
  readonly fault?: string;
}

/** Puts the lines of each record together: it ends where the quotes do, which are even in number. */
function frame(lines: readonly Line[], isEnd: boolean): { records: Framed[]; rest: Line[] } {
  const records: Framed[] = [];
  for (let i = 0; i < lines.length; ) {
    const first = lines[i]!;
    if (first.text === undefined) {
      records.push({ lines: [first], text: undefined, fault: first.fault! });
      i++;
      continue;
    }
    const length = recordLength(lines, i);
    if (length === 'unknown' && !isEnd) return { records, rest: lines.slice(i) };
    if (typeof length === 'string') {
      records.push({ lines: [first], text: undefined, fault: 'has a quote that is not closed' });
      i++;
      continue;
    }
    const own = lines.slice(i, i + length);
    const text = own.map((line) => line.text).join('\n');
    if (text.trim() !== '') records.push({ lines: own, text });
    i += length;
  }
  return { records, rest: [] };
}

/** How many lines the record has that begins with line `from`. */
function recordLength(lines: readonly Line[], from: number): number | 'unknown' | 'unclosed' {
  let open = false;
  let bytes = 0;
  for (let i = from; i < lines.length; i++) {
    const { text } = lines[i]!;
    if (text === undefined) return 'unclosed';
    for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) open = !open;
    if (!open) return i + 1 - from;
    bytes += text.length + 1;
    if (bytes > LINE_BYTES_MAX) return 'unclosed';
  }
  return 'unknown';
}

function takeHeader(records: Framed[]): Column[] | undefined {
  const first = records.shift();
  if (first === undefined) return undefined;
  const names = first.text === undefined ? undefined : parseAlone(first.text);
  if (!Array.isArray(names)) {
    throw new UnusableFile(`the line with the names of the columns ${first.fault ?? names}`);
  }
  const faults: string[] = [];
  const header: Column[] = [];
  for (const name of names) {
    const column = columnOf(name);
    if (column === undefined) faults.push(`there is no column ${shown(name)}`);
    else if (header.includes(column)) faults.push(`the column ${column} is there twice`);
    else header.push(column);
  }
  for (const column of requiredColumns) {
    if (!header.includes(column)) faults.push(`the column ${column} is missing`);
  }
  if (faults.length === 0) return header;
  throw new UnusableFile(`${faults.join('; ')}. The columns are ${columns.join(', ')}.`);
}

function rowsOf(records: readonly Framed[], header: readonly Column[]): Row[] {
  const rows: Row[] = [];
  for (let i = 0; i < records.length; i += GROUP_RECORDS_MAX) {
    const group = records.slice(i, i + GROUP_RECORDS_MAX);
    const parsed = parseTogether(group);
    for (const [k, record] of group.entries()) rows.push(rowOf(record, parsed[k]!, header));
  }
  return rows;
}

/** The values of each record, or what is wrong with it. */
function parseTogether(records: readonly Framed[]): (string[] | string)[] {
  if (records.every((record) => record.text !== undefined)) {
    const parsed = parseAlone(records.map((record) => record.text).join('\n'), records.length);
    if (Array.isArray(parsed)) return parsed;
  }
  return records.map(({ text, fault }) => (text === undefined ? fault! : parseAlone(text)));
}

function parseAlone(text: string): string[] | string;
function parseAlone(text: string, count: number): string[][] | string;
function parseAlone(text: string, count?: number): string[] | string[][] | string {
  try {
    const parsed: string[][] = parse(text, { trim: true, relax_column_count: true, record_delimiter: '\n' });
    if (parsed.length !== (count ?? 1)) return 'is not one record';
    return count === undefined ? parsed[0]! : parsed;
  } catch {
    return 'has a quote in the wrong place: a quoted value is quoted whole, and a quote in it is written twice';
  }
}

function rowOf({ lines }: Framed, parsed: string[] | string, header: readonly Column[]): Row {
  const at = { line: lines[0]!.number, endByte: lines.at(-1)!.endByte };
  if (typeof parsed === 'string') return { ...at, fault: parsed };
  if (parsed.length !== header.length) {
    return { ...at, fault: `has ${parsed.length} values for ${header.length} columns` };
  }
  const fields: Record<string, string> = {};
  for (const [i, column] of header.entries()) if (parsed[i] !== '') fields[column] = parsed[i]!;
  return { ...at, fields };
}
