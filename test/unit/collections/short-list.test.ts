import { expect, test } from 'vitest';
import { ShortList } from '../../../src/collections/short-list.js';

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name }));

test('has what was added and not deleted, each once', () => {
  const list = new ShortList<object>().add(a!).add(b!).add(a!);
  expect([list.size, list.has(a!), list.has(c!)]).toEqual([2, true, false]);
  expect([list.delete(a!), list.delete(a!), list.delete(c!)]).toEqual([true, false, false]);
  expect([...list.add(c!)]).toEqual([b, c]);
});

test('who visits its items may delete them', () => {
  const list = new ShortList<object>().add(a!).add(b!).add(c!);
  const visited: object[] = [];
  list.forEach((item) => {
    list.delete(item);
    visited.push(item);
  });
  expect([visited, list.size]).toEqual([[a, b, c], 0]);
});
