import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Lookalikes } from './lookalikes.js';
import { type FileReading, readRowsOf } from './reading/import-file.js';
import { Sketch } from './sketch.js';

/** What is known about a file before its first row is imported. */
export interface Survey {
  /** 32 hexadecimal digits that identify its content and the mapping of its columns. */
  readonly contentId: string;
  /** The number of lines. */
  readonly lines: number;
  readonly lookalikes: Lookalikes;
  /** Shows how many lines another file has in common with it. */
  readonly sketch: readonly number[];
}

/** Reads a file to its end. Throws UnusableFile. */
export async function survey(path: string, reading: FileReading): Promise<Survey> {
  // A file with one column per warehouse is imported once for each warehouse.
  const said = [...reading.rules.map].map((pair) => JSON.stringify(pair)).sort();
  const defaults = Object.entries(reading.rules.defaults).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = said.length > 0 || defaults.length > 0 ? JSON.stringify([said, defaults]) : '';
  const hash = createHash('sha256');
  const sketch = new Sketch(columns);
  const lookalikes = new Lookalikes();
  let lines = 0;
  for await (const rows of readRowsOf(watched(createReadStream(path), hash, sketch), reading)) {
    for (const row of rows) {
      lines += row.lines;
      lookalikes.note(row);
    }
  }
  hash.update(columns);
  return { contentId: hash.digest('hex').slice(0, 32), lines, lookalikes, sketch: sketch.finish() };
}

async function* watched(bytes: AsyncIterable<Buffer>, hash: Hash, sketch: Sketch): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    sketch.add(chunk);
    yield chunk;
  }
}
