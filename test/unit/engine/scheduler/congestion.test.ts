import { expect, test } from 'vitest';
import { Congestion } from '../../../../src/engine/scheduler/congestion.js';

const WAIT_MAX_MS = 100;
const FREE = 10;

/** Every 10 ms, 20 calls are done; the oldest of them has waited `waitedMs`. Returns when the last ones were done. */
function work(congestion: Congestion, fromMs: number, forMs: number, waitedMs: number): number {
  for (let now = fromMs; now <= fromMs + forMs; now += 10) congestion.done(20, waitedMs, now);
  return fromMs + forMs;
}

test.each([
  ['a burst that is done soon', 250, 50, 10_000, false],
  ['a burst of less than a quarter of a second', 240, 51, 10_000, false],
  ['a queue that stands, and drains in time', 250, 51, 205, false],
  ['a queue that stands, and does not', 250, 51, 215, true],
  ['calls that fill a batch', 250, 51, 9, false],
])('%s', (_, forMs, waitedMs, waiting, refused) => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  const nowMs = work(congestion, 0, forMs, waitedMs);
  expect(congestion.refuses(waiting, waiting, nowMs)).toBe(refused);
});

test('calls are refused until none has been refused for a second', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  let now = work(congestion, 0, 250, 51);
  expect([congestion.isTight(now), congestion.refuses(300, 300, now), congestion.isTight(now)]).toEqual([
    false,
    true,
    true,
  ]);
  now = work(congestion, now, 900, 1);
  expect(congestion.refuses(300, 300, now)).toBe(true);
  now = work(congestion, now, 1000, 1);
  expect([congestion.isTight(now), congestion.refuses(300, 300, now)]).toEqual([false, false]);
});

test('what gets done in a second is measured again while it is full', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  let now = work(congestion, 0, 250, 60);
  expect(congestion.refuses(150, 150, now)).toBe(false);
  for (let i = 0; i < 200; i++, now += 10) congestion.done(10, 60, now);
  expect(congestion.refuses(150, 150, now)).toBe(true);
  // While the queue is not full, the calls that are done only show how many come.
  for (let i = 0; i < 90; i++, now += 10) congestion.done(1, 1, now);
  expect(congestion.refuses(90, 90, now)).toBe(false);
});

test('time without calls does not count as slow', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  let now = work(congestion, 0, 2000, 60);
  now += 600_000;
  congestion.begins(now);
  now = work(congestion, now, 300, 60);
  expect(congestion.refuses(150, 150, now)).toBe(false);
  expect(congestion.refuses(250, 250, now)).toBe(true);

  const cold = new Congestion(WAIT_MAX_MS, FREE);
  cold.begins(now);
  now = work(cold, now, 300, 60);
  expect(cold.refuses(150, 150, now)).toBe(false);
});

test('a queue of which nothing gets done stands, too', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  expect(congestion.refuses(100, 100, 249)).toBe(false);
  expect(congestion.refuses(9, 9, 250)).toBe(false);
  expect(congestion.refuses(100, 0, 250)).toBe(false);
  expect(congestion.refuses(100, 100, 250)).toBe(true);
});

test('without a limit, no call is refused', () => {
  const congestion = new Congestion(0, FREE);
  congestion.begins(0);
  expect(congestion.refuses(1e6, 1e6, 1e6)).toBe(false);
});

test('what a call has waited before it was read counts, too', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  // 2 are done in a millisecond.
  const nowMs = work(congestion, 0, 250, 51);
  expect(congestion.refuses(100, 100, nowMs, 45)).toBe(false);
  expect(congestion.refuses(100, 100, nowMs, 60)).toBe(true);
  // One that is late already is only taken if there is nothing else to do.
  expect(congestion.refuses(9, 9, nowMs, WAIT_MAX_MS)).toBe(false);
  expect(congestion.refuses(9, 9, nowMs, WAIT_MAX_MS + 1)).toBe(true);
  expect(congestion.refuses(0, 0, nowMs, WAIT_MAX_MS + 1)).toBe(false);
  // Others wait, but not in front of it.
  expect(congestion.refuses(300, 0, nowMs, WAIT_MAX_MS + 1)).toBe(false);
});

test('until a queue stands, a call is taken however late it comes', () => {
  const congestion = new Congestion(WAIT_MAX_MS, FREE);
  congestion.begins(0);
  expect(congestion.refuses(300, 300, work(congestion, 0, 240, 51), 10_000)).toBe(false);
});
