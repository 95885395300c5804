import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/cli/duration.js';

test.each<[string, number | undefined]>([
  ['90s', 90],
  ['15m', 900],
  ['1h', 3600],
  ['30d', 2_592_000],
  ['0s', 0],
  ['', undefined],
  ['15', undefined],
  ['m', undefined],
  ['-1m', undefined],
  ['1.5h', undefined],
  ['1w', undefined],
  [' 1h', undefined],
  ['9999999999s', undefined],
])('%j → %s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each<[number, string]>([
  [90, '90s'],
  [900, '15m'],
  [3600, '1h'],
  [5400, '90m'],
  [86_400, '1d'],
  [1, '1s'],
])('%i → %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
  expect(parseDuration(text)).toBe(seconds);
});
