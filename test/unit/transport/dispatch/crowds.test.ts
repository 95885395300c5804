import { expect, test, vi } from 'vitest';
import { Crowds } from '../../../../src/transport/dispatch/crowds.js';

const NOW = 1_000_000;

/** Lets this many calls of a merchant enter. */
function enter(crowds: Crowds, merchantId: string, calls: number, nowMs = NOW): boolean[] {
  return Array.from({ length: calls }, () => crowds.enter(merchantId, nowMs));
}

function leave(
  crowds: Crowds,
  merchantId: string,
  nowMs: number,
  isOverLimit = false,
): Promise<void> | undefined {
  return crowds.leave(merchantId, nowMs, isOverLimit);
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a merchant alone never waits for a turn', () => {
  const crowds = new Crowds(0);
  enter(crowds, 'a', 500);
  for (let i = 0; i < 500; i++) expect(leave(crowds, 'a', NOW)).toBeUndefined();
});

test('next to others, the answers of a crowd leave a few a turn, in order; those of the others at once', async () => {
  const crowds = new Crowds(0);
  enter(crowds, 'b', 1);
  enter(crowds, 'a', 100);
  const left: number[] = [];
  const waits = Array.from({ length: 60 }, (_, i) => leave(crowds, 'a', NOW)!.then(() => left.push(i)));
  expect(leave(crowds, 'b', NOW)).toBeUndefined();
  await turn();
  expect(left).toEqual([0, 1, 2]);
  await turn();
  expect(left).toHaveLength(6);
  await Promise.all(waits);
  expect(left).toEqual(Array.from({ length: 60 }, (_, i) => i));
  // 40 are still a crowd; 32 are not.
  expect(leave(crowds, 'a', NOW)).toBeInstanceOf(Promise);
  for (let i = 0; i < 39; i++) leave(crowds, 'a', NOW);
});

test('those who have not called for a second are not present', () => {
  const crowds = new Crowds(0);
  enter(crowds, 'b', 1, NOW);
  enter(crowds, 'a', 100, NOW + 999);
  expect(leave(crowds, 'a', NOW + 999)).toBeInstanceOf(Promise);
  expect(leave(crowds, 'a', NOW + 1000)).toBeUndefined();
});

test('no more calls of a merchant in progress than are allowed, and of each by itself', () => {
  const crowds = new Crowds(2);
  expect(enter(crowds, 'a', 3)).toEqual([true, true, false]);
  expect(enter(crowds, 'b', 1)).toEqual([true]);
  leave(crowds, 'a', NOW);
  expect(enter(crowds, 'a', 1)).toEqual([false]);
  for (let i = 0; i < 3; i++) leave(crowds, 'a', NOW);
  expect(enter(crowds, 'a', 2)).toEqual([true, true]);
});

test('refused calls whose answers wait take no place from the next calls', async () => {
  const crowds = new Crowds(50);
  enter(crowds, 'b', 1);
  expect(enter(crowds, 'a', 50)).not.toContain(false);
  const refusals = Array.from({ length: 100 }, () => {
    expect([crowds.isFull('a'), crowds.enter('a', NOW)]).toEqual([true, false]);
    return leave(crowds, 'a', NOW, true);
  });
  const answered = leave(crowds, 'a', NOW);
  await answered;
  expect(crowds.isFull('a')).toBe(false);
  expect(enter(crowds, 'a', 2)).toEqual([true, false]);
  await Promise.all(refusals);
});

test('refusals of those over their limit leave a few each 2 ms, and more of a larger number', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const crowds = new Crowds(0);
    enter(crowds, 'b', 1);
    enter(crowds, 'a', 1100);
    let left = 0;
    for (let i = 0; i < 1024; i++) void leave(crowds, 'a', NOW, true)!.then(() => left++);
    await turn();
    expect(left).toBe(0);
    await vi.advanceTimersByTimeAsync(2);
    expect(left).toBe(16);
    await vi.advanceTimersByTimeAsync(2);
    expect(left).toBe(32);
    await vi.advanceTimersByTimeAsync(2 * 126);
    expect(left).toBe(1024);
  } finally {
    vi.useRealTimers();
  }
});
