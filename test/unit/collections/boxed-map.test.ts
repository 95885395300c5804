import { expect, test } from 'vitest';
import { BoxedMap } from '../../../src/collections/boxed-map.js';
import { FEW_BYTES, promotedBytes } from '../../support/promoted-bytes.js';

test('is a Map', () => {
  const [map, boxed] = [new Map<number, string>(), new BoxedMap<number, string>()];
  const seen = (one: Map<number, string>) => {
    const visited: unknown[] = [];
    one.forEach((value, key, of) => {
      visited.push([value, key, of === one]);
    });
    return [
      one.size,
      [...one],
      [...one.entries()],
      [...one.keys()],
      [...one.values()],
      visited,
      [1, 2, 3].map((key) => [one.get(key), one.has(key)]),
    ];
  };
  const steps: ((one: Map<number, string>) => unknown)[] = [
    (one) => one.set(1, 'a') === one,
    (one) => one.set(2, 'b').set(3, 'c').size,
    (one) => one.set(2, 'B').size,
    (one) => [one.delete(1), one.delete(1)],
    (one) => one.set(1, 'again').size,
    (one) => one.clear(),
  ];
  for (const step of steps) {
    expect(step(boxed)).toEqual(step(map));
    expect(seen(boxed)).toEqual(seen(map));
  }
});

test('what was deleted is not promoted to the old generation', () => {
  const map = new BoxedMap<number, object>();
  let last = 0;
  const bytes = promotedBytes((item) => {
    const key = ++last;
    map.set(key, item);
    return () => map.delete(key);
  });
  expect(bytes).toBeLessThan(FEW_BYTES);
});
