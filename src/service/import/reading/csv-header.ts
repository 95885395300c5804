import { type ColumnRules, columnLike, columnsOf, listed } from '../rows/column-rules.js';
import { type Column, columns, requiredColumns } from '../rows/columns.js';
import { readCsvRecord } from './csv-record.js';
import { type Line, UnusableFile } from './line.js';

/** The content of the line of names. */
export interface CsvHeader {
  readonly delimiter: string;
  /** By the place of a value in its line; empty for one that is ignored. */
  readonly columns: readonly (readonly Column[])[];
  /** Places of columns without a name: a value there belongs to nothing. */
  readonly nameless: ReadonlySet<number>;
  /** How many lines the names take. */
  readonly lines: number;
}

/** When several delimiters fit a line of names equally well, the first wins. */
const delimiters = [',', ';', '\t'];

/**
 * Reads `sep=;`, which tells a spreadsheet the delimiter. A spreadsheet that saved the file may have added its own
 * delimiters.
 */
export function delimiterOfSepLine(text: string): string | undefined {
  const match = /^"?sep=(.?)"?[,;\t ]*$/i.exec(text);
  return match === null ? undefined : (match[1] ?? '');
}

/**
 * Reads the line of names, which begins with line `from`. Without a given delimiter, takes the one that finds the most
 * columns. Undefined when a quote is still open at the last known line. Throws UnusableFile when the names are not
 * usable.
 */
export function readCsvHeader(
  lines: readonly Line[],
  from: number,
  delimiter: string | undefined,
  rules: ColumnRules,
): CsvHeader | undefined {
  const first = lines[from]!;
  if (first.text === undefined) throw unusable(first.fault!);
  let best: { delimiter: string; names: string[]; lines: number; known: number } | undefined;
  let isOpen = false;
  for (const candidate of delimiter === undefined ? delimiters : [delimiter]) {
    const record = readCsvRecord(lines, from, candidate);
    isOpen ||= record.kind === 'open';
    if (record.kind !== 'values') continue;
    const names = record.values.map((name) => name.trim());
    const known = names.filter((name) => columnsOf(name, rules).length > 0).length;
    const isBetter =
      best === undefined || known > best.known || (known === best.known && names.length > best.names.length);
    if (isBetter) best = { delimiter: candidate, names, lines: record.lines, known };
  }
  if (isOpen && !(best !== undefined && best.known > 0)) return undefined;
  if (best === undefined) throw unusable('has a quote in the wrong place');
  return headerOf(best, rules);
}

function unusable(fault: string): UnusableFile {
  return new UnusableFile(`the line with the names of the columns ${fault}`);
}

function headerOf(
  { delimiter, names, lines }: { delimiter: string; names: readonly string[]; lines: number },
  rules: ColumnRules,
): CsvHeader {
  const faults: string[] = [];
  const found = names.map((name) => columnsOf(name, rules));
  const unknown = names.filter((name, i) => name !== '' && found[i]!.length === 0);
  if (unknown.length > 0 && !rules.ignoreUnknown) faults.push(unknownNames(unknown));
  const absent = [...rules.map.keys()].filter((name) => !names.includes(name));
  if (absent.length > 0) {
    faults.push(`--map names ${listed(absent)}, and the columns of the file are ${listed(names)}`);
  }
  for (const column of columns) {
    const places = names.filter((_, i) => found[i]!.includes(column));
    if (places.length > 1) faults.push(`the column ${column} appears twice, as ${listed(places)}`);
    const isMissing = places.length === 0 && rules.defaults[column] === undefined;
    if (isMissing && requiredColumns.includes(column)) faults.push(`the column ${column} is missing`);
  }
  if (faults.length > 0) {
    const named = delimiter === '\t' ? 'tab' : delimiter;
    if (names.some((name) => name.includes('\0')))
      faults.push('it looks like UTF-16 without a byte order mark');
    else if (names.length === 1)
      faults.push(`they were read with the delimiter ${named}; --delimiter names another`);
    throw new UnusableFile(`${faults.join('; ')}. The columns are ${columns.join(', ')}.`);
  }
  const nameless = new Set(names.flatMap((name, i) => (name === '' && !rules.ignoreUnknown ? [i] : [])));
  return { delimiter, columns: found, nameless, lines };
}

function unknownNames(names: readonly string[]): string {
  const there = names.length === 1 ? 'there is no column' : 'there are no columns';
  const like = names.find((name) => requiredColumns.some((column) => column === columnLike(name)));
  const example = like === undefined ? 'theirs=ours' : `'${like}=${columnLike(like)}'`;
  return `${there} ${listed(names)}: use --map ${example}, or skip with --ignore-unknown-columns`;
}
