import { expect, test } from 'vitest';
import { readTraceparent } from '../../../src/telemetry/trace-context.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';

test.each([
  [`00-${traceId}-${parentId}-01`, { traceId, parentId, sampled: true }],
  [`00-${traceId}-${parentId}-00`, { traceId, parentId, sampled: false }],
  [`00-${traceId}-${parentId}-03`, { traceId, parentId, sampled: true }],
  [`cc-${traceId}-${parentId}-01-what-the-future-will-be-like`, { traceId, parentId, sampled: true }],
  [`00-${traceId}-${parentId}-01-more`, undefined],
  [`00-${traceId}-${parentId}-01-`, undefined],
  [`ff-${traceId}-${parentId}-01`, undefined],
  [`00-${'0'.repeat(32)}-${parentId}-01`, undefined],
  [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
  [`00-${traceId.toUpperCase()}-${parentId}-01`, undefined],
  [`00-${traceId}-${parentId}`, undefined],
  [`00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`, undefined],
  ['', undefined],
  [undefined, undefined],
])('%j', (header, expected) => {
  expect(readTraceparent(header)).toEqual(expected);
});
