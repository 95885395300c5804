import { describe, expect, test } from 'vitest';
import { Blocked } from '../../../../src/engine/scheduler/entry.js';
import { allTold, Failed, NEVER, settled, setUp, told } from './batcher-harness.js';

const KEPT = 'failed a row was not to be had for 1000 ms';
const SILENT = expect.stringMatching(/^failed no answer about a row for \d+ ms$/);
const down = new Failed('retry', 'the database is down');

/** Somebody has the row, and nobody gets it in line. Looks end as the script says: an error, or nothing is free. */
function kept(look: (n: number) => Error | undefined) {
  let looks = 0;
  return setUp({
    execute: async (calls) => calls.map(() => new Blocked('row', ['row'])),
    namesOf: () => ['row'],
    findFree: async () => {
      const fault = look(looks++);
      if (fault !== undefined) throw fault;
      return [];
    },
  });
}

test('a row that somebody keeps for too long is the answer', async () => {
  expect(await allTold(kept(() => undefined).submit('a', 'b'))).toEqual([KEPT, KEPT]);
});

test('if the last looks failed, their error is the answer: nobody knows whether somebody has the row', async () => {
  const { submit } = kept((n) => (n < 5 ? undefined : down));
  expect(await allTold(submit('a', 'b'))).toEqual(Array(2).fill('failed the database is down'));
});

test('an error that looks got over is not', async () => {
  expect(await allTold(kept((n) => (n < 5 ? down : undefined)).submit('a'))).toEqual([KEPT]);
});

test('nor is one from an earlier wait', async () => {
  let isDown = true;
  const { submit, batcher, clock } = kept(() => (isDown ? down : undefined));
  expect(await allTold(submit('a'))).toEqual(['failed the database is down']);
  isDown = false;
  expect(batcher.rowsAwaited).toBe(0);
  clock.now += 1000;
  expect(await allTold(submit('b'))).toEqual([KEPT]);
});

/** Each call needs the row of its name, which somebody has until it is free. A look is at one row. */
function keptEach(findFree: (row: string) => Promise<readonly string[]>) {
  const free = new Set<string>();
  const looked: string[] = [];
  const stage = setUp({
    execute: async (calls) => calls.map((call) => (free.has(call) ? `=${call}` : new Blocked(call, [call]))),
    namesOf: (call) => [call],
    lookOf: (name) => name,
    findFree: async ([row]) => {
      looked.push(row!);
      const found = await findFree(row!);
      for (const name of found) free.add(name);
      return found;
    },
  });
  const { clock } = stage;
  const { sleep } = clock;
  // Looks go on meanwhile.
  clock.sleep = async (ms) => {
    await sleep(ms);
    await settled();
  };
  return { ...stage, looked };
}

test('rows that cannot be looked at do not keep others from being looked at', async () => {
  let looks = 0;
  const { submit } = keptEach(async (row) => {
    if (row.startsWith('dead')) throw down;
    return ++looks < 3 ? [] : [row];
  });
  expect(await allTold(submit('dead 1', 'alive', 'dead 2'))).toEqual([
    'failed the database is down',
    'done =alive',
    'failed the database is down',
  ]);
});

test('a look without an end keeps no call from its answer', async () => {
  let end: (found: string[]) => void = () => {};
  const { submit, batcher, looked } = keptEach((row) =>
    row === 'lost' ? new Promise((resolve) => (end = resolve)) : Promise.resolve([row]),
  );
  expect(await allTold(submit('lost'))).toEqual([KEPT]);
  // Nor one that comes later, though nobody can tell about its row.
  expect(await allTold(submit('later'))).toEqual([SILENT]);
  expect(looked).toEqual(['lost']);
  const drained = batcher.drain();
  end([]);
  await drained;
  expect(batcher.busy).toBe(false);
});

test('a call that cannot wait for the first look is still looked for', async () => {
  const { batcher, clock, looked } = keptEach(async (row) => [row]);
  const answer = batcher.submit('a', clock.now + 10);
  expect(told(await answer)).toBe('deadline_passed');
  await settled();
  expect(looked).toEqual(['a']);
});

test('a late look does not count for a wait that began after it', async () => {
  const ends: ((found: string[]) => void)[] = [];
  const { submit, looked } = keptEach((row) =>
    row === 'lost' ? new Promise((resolve) => ends.push(resolve)) : Promise.resolve([]),
  );
  expect(await allTold(submit('lost'))).toEqual([KEPT]);
  const again = submit('lost');
  await settled();
  ends[0]!(['lost']);
  expect(await allTold(again)).toEqual([KEPT]);
  expect(looked.length).toBeGreaterThan(1);
});

describe('a database that falls silent', () => {
  /** Each call needs the row of its name, which somebody has. Looks do not end, nor do waits in line, until `end` is called. */
  function silent(limits: { rowsAwaitedMax: number; rowWaitMaxMs: number }) {
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const never = (): Promise<never> => ended.then(() => Promise.reject(down));
    const stage = setUp({
      execute: async (calls) => calls.map((call) => new Blocked(call, [call])),
      namesOf: (call) => [call],
      executeBehind: never,
      findFree: never,
      limits,
    });
    stage.clock.sleep = async (ms) => {
      stage.clock.now += ms;
      await settled();
    };
    return { ...stage, end };
  }

  test.for([
    ['in line', 1],
    ['at a look', 0],
  ] as const)('%s: calls are answered in time', async ([, rowsAwaitedMax]) => {
    const { batcher, clock, submit, end } = silent({ rowsAwaitedMax, rowWaitMaxMs: 3000 });
    const start = clock.now;
    const answers = [batcher.submit('a', start + 200), ...submit('a')];
    expect(told(await answers[0]!)).toBe('deadline_passed');
    expect(clock.now - start).toBeLessThanOrEqual(300);
    expect(told(await answers[1]!)).toEqual(SILENT);
    expect(clock.now - start).toBeLessThanOrEqual(3100);
    // So is one that comes to wait for it later.
    expect(await allTold(submit('a'))).toEqual([SILENT]);
    const drained = batcher.drain();
    end();
    await drained;
    expect([batcher.busy, batcher.rowsAwaited]).toEqual([false, 0]);
  });
});

test('a call that waits for an earlier one of its sequence is answered in time', async () => {
  const { batcher, clock, executed } = setUp({
    execute: async (calls) => calls.map((call) => (call === 'b' ? '=b' : new Blocked('x', ['x', 'y']))),
    namesOf: (call) => (call === 'b' ? ['y'] : ['x', 'y']),
    sequenceOf: () => 's',
    limits: { rowWaitMaxMs: 10_000 },
  });
  clock.sleep = async (ms) => {
    clock.now += ms;
    await settled();
  };
  const start = clock.now;
  const a = batcher.submit('a', NEVER);
  await settled();
  const [b, c] = [batcher.submit('b', start + 200), batcher.submit('b', NEVER)];
  expect(told(await b)).toBe('deadline_passed');
  expect(clock.now - start).toBeLessThanOrEqual(300);
  expect(executed.flat()).not.toContain('b');
  expect(await allTold([a, c])).toEqual([
    expect.stringMatching(/^failed a row was not to be had for \d+ ms$/),
    'done =b',
  ]);
  expect(batcher.queued).toBe(0);
});
