/** A line of an import, which happens once under the import's memory. */
export interface ImportLine {
  /** Names the memory, among the merchant's: a UUID. */
  readonly memoryId: string;
  /** Where it stands in the file, from 1. */
  readonly number: number;
  /** Stands for what it says, and for how many lines before it said the same: a UUID. */
  readonly content: string;
}

/** What a memory has of a line. */
export interface DoneLine {
  /** `same`: it was done, wherever it stood. `other`: what stood in its place then was done, and said something else. */
  readonly found: 'same' | 'other';
  /** Milliseconds since the epoch. */
  readonly doneAtMs: number;
}
