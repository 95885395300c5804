import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChangeSignal } from '../../../../src/service/watch/change-signal.js';

let sent: string[][];
let signal: ChangeSignal;
const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  signal = new ChangeSignal({ send: (merchantIds) => sent.push([...merchantIds]) });
});
afterEach(() => {
  signal.close();
  vi.useRealTimers();
});

/** Waits for each merchant. Returns a function that says which were woken. */
function waiting(...merchantIds: string[]): () => Promise<string[]> {
  const woken: string[] = [];
  for (const id of merchantIds) void signal.next(id, 60_000, never).happened.then(() => woken.push(id));
  return async () => {
    await vi.advanceTimersByTimeAsync(0);
    return woken;
  };
}

describe('wakes', () => {
  // [what happens, who of a, a and b is woken]
  test.each<[string, () => void, string[]]>([
    ['a change of a', () => signal.changed('a'), ['a', 'a']],
    ['news of b', () => signal.wake('b'), ['b']],
    ['news of an unknown merchant', () => signal.wake(undefined), ['a', 'a', 'b']],
    ['news of another', () => signal.wake('c'), []],
    ['nothing', () => {}, []],
    ['the end', () => signal.close(), ['a', 'a', 'b']],
  ])('%s', async (_, happen, expected) => {
    const woken = waiting('a', 'a', 'b');
    happen();
    expect(await woken()).toEqual(expected);
    expect(signal.waits).toBe(3 - expected.length);
  });

  test('once: those who wait again are not woken by earlier changes', async () => {
    signal.changed('a');
    const woken = waiting('a');
    expect(await woken()).toEqual([]);
    signal.changed('a');
    expect(await woken()).toEqual(['a']);
  });

  test('also those who wait again while it wakes', async () => {
    let times = 0;
    const wait = (): void => {
      void signal.next('a', 60_000, never).happened.then(() => {
        times += 1;
        if (times < 3) wait();
      });
    };
    wait();
    for (let i = 0; i < 5; i++) {
      signal.wake('a');
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(times).toBe(3);
    expect(signal.waits).toBe(0);
  });
});

describe('a wait ends', () => {
  test('after its time, and not before', async () => {
    let ended = false;
    void signal.next('a', 2000, never).happened.then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(1999);
    expect([ended, signal.waits]).toEqual([false, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, signal.waits, vi.getTimerCount()]).toEqual([true, 0, 0]);
  });

  // [how, ends it]
  test.each<[string, (wake: { cancel(): void }, abort: () => void) => void]>([
    ['when it is cancelled', (wake) => wake.cancel()],
    ['when its signal is aborted', (_, abort) => abort()],
    ['when it is cancelled and aborted', (wake, abort) => [wake.cancel(), abort(), wake.cancel()]],
  ])('%s, and leaves nothing behind', async (_, end) => {
    const controller = new AbortController();
    const others = waiting('a');
    const wake = signal.next('a', 60_000, controller.signal);
    end(wake, () => controller.abort());
    await wake.happened;
    expect(signal.waits).toBe(1);
    expect(await others()).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
  });

  test('before it began, when its signal is aborted already', async () => {
    await signal.next('a', 60_000, AbortSignal.abort()).happened;
    expect([signal.waits, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe('tells other processes', () => {
  test('together, each merchant once, and no more often than every 50 ms', async () => {
    for (let ms = 0; ms < 100; ms++) {
      signal.changed('a');
      if (ms % 10 === 0) signal.changed(`b${ms}`);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(sent).toEqual([
      ['a', 'b0', 'b10', 'b20', 'b30', 'b40'],
      ['a', 'b50', 'b60', 'b70', 'b80', 'b90'],
    ]);
  });

  test('nothing when nothing changed, nor what it heard from them', async () => {
    signal.wake('a');
    signal.wake(undefined);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([]);
  });

  test('nothing more after it is closed', async () => {
    signal.changed('a');
    signal.close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([]);
  });
});
