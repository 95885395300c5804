import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

/**
 * Converts an instant to whole microseconds since the epoch, as the database keeps them: rounded up, so that what is
 * before it is before the result, and what is not, is not.
 */
export function microsecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000_000 + Math.ceil(nanos / 1000);
}

/** The inverse, of whole microseconds. */
export function timestampOfUs(us: number): Timestamp {
  const seconds = Math.floor(us / 1_000_000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (us - seconds * 1_000_000) * 1000 });
}
