import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileReading, readRowsOf } from './import-file.js';
import { Lookalikes } from './lookalikes.js';

/** What is known of a file before the first of its rows is imported. */
export interface Survey {
  /** 32 hexadecimal digits that stand for its content, and for what its columns were said to be. */
  readonly contentId: string;
  /** How many lines it has. */
  readonly lines: number;
  readonly lookalikes: Lookalikes;
}

/** Reads a file to its end. Throws UnusableFile. */
export async function survey(path: string, reading: FileReading): Promise<Survey> {
  const hash = createHash('sha256');
  const lookalikes = new Lookalikes();
  let lines = 0;
  for await (const rows of readRowsOf(hashed(createReadStream(path), hash), reading)) {
    for (const row of rows) {
      lines += row.lines;
      lookalikes.note(row);
    }
  }
  // A file with a column for each warehouse is read once for each of them.
  const said = [...reading.rules.map].map((pair) => JSON.stringify(pair)).sort();
  const defaults = Object.entries(reading.rules.defaults).sort(([a], [b]) => (a < b ? -1 : 1));
  if (said.length > 0 || defaults.length > 0) hash.update(JSON.stringify([said, defaults]));
  return { contentId: hash.digest('hex').slice(0, 32), lines, lookalikes };
}

async function* hashed(bytes: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
