import { describe, expect, test } from 'vitest';
import { RateLimiter } from '../../../src/auth/rate-limiter.js';

describe('RateLimiter', () => {
  const steps: [what: string, merchant: string, atMs: number, calls: number, admitted: number][] = [
    ['a second’s worth at once, no more', 'a', 0, 15, 10],
    ['another merchant has its own', 'b', 0, 15, 10],
    ['100 ms earn one call', 'a', 100, 5, 1],
    ['half a second earns five', 'a', 600, 9, 5],
    ['a long pause earns one second’s worth', 'a', 60_000, 15, 10],
    ['a clock that steps back earns nothing', 'a', 30_000, 3, 0],
  ];
  const limiter = new RateLimiter(10);
  test.each(steps)('%s', (_, merchant, atMs, calls, admitted) => {
    const passed = Array.from({ length: calls }, () => limiter.admits(merchant, atMs)).filter(Boolean);
    expect(passed).toHaveLength(admitted);
  });

  test('0 is no limit', () => {
    const free = new RateLimiter(0);
    expect(Array.from({ length: 1000 }, () => free.admits('a', 0)).every(Boolean)).toBe(true);
  });
});
