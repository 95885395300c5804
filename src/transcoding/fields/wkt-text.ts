import { protoCamelCase, protoSnakeCase } from '@bufbuild/protobuf/reflect';

const timestampPattern =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(\d{2}))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** RFC 3339, for a day that exists. Leap seconds have no timestamp. */
export function isTimestamp(text: string): boolean {
  const [, date, day] = timestampPattern.exec(text) ?? [];
  if (date === undefined || day === '00') return false;
  // Every month has 28 days; JavaScript turns a later day that does not exist into one of the next month.
  return Number(day) <= 28 || new Date(`${date}T00:00:00Z`).getUTCDate() === Number(day);
}

/** Seconds with at most nine digits after the point, and nothing after the `s`. */
export function isDuration(text: string): boolean {
  return /^-?\d{1,12}(?:\.\d{1,9})?s$/.test(text);
}

/** A path of a field mask, in either spelling, as the proto spells it; undefined when it is not the same in both. */
export function maskPath(text: string): string | undefined {
  const path = protoSnakeCase(text);
  const valid = /^[a-z]\w*(?:\.[a-z]\w*)*$/.test(path) && protoSnakeCase(protoCamelCase(path)) === path;
  return valid ? path : undefined;
}
