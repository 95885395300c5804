/** One line of a file, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined when the line cannot be read; then `fault` says why. */
  readonly text: string | undefined;
  readonly fault?: string;
  /** Where in the file the next line begins. */
  readonly endByte: number;
}

/** The content of one line, or of several that a quoted value spans. Each line is in exactly one row. */
export type Row = UsableRow | FaultyRow | PassedOver;

/** The place of a row in the file. */
export interface Lines {
  /** The first, from 1. */
  readonly line: number;
  /** How many. */
  readonly lines: number;
  readonly endByte: number;
}

export interface UsableRow extends Lines {
  readonly kind: 'usable';
  /** Values by column; missing ones are left out. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Problems that the reader found with values. */
  readonly problems?: readonly string[];
}

export interface FaultyRow extends Lines {
  readonly kind: 'faulty';
  readonly fault: string;
}

/** Blank, or the names of the columns. */
export interface PassedOver extends Lines {
  readonly kind: 'blank' | 'names';
}

export function isPassedOver(row: Row): row is PassedOver {
  return row.kind === 'blank' || row.kind === 'names';
}

/** No line of the file can be used, or it is not clear how. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}
