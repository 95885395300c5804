import { expect } from 'vitest';

declare module 'vitest' {
  interface Matchers<T> {
    toBeSecondsFromNow(seconds: number): T;
  }
}

/** On a busy machine, this much time may pass between the call and the comparison. */
const SLACK_SECONDS = 120;
const RFC_3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

expect.extend({
  toBeSecondsFromNow(received: unknown, seconds: number) {
    const off = typeof received === 'string' ? (Date.parse(received) - Date.now()) / 1000 - seconds : NaN;
    return {
      pass: RFC_3339_UTC.test(String(received)) && -SLACK_SECONDS < off && off < 1,
      message: () => `${received} is not an RFC 3339 time in UTC ${seconds} seconds from now`,
    };
  },
});

/** Matches an RFC 3339 time in UTC that is this far from now, or a little before that. */
export function inSeconds(seconds: number): unknown {
  return expect.toBeSecondsFromNow(seconds);
}

/** Now, or a little before. */
export const justNow = inSeconds(0);
