import { createHash } from 'node:crypto';
import { sortedEntries } from '../sorted-entries.js';
import { isPassedOver, type Row, UnusableFile } from './reading/line.js';
import type { Receipt } from './rows/receipt.js';
import { receiptOf } from './rows/row-receipt.js';

/** About 50 bytes each; twice that when the file is read once more. */
const CONTENTS_MAX = 5_000_000;

/**
 * Names the lines of a file by their content, regardless of notation and place. Equal lines are numbered. So the lines
 * of a file that is corrected, cut or sorted between two runs are recognised one by one.
 */
export class LineContents {
  /** Hash of a content → number of lines with it. Contents that share a hash still differ by name, which has both. */
  readonly #seen = new Map<number, number>();

  /** Returns a UUID. Throws UnusableFile when there are too many lines. */
  nameOf({ id, details, qty, reference, notes }: Receipt): string {
    // Without an id, as it was before lines could have one.
    const ids = id === undefined ? [] : [id];
    const said = JSON.stringify([sortedEntries(details), qty, reference, notes, ...ids]);
    const hash = createHash('sha256').update(said).digest().readUIntBE(0, 6);
    const times = (this.#seen.get(hash) ?? 0) + 1;
    if (times === 1 && this.#seen.size >= CONTENTS_MAX) {
      throw new UnusableFile(`the file has more than ${CONTENTS_MAX} lines: cut it into several`);
    }
    this.#seen.set(hash, times);
    return uuidOf(`${times} ${said}`);
  }
}

/** Returns the names of all usable lines of a file. */
export async function contentsOf(rows: AsyncIterable<readonly Row[]>): Promise<ReadonlySet<string>> {
  const contents = new LineContents();
  const names = new Set<string>();
  for await (const group of rows) {
    for (const row of group) {
      if (isPassedOver(row)) continue;
      const receipt = receiptOf(row);
      if (!Array.isArray(receipt)) names.add(contents.nameOf(receipt));
    }
  }
  return names;
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join('-');
}
