/**
 * A parsed path template. Variables are kept separate from the segments that they cover, because matching looks only at
 * segments and binding only at variables.
 *
 * https://github.com/googleapis/googleapis/blob/master/google/api/http.proto ("Path template syntax")
 */
export interface Template {
  readonly source: string;
  readonly segments: readonly Segment[];
  readonly variables: readonly Variable[];
  /** Without its colon; empty when the template has none. */
  readonly verb: string;
}

export type Segment =
  /** Exactly this text, percent-decoded. */
  | { readonly kind: 'literal'; readonly text: string }
  /** `*`: one segment, not empty. */
  | { readonly kind: 'one' }
  /** `**`: any number of segments, none included. Always the last. */
  | { readonly kind: 'rest' };

export interface Variable {
  readonly fieldPath: readonly string[];
  /** Where the field path begins in the template, counted from 1. */
  readonly column: number;
  /** The segments it covers, `end` exclusive; infinite when it ends in `**`. */
  readonly start: number;
  readonly end: number;
  /** Several segments: `%2F` stays as it is when the value is decoded. */
  readonly multiSegment: boolean;
}

export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    description: string,
    /** Counted from 1. */
    readonly column: number,
  ) {
    super(description);
  }
}
