/** A line of an import, which happens once under the import's memory. */
export interface ImportLine {
  /** Names the memory, among the merchant's: a UUID. */
  readonly memoryId: string;
  /** Where it stands in the file, from 1. */
  readonly number: number;
  /** Stands for what it says, and for how many lines before it said the same: a UUID. */
  readonly content: string;
  /**
   * Whether the file is known to have all lines that were done (`whole`), so that others are new wherever they stand, or
   * to lack some (`changed`), so that others may be what these say now. Unknown: it is told by where they stand.
   */
  readonly file?: 'whole' | 'changed' | undefined;
}

/** What a memory has of a line. */
export interface DoneLine {
  /** `same`: it was done, wherever it stood. `other`: what stood in its place then was done, and said something else. */
  readonly found: 'same' | 'other';
  /** Milliseconds since the epoch. */
  readonly doneAtMs: number;
}
