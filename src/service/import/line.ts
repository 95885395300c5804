/** One line of a file, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined for one that cannot be read, and then `fault` says why. */
  readonly text: string | undefined;
  readonly fault?: string;
  /** Where in the file the next line begins. */
  readonly endByte: number;
}

/** What a line says, or several together where a quoted text runs over their ends. */
export type Row = UsableRow | FaultyRow;

interface UsableRow {
  /** The first line, from 1. */
  readonly line: number;
  readonly endByte: number;
  /** Values by column; what is not given is left out. */
  readonly fields: Readonly<Record<string, unknown>>;
}

interface FaultyRow extends Omit<UsableRow, 'fields'> {
  readonly fields?: undefined;
  readonly fault: string;
}

/** No line of the file can be used, or nobody knows how. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}
