import { expect, test } from 'vitest';
import { Blocked } from '../../../../src/engine/scheduler/entry.js';
import { allTold, Failed, setUp } from './batcher-harness.js';

const KEPT = 'failed a row was not to be had for 1000 ms';
const down = new Failed('retry', 'the database is down');

/** Somebody has the row, and nobody gets it in line. Looks end as the script says: an error, or nothing is free. */
function kept(look: (n: number) => Error | undefined) {
  let looks = 0;
  return setUp({
    execute: async (calls) => calls.map(() => new Blocked('row', ['row'])),
    namesOf: () => ['row'],
    findFree: async (names) => {
      const fault = look(looks++);
      if (fault !== undefined) throw fault;
      return { looked: names, free: [] };
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
