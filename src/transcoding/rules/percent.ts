import { MalformedRequest } from '../faults.js';

/** Percent-decodes one path segment or a single-segment variable, fully. */
export function decodeSegment(text: string): string {
  return text.includes('%') ? decode(text, 'path') : text;
}

/** Percent-decodes a part of a multi-segment variable: all but `%2F`, which stays as written. */
export function decodeKeepingSlashes(text: string): string {
  if (!text.includes('%')) return text;
  return text
    .split(/(%2f)/i)
    .map((part, i) => (i % 2 === 1 ? part : decode(part, 'path')))
    .join('');
}

/** Decodes a name or value of a query string, where `+` means a space. HTTP/2 lets non-ASCII characters through. */
export function decodeQueryPart(text: string): string {
  if (/[^\x21-\x7e]/.test(text)) return refuse('query');
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return spaced.includes('%') ? decode(spaced, 'query') : spaced;
}

function decode(text: string, part: 'path' | 'query'): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(part);
  }
}

function refuse(part: 'path' | 'query'): never {
  throw new MalformedRequest(`the ${part} is not valid percent-encoded UTF-8`);
}
