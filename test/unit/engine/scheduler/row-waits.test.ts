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

test('looks that take long leave the rest to the next ones', async () => {
  const { submit, looked, clock } = keptEach(async (row) => {
    clock.now += 20;
    return looked.length > 8 ? [row] : [];
  });
  expect(await allTold(submit('1', '2', '3', '4', '5'))).toEqual(
    ['1', '2', '3', '4', '5'].map((n) => `done =${n}`),
  );
  // Three fit into one round.
  expect(looked.slice(0, 9).join('')).toBe('123451234');
});

test('a look without an end keeps no call from its answer, and none that comes later from being looked at', async () => {
  let end: (found: string[]) => void = () => {};
  const { submit, batcher } = keptEach((row) =>
    row === 'lost' ? new Promise((resolve) => (end = resolve)) : Promise.resolve([row]),
  );
  expect(await allTold(submit('lost'))).toEqual([KEPT]);
  const [later] = submit('later');
  await settled();
  expect(batcher.rowsAwaited).toBe(1);
  end([]);
  expect(told(await later!)).toBe('done =later');
  await batcher.drain();
});
