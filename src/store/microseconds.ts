/** SQL for the instant of a parameter in whole microseconds since the epoch, the full precision of the clock. */
export function instantOfUs(parameter: string): string {
  return `timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond'`;
}

/** SQL for an instant as microseconds since the epoch. */
export function usOf(instant: string): string {
  return `(extract(epoch FROM ${instant}) * 1000000)::float8`;
}
