import { describe, expect, test } from 'vitest';
import { allTold, Failed, setUp } from './batcher-harness.js';

/** `b3` weighs 3. */
const weightOf = (call: string): number => Number(call.slice(1));
const execute = async (calls: readonly string[]): Promise<readonly string[]> => calls;

describe('a batch carries no more weight than batchCommandsMax', () => {
  test.each([
    // batchCommandsMax; calls in order of arrival → batches
    [10, 'a3 b3 c4', 'a3 b3 c4'],
    [10, 'a3 b3 c5', 'a3 b3 | c5'],
    [10, 'a1 b9 c1', 'a1 b9 | c1'],
    // A call that does not fit closes the batch: lighter ones do not overtake it.
    [10, 'a9 b5 c1 d4', 'a9 | b5 c1 d4'],
    [10, 'a9 b5 c1 d4 e1', 'a9 | b5 c1 d4 | e1'],
    // One that is heavier than any batch goes alone.
    [10, 'a11 b1', 'a11 | b1'],
    [10, 'a1 b500 c1', 'a1 | b500 | c1'],
    [10, 'a10 b10 c10', 'a10 | b10 | c10'],
    [1, 'a1 b2 c1', 'a1 | b2 | c1'],
  ])('%i: %s → %s', async (batchCommandsMax, calls, batches) => {
    const { submit, executed } = setUp({ weightOf, execute, limits: { batchCommandsMax } });
    await Promise.all(submit(...calls.split(' ')));
    expect(executed.map((batch) => batch.join(' ')).join(' | ')).toBe(batches);
  });

  test('calls weigh 1 by default', async () => {
    const { submit, executed } = setUp({ execute, limits: { batchCommandsMax: 2 } });
    await Promise.all(submit('a9', 'b9', 'c9'));
    expect(executed).toEqual([['a9', 'b9'], ['c9']]);
  });

  test('what has been taken no longer weighs on those that come later', async () => {
    const { submit, executed, next } = setUp({ weightOf, limits: { batchCommandsMax: 10 } });
    const first = submit('a9', 'b9', 'c1');
    const running = await next();
    const late = submit('d5', 'e4');
    running.succeed();
    (await next()).succeed();
    (await next()).succeed();
    await Promise.all([...first, ...late]);
    expect(executed).toEqual([['a9'], ['b9', 'c1'], ['d5', 'e4']]);
  });

  test.each([
    // Calls that wait; one group may have four times what is left of queueCommandsMax, 10.
    ['a7', 'b1 taken'],
    ['a8', 'b1 refused'],
    ['a11', 'b1 refused'],
    ['a5 b2', 'c9 taken'],
    ['a5 b3', 'c1 refused'],
  ])('the queue is bounded by weight: behind %s, %s', async (waiting, late) => {
    const limits = { batchCommandsMax: 10, queueCommandsMax: 10 };
    const { submit } = setUp({ weightOf, execute: async (calls) => calls.map((call) => `=${call}`), limits });
    const answers = submit(...waiting.split(' '));
    const [call, fate] = late.split(' ');
    const [answer] = await allTold(submit(call!));
    expect(answer).toBe(fate === 'taken' ? `done =${call}` : 'queue_full');
    await Promise.all(answers);
    // Calls that have been taken no longer count.
    expect(await allTold(submit('z1'))).toEqual(['done =z1']);
  });
});

test('of one group a batch: its weight counts, that of the others does not close it', async () => {
  const groupOf = (call: string): string => call[0]!;
  const { submit, executed } = setUp({
    weightOf,
    groupOf,
    oneGroup: true,
    execute,
    limits: { batchCommandsMax: 10 },
  });
  await Promise.all(submit('a4', 'b9', 'a5', 'b4', 'a4', 'b1'));
  expect(executed).toEqual([['a4', 'a5'], ['b9'], ['a4'], ['b4', 'b1']]);
});

test('a batch that is split keeps the order, heavy calls and all', async () => {
  const { submit, executed } = setUp({
    weightOf,
    limits: { batchCommandsMax: 20 },
    execute: async (calls) => {
      if (calls.includes('b9')) throw new Failed('split', 'poisoned');
      return calls.map((call) => `=${call}`);
    },
  });
  expect(await allTold(submit('a1', 'b9', 'c10'))).toEqual(['done =a1', 'failed poisoned', 'done =c10']);
  expect(executed).toEqual([['a1', 'b9', 'c10'], ['a1'], ['b9', 'c10'], ['b9'], ['c10']]);
});
