import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { ColumnRules } from '../rows/column-rules.js';
import { readCsv } from './csv.js';
import { readJsonLines } from './json-lines.js';
import { type Row, UnusableFile } from './line.js';
import { readLines } from './read-lines.js';

export const fileFormats = ['csv', 'jsonl'] as const;
export type FileFormat = (typeof fileFormats)[number];

const byExtension: Readonly<Record<string, FileFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};

/** Finds the format by a file's name. Throws UnusableFile when the name does not say. */
export function formatOf(path: string): FileFormat {
  const format = byExtension[extname(path).toLowerCase()];
  if (format === undefined) throw new UnusableFile('the file name does not tell the format: give --format');
  return format;
}

/** How to read a file. */
export interface FileReading {
  readonly format: FileFormat;
  /** One character, for CSV. By default, found by the names of the columns. */
  readonly delimiter?: string | undefined;
  readonly rules: ColumnRules;
}

/** Reads a file row by row, in groups, and keeps only a few lines in memory. Throws UnusableFile. */
export function readRows(path: string, reading: FileReading): AsyncGenerator<Row[]> {
  return readRowsOf(createReadStream(path), reading);
}

/** The same for the bytes of a file. */
export function readRowsOf(
  bytes: AsyncIterable<Buffer>,
  { format, delimiter, rules }: FileReading,
): AsyncGenerator<Row[]> {
  const lines = readLines(bytes);
  return format === 'csv' ? readCsv(lines, rules, delimiter) : readJsonLines(lines, rules);
}

/** The file is read twice, for the survey and for its rows, so a pipe will not do. Throws UnusableFile. */
export async function assertReadableTwice(path: string): Promise<void> {
  const hint = path === '-' ? ': the file is read twice, so standard input cannot be used' : '';
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UnusableFile(error.code === 'ENOENT' ? `there is no file ${path}${hint}` : error.message);
  });
  if (!found.isFile()) throw new UnusableFile(`${path} is not a regular file, and the import reads it twice`);
}
