import { expect, test } from 'vitest';
import { formatInstantUs, parseInstantUs } from '../../../src/cli/instant.js';

test.each<[string, string | undefined]>([
  ['2026-01-31', '2026-01-31T00:00:00.000000Z'],
  ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00.000000Z'],
  ['2026-01-31t08:00:00z', '2026-01-31T08:00:00.000000Z'],
  ['2026-01-31T08:00:00.5Z', '2026-01-31T08:00:00.500000Z'],
  ['2026-01-31T08:00:00.123456Z', '2026-01-31T08:00:00.123456Z'],
  ['2026-01-31T08:00:00.123456789Z', '2026-01-31T08:00:00.123456Z'],
  ['2026-01-31T08:00:00+02:00', '2026-01-31T06:00:00.000000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000000Z'],
  ['2026-02-29', undefined],
  ['2026-02-31T08:00:00Z', undefined],
  ['2026-13-01', undefined],
  ['2026-01-31T25:00:00Z', undefined],
  ['2026-01-31T08:00:00', undefined],
  ['2026-01-31 08:00:00Z', undefined],
  ['yesterday', undefined],
  ['', undefined],
])('%s is %s', (text, instant) => {
  const us = parseInstantUs(text);
  expect(us === undefined ? undefined : formatInstantUs(us)).toBe(instant);
});
