/** A line of an import, which happens once under the import's memory. */
export interface ImportLine {
  /** Names the memory, among the merchant's: a UUID. */
  readonly memoryId: string;
  /** Where it stands in the file, from 1. */
  readonly number: number;
  /** Stands for what it says, and for how many lines before it said the same: a UUID. */
  readonly content: string;
  /** The content that stood here when it was done, where it is known to stand elsewhere now. */
  readonly insteadOf?: string | undefined;
}

/** What a memory has of a line. */
export interface DoneLine {
  /** `same`: it was done, wherever it stood. `other`: what stood in its place then was done, and said something else. */
  readonly found: 'same' | 'other';
  readonly content: string;
  /** Milliseconds since the epoch. */
  readonly doneAtMs: number;
}
