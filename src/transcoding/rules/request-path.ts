import { MalformedRequest } from '../faults.js';
import { decodeKeepingSlashes, decodeSegment } from './percent.js';
import type { Variable } from './template.js';

/** One way to read a request's path. */
export interface RequestPath {
  readonly raw: readonly string[];
  readonly decoded: readonly string[];
  /** Without its colon; empty when the path is read without a verb. */
  readonly verb: string;
}

/** The path and the query of a request target, which may be in absolute form (`http://host/path?query`). */
export function splitTarget(target: string): { path: string; query: string } {
  const origin = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '');
  const mark = origin.indexOf('?');
  return mark < 0
    ? { path: origin, query: '' }
    : { path: origin.slice(0, mark), query: origin.slice(mark + 1) };
}

/**
 * The ways to read a path, in the order to try them: `/a/b:c` may be `/a/b` with the verb `c`, or have the last segment
 * `b:c`. A percent-encoded colon never begins a verb.
 *
 * @throws MalformedRequest when the path is not percent-encoded UTF-8.
 */
export function readingsOf(path: string): RequestPath[] {
  if (!path.startsWith('/')) return [];
  if (/[^\x21-\x7e]/.test(path)) throw new MalformedRequest('the path is not valid percent-encoded UTF-8');
  const raw = path.slice(1).split('/');
  const decoded = path.includes('%') ? raw.map(decodeSegment) : raw;
  const whole: RequestPath = { raw, decoded, verb: '' };
  const last = raw[raw.length - 1]!;
  const colon = last.lastIndexOf(':');
  if (colon < 0 || colon === last.length - 1) return [whole];
  const stem = last.slice(0, colon);
  const withVerb: RequestPath = {
    raw: [...raw.slice(0, -1), stem],
    decoded: [...decoded.slice(0, -1), decodeSegment(stem)],
    verb: decodeSegment(last.slice(colon + 1)),
  };
  return [withVerb, whole];
}

/**
 * The text that a variable takes from a path that its template matches. `%2F` in one of several segments stays as it
 * is, because otherwise a reader could not tell it from a slash between two. `decodesFully` decodes it if the variable
 * took more than one segment.
 */
export function capture(path: RequestPath, variable: Variable, decodesFully = false): string {
  if (!variable.multiSegment) return path.decoded[variable.start]!;
  const segments = path.raw.slice(variable.start, variable.end);
  return segments.map(decodesFully && segments.length > 1 ? decodeSegment : decodeKeepingSlashes).join('/');
}
