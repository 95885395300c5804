import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Lookalikes } from './lookalikes.js';
import { type FileReading, readRowsOf } from './reading/import-file.js';
import { Sketch } from './sketch.js';

/** What is known of a file before the first of its rows is imported. */
export interface Survey {
  /** 32 hexadecimal digits that stand for its content, and for what its columns were said to be. */
  readonly contentId: string;
  /** How many lines it has. */
  readonly lines: number;
  readonly lookalikes: Lookalikes;
  /** Tells how much of the file another has in common. */
  readonly sketch: readonly number[];
}

/** Reads a file to its end. Throws UnusableFile. */
export async function survey(path: string, reading: FileReading): Promise<Survey> {
  // A file with a column for each warehouse is read once for each of them.
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
