/** A line of an import, which happens once under the import's memory. */
export interface ImportLine {
  /** Names one of the merchant's import memories: a UUID. */
  readonly memoryId: string;
  /** Its place in the file, from 1. */
  readonly number: number;
  /** Identifies its content and how many lines before it have the same content: a UUID. */
  readonly content: string;
  /**
   * `whole`: the file is known to have all lines that were done, so other lines are new. `changed`: it lacks some, so
   * other lines may be their new versions. Undefined: not known, so the place of a line decides.
   */
  readonly file?: 'whole' | 'changed' | undefined;
}

/** What an import's memory knows about a line. */
export interface DoneLine {
  /** `same`: it was done, in any place. `other`: a line with other content was done in its place. */
  readonly found: 'same' | 'other';
  /** Milliseconds since the epoch. */
  readonly doneAtMs: number;
}
