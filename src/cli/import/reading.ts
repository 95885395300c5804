import { type FileReading, formatOf } from '../../service/import/reading/import-file.js';
import { type ColumnRules, columnLike, listed } from '../../service/import/rows/column-rules.js';
import { type Column, columnOf, columns } from '../../service/import/rows/columns.js';
import { readReceipt } from '../../service/import/rows/receipt.js';
import { shown } from '../../service/import/rows/text.js';
import { UsageError } from '../context.js';
import type { ImportFlags } from './options.js';

type ReadingFlags = Pick<ImportFlags, 'format' | 'delimiter' | 'map' | 'ignoreUnknownColumns' | 'default'>;

/** How the options say to read the file. Throws UsageError with everything wrong with one of them. */
export function readingOf(file: string, flags: ReadingFlags): FileReading {
  const format = flags.format ?? formatOf(file);
  if (flags.delimiter !== undefined && format !== 'csv') {
    throw new UsageError('--delimiter is for CSV, but the file is JSON Lines');
  }
  const rules: ColumnRules = {
    map: readMap(flags.map ?? []),
    ignoreUnknown: flags.ignoreUnknownColumns ?? false,
    defaults: readDefaults(flags.default ?? []),
  };
  return { format, delimiter: readDelimiter(flags.delimiter), rules };
}

function readDelimiter(said: string | undefined): string | undefined {
  if (said === undefined) return undefined;
  const delimiter = said === 'tab' || said === '\\t' ? '\t' : said;
  if (delimiter.length === 1 && !'"\r\n\0 '.includes(delimiter)) return delimiter;
  throw new UsageError(
    `--delimiter must be one character such as , or ; or the word tab, not ${shown(said)}`,
  );
}

/**
 * The file's names may contain commas and equals signs: a pair ends where a word and a comma, or the end, follow `=`.
 */
const pair = /\s*(.+?)\s*=\s*(\w+)\s*(?:,|$)/sy;

function readMap(said: readonly string[]): ColumnRules['map'] {
  const map = new Map<string, Column[]>();
  const names = new Map<Column, string>();
  const faults: string[] = [];
  for (const text of said) {
    for (pair.lastIndex = 0; pair.lastIndex < text.length; ) {
      const from = pair.lastIndex;
      const match = pair.exec(text);
      if (match === null) {
        faults.push(`${shown(text.slice(from))} is not theirs=ours, such as 'On hand=qty'`);
        break;
      }
      const [, theirs, ours] = match as unknown as [string, string, string];
      const column = columnOf(ours);
      if (column === undefined) {
        faults.push(`there is no column ${noColumn(ours)}`);
        continue;
      }
      const other = names.get(column);
      if (other !== undefined && other !== theirs) {
        faults.push(`${listed([other])} and ${listed([theirs])} cannot both be ${column}`);
        continue;
      }
      names.set(column, theirs);
      map.set(theirs, [...new Set([...(map.get(theirs) ?? []), column])]);
    }
  }
  if (faults.length > 0) throw new UsageError(`--map: ${faults.join('; ')}`);
  return map;
}

function readDefaults(said: readonly string[]): ColumnRules['defaults'] {
  const defaults: Partial<Record<Column, string>> = {};
  for (const text of said) {
    const [, ours, value] = /^\s*(\w+)\s*=(.+)$/s.exec(text) ?? [];
    if (ours === undefined || value === undefined) {
      throw new UsageError(`--default: ${shown(text)} is not ours=value, such as warehouseId=main`);
    }
    const column = columnOf(ours);
    if (column === undefined) throw new UsageError(`--default: there is no column ${noColumn(ours)}`);
    if (defaults[column] !== undefined) throw new UsageError(`--default gives ${column} twice`);
    defaults[column] = value;
  }
  const receipt = readReceipt({ productId: 'any', warehouseId: 'any', qty: '0', ...defaults });
  if (!Array.isArray(receipt)) return defaults;
  throw new UsageError(receipt.map(({ column, problem }) => `--default: ${column} ${problem}`).join('; '));
}

function noColumn(name: string): string {
  const like = columnLike(name);
  const hint = like === undefined ? `the columns are ${columns.join(', ')}` : `is it ${like}?`;
  return `${shown(name)} (${hint})`;
}
