import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ReadClock } from '../../../../../src/transport/grpc/gate/read-clock.js';

const FULL = 65_536;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function beBusy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('what comes on a connection that was silent has not waited', async () => {
  const clock = new ReadClock(new Socket());
  clock.read(10);
  await pause(400);
  clock.read(10);
  // Two ticks, and what a busy machine adds.
  expect(clock.waitedMs).toBeLessThan(200);
});

test('what is read behind a long turn may have waited for all of it', async () => {
  const clock = new ReadClock(new Socket());
  clock.read(10);
  await pause(50);
  beBusy(150);
  clock.read(10);
  expect(clock.waitedMs).toBeGreaterThan(149);
});

test('what a read has left has waited since that read at least', async () => {
  const clock = new ReadClock(new Socket());
  clock.read(FULL);
  await pause(300);
  clock.read(FULL);
  await pause(300);
  clock.read(10);
  expect(clock.waitedMs).toBeGreaterThan(590);
  await pause(400);
  clock.read(10);
  expect(clock.waitedMs).toBeLessThan(200);
});
