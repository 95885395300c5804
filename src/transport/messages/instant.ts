import type { Timestamp } from '@bufbuild/protobuf/wkt';

/**
 * Converts an instant to whole microseconds since the epoch, as the database keeps them: rounded up, so that what is
 * before it is before the result, and what is not, is not.
 */
export function microsecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000_000 + Math.ceil(nanos / 1000);
}
