import type { Figure } from './figures.js';
import type { ReadingName } from './turns.js';

/** A figure of the bench, and the promise that it checks. */
export interface Measure {
  /** The number in the specification; two promises may share one. */
  readonly id: number;
  readonly name: string;
  /** The readings that it needs. */
  readonly of: readonly ReadingName[];
  readonly figure: Figure;
  readonly bar: { readonly atLeast: number } | { readonly atMost: number } | 'none';
  /** Takes many minutes, so it runs alone, once, and only when requested. */
  readonly alone?: true;
  /** Too long for a quick run, unless requested. */
  readonly long?: true;
}
