import { expect, test } from 'vitest';
import { Roster } from '../../../src/collections/roster.js';
import { FEW_BYTES, promotedBytes } from '../../support/promoted-bytes.js';

test('lists what is in it, the oldest first', () => {
  const roster = new Roster<string>();
  const [a, b, c] = ['a', 'b', 'c'].map((item) => roster.add(item));
  expect([roster.all(), roster.oldest, roster.size]).toEqual([['a', 'b', 'c'], 'a', 3]);
  b!.leave();
  expect([roster.all(), roster.oldest, roster.size]).toEqual([['a', 'c'], 'a', 2]);
  a!.leave();
  roster.add('d');
  expect([roster.all(), roster.oldest, roster.size]).toEqual([['c', 'd'], 'c', 2]);
  c!.leave();
  expect([roster.all(), roster.oldest, roster.size]).toEqual([['d'], 'd', 1]);
});

test('is empty at first, and again when all have left', () => {
  const roster = new Roster<string>();
  expect([roster.all(), roster.oldest, roster.size]).toEqual([[], undefined, 0]);
  roster.add('a').leave();
  expect([roster.all(), roster.oldest, roster.size]).toEqual([[], undefined, 0]);
});

test('a place can be left once', () => {
  const roster = new Roster<string>();
  const place = roster.add('a');
  roster.add('b');
  place.leave();
  place.leave();
  expect([roster.all(), roster.size]).toEqual([['b'], 1]);
});

test('what has left is not promoted to the old generation', () => {
  const roster = new Roster<object>();
  const bytes = promotedBytes((item) => {
    const place = roster.add(item);
    return () => place.leave();
  });
  expect(bytes).toBeLessThan(FEW_BYTES);
});
