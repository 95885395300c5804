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

/** What one line says, or several together where a quoted value runs over their ends. Each line is in exactly one. */
export type Row = UsableRow | FaultyRow | PassedOver;

/** Where in the file a row stands. */
export interface Lines {
  /** The first, from 1. */
  readonly line: number;
  /** How many. */
  readonly lines: number;
  readonly endByte: number;
}

export interface UsableRow extends Lines {
  readonly kind: 'usable';
  /** Values by column; what is not given is left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What the reader found wrong with values. */
  readonly problems?: readonly string[];
}

export interface FaultyRow extends Lines {
  readonly kind: 'faulty';
  readonly fault: string;
}

/** Says nothing, or names the columns. */
export interface PassedOver extends Lines {
  readonly kind: 'blank' | 'names';
}

export function isPassedOver(row: Row): row is PassedOver {
  return row.kind === 'blank' || row.kind === 'names';
}

/** No line of the file can be used, or nobody knows how. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}
