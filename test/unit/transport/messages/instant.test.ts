import { expect, test } from 'vitest';
import { microsecondsOf, timestampOfUs } from '../../../../src/transport/messages/instant.js';

test.each([
  [0, 0n, 0],
  [1_795_924_242_365_437, 1_795_924_242n, 365_437_000],
  [-1, -1n, 999_999_000],
  [-62_135_596_800_000_000, -62_135_596_800n, 0],
])('%d µs since the epoch, as a timestamp and back', (us, seconds, nanos) => {
  const timestamp = timestampOfUs(us);
  expect(timestamp).toMatchObject({ seconds, nanos });
  expect(microsecondsOf(timestamp)).toBe(us);
});
