import { expect, test } from 'vitest';
import { Crowds } from '../../../../src/transport/dispatch/crowds.js';

const NOW = 1_000_000;

/** Lets `calls` of a merchant enter. */
function enter(crowds: Crowds, merchantId: string, calls: number, nowMs = NOW): boolean[] {
  return Array.from({ length: calls }, () => crowds.enter(merchantId, nowMs));
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a merchant alone never waits for a turn', () => {
  const crowds = new Crowds(0);
  enter(crowds, 'a', 500);
  for (let i = 0; i < 500; i++) expect(crowds.leave('a', NOW)).toBeUndefined();
});

test('next to others, the answers of a crowd leave a few a turn, in order; those of the others at once', async () => {
  const crowds = new Crowds(0);
  enter(crowds, 'b', 1);
  enter(crowds, 'a', 100);
  const left: number[] = [];
  const waits = Array.from({ length: 60 }, (_, i) => crowds.leave('a', NOW)!.then(() => left.push(i)));
  expect(crowds.leave('b', NOW)).toBeUndefined();
  await turn();
  expect(left).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  await turn();
  expect(left).toHaveLength(16);
  await Promise.all(waits);
  expect(left).toEqual(Array.from({ length: 60 }, (_, i) => i));
  // 40 are still a crowd; 32 are not.
  expect(crowds.leave('a', NOW)).toBeInstanceOf(Promise);
  for (let i = 0; i < 39; i++) crowds.leave('a', NOW);
});

test('those who have not called for a second are not present', () => {
  const crowds = new Crowds(0);
  enter(crowds, 'b', 1, NOW);
  enter(crowds, 'a', 100, NOW + 999);
  expect(crowds.leave('a', NOW + 999)).toBeInstanceOf(Promise);
  expect(crowds.leave('a', NOW + 1000)).toBeUndefined();
});

test('no more calls of a merchant in progress than are allowed, and of each by itself', () => {
  const crowds = new Crowds(2);
  expect(enter(crowds, 'a', 3)).toEqual([true, true, false]);
  expect(enter(crowds, 'b', 1)).toEqual([true]);
  crowds.leave('a', NOW);
  expect(enter(crowds, 'a', 1)).toEqual([false]);
  for (let i = 0; i < 3; i++) crowds.leave('a', NOW);
  expect(enter(crowds, 'a', 2)).toEqual([true, true]);
});
