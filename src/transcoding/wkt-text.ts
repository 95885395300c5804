import { protoCamelCase, protoSnakeCase } from '@bufbuild/protobuf/reflect';

const timestampPattern =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339, of a day that the calendar has. Leap seconds have no timestamp. */
export function isTimestamp(text: string): boolean {
  const day = timestampPattern.exec(text)?.[1];
  if (day === undefined) return false;
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

/** Seconds with at most nine digits behind the point, and nothing behind the `s`. */
export function isDuration(text: string): boolean {
  return /^-?\d{1,12}(?:\.\d{1,9})?s$/.test(text);
}

/** A path of a field mask, in either spelling, as the proto spells it; undefined when it is not the same in both. */
export function maskPath(text: string): string | undefined {
  const path = protoSnakeCase(text);
  const valid = /^[a-z]\w*(?:\.[a-z]\w*)*$/.test(path) && protoSnakeCase(protoCamelCase(path)) === path;
  return valid ? path : undefined;
}
