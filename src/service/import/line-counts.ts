import type { Lines } from './reading/line.js';

/** Counts of processed lines, each in exactly one of these. The sum is the number of lines in the file. */
export interface LineCounts {
  done: number;
  /** Reported as bad. */
  bad: number;
  blank: number;
  /** Lines with the names of the columns, or the `sep=` before them. */
  names: number;
}

export function noLines(): LineCounts {
  return { done: 0, bad: 0, blank: 0, names: 0 };
}

export function allLines({ done, bad, blank, names }: Readonly<LineCounts>): number {
  return done + bad + blank + names;
}

/** `line 5`, or `lines 5 to 7`. */
export function placeOf({ line, lines }: Pick<Lines, 'line' | 'lines'>): string {
  return lines === 1 ? `line ${line}` : `lines ${line} to ${line + lines - 1}`;
}
