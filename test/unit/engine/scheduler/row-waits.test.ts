import { expect, test } from 'vitest';
import { Blocked } from '../../../../src/engine/scheduler/entry.js';
import { allTold, Failed, settled, setUp, told } from './batcher-harness.js';

const KEPT = 'failed a row was not to be had for 1000 ms';
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
  // Nor one that comes later.
  expect(await allTold(submit('later'))).toEqual([KEPT]);
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
