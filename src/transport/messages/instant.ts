import { create } from '@bufbuild/protobuf';
import { type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';

/**
 * Converts an instant to whole microseconds since the epoch, as the database stores them. Rounds up: an instant of the
 * database is then before the result if and only if it is before the given one.
 */
export function microsecondsOf({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1_000_000 + Math.ceil(nanos / 1000);
}

/** Converts whole microseconds back. */
export function timestampOfUs(us: number): Timestamp {
  const seconds = Math.floor(us / 1_000_000);
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: (us - seconds * 1_000_000) * 1000 });
}
