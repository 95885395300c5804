import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a client accepts, by `Accept` or `Accept-Encoding`: a list of ranges with weights.
 *
 * https://www.rfc-editor.org/rfc/rfc9110.html#section-12.4.2
 */
export interface Weight {
  /** From 0 (refused) to 1. */
  readonly quality: number;
  /** Whether the range names the thing itself, rather than a wildcard that covers it. */
  readonly named: boolean;
}

const refused: Weight = { quality: 0, named: false };
const anything: Weight = { quality: 1, named: false };

/**
 * Elements of a list; commas inside quotes do not separate them. An unclosed quote reaches to the end: if it did not
 * match, the rest would be rescanned from each quote in it.
 */
const elementPattern = /(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^,"])+/g;
const rangePattern = /^\s*([\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?)\s*((?:;.*)?)$/;
const weightPattern = /;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)/i;

/**
 * The weight of a media type. The most specific range that covers it decides; parameters other than `q` are ignored. A
 * header that is missing, empty or holds no range accepts everything.
 */
export function weightOfType(accept: string | undefined, type: string): Weight {
  if (accept === undefined || accept === '*/*') return anything;
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  // `*` is not a media range, but old clients send it.
  return weigh(accept, [type, family, '*/*', '*']) ?? anything;
}

/**
 * Whether a client accepts gzip. Without the header nothing is compressed, because clients without a decoder send none.
 */
export function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  const acceptEncoding = headers['accept-encoding'] as string | undefined;
  if (acceptEncoding === undefined || acceptEncoding === '') return false;
  return (weigh(acceptEncoding, ['gzip', 'x-gzip', '*'])?.quality ?? 0) > 0;
}

/** The weight of the first of `names`, the most specific first, that the list has; undefined for an empty list. */
function weigh(list: string, names: readonly string[]): Weight | undefined {
  let found: Weight | undefined;
  let foundAt = names.length;
  let any = false;
  for (const element of list.match(elementPattern) ?? []) {
    const match = rangePattern.exec(element);
    if (match === null) continue;
    any = true;
    const index = names.indexOf(match[1]!.toLowerCase());
    if (index < 0 || index >= foundAt) continue;
    foundAt = index;
    found = { quality: Number(weightPattern.exec(match[2]!)?.[1] ?? 1), named: index === 0 };
  }
  return any ? (found ?? refused) : undefined;
}
