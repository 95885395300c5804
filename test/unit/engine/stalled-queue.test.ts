import { expect, test } from 'vitest';
import { StalledQueue } from '../../../src/engine/stalled-queue.js';

test.each<[string, { busy: boolean; recordsAwaited: number }, boolean]>([
  ['nobody waits', { busy: false, recordsAwaited: 0 }, false],
  ['all hang', { busy: true, recordsAwaited: 0 }, true],
  ['somebody keeps a record', { busy: true, recordsAwaited: 1 }, false],
])('%s: %j → %s', (_, figures, expected) => {
  let nowMs = 0;
  const queue = new StalledQueue(
    () => figures,
    () => nowMs,
  );
  expect(queue.stalled).toBe(false);
  nowMs = 5001;
  expect(queue.stalled).toBe(expected);
  queue.moved();
  expect(queue.stalled).toBe(false);
});
