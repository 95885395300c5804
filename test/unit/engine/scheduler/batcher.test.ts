import { describe, expect, test } from 'vitest';
import { Blocked } from '../../../../src/engine/scheduler/entry.js';
import { allTold, Failed, resultsOf, settled, setUp, told } from './batcher-harness.js';

describe('batches form by themselves', () => {
  test('a call alone does not wait', async () => {
    const { submit, next, executed } = setUp();
    const [answer] = submit('a');
    (await next()).succeed();
    expect(told(await answer!)).toBe('done =a');
    expect(executed).toEqual([['a']]);
  });

  test('calls that arrive together travel together', async () => {
    const { submit, next } = setUp();
    submit('a', 'b', 'c');
    expect((await next()).calls).toEqual(['a', 'b', 'c']);
  });

  test('what arrives while the lane is busy is the next batch, in order of arrival', async () => {
    const { submit, next, batcher } = setUp();
    submit('a');
    const first = await next();
    submit('b');
    await settled();
    const [, answer] = submit('c', 'd');
    await settled();
    expect(batcher.queued).toBe(3);
    first.succeed();
    const second = await next();
    expect(second.calls).toEqual(['b', 'c', 'd']);
    expect(batcher.queued).toBe(0);
    second.succeed();
    expect(told(await answer!)).toBe('done =d');
  });

  test('the next batch begins before the answers of the one before are given', async () => {
    const { submit, next } = setUp();
    const happened: string[] = [];
    const [answer] = submit('a');
    void answer!.then(() => happened.push('a is answered'));
    const first = await next();
    submit('b');
    await settled();
    const second = next().then(() => happened.push('b begins'));
    first.succeed();
    await Promise.all([second, answer]);
    expect(happened).toEqual(['b begins', 'a is answered']);
  });

  test('a drain waits for these answers', async () => {
    const { submit, next, batcher } = setUp();
    const happened: string[] = [];
    const [answer] = submit('a');
    const first = await next();
    const [other] = submit('b');
    await settled();
    void answer!.then(() => happened.push('a is answered'));
    void other!.then(() => happened.push('b is answered'));
    const second = next();
    first.succeed();
    (await second).succeed();
    await batcher.drain();
    expect(happened.sort()).toEqual(['a is answered', 'b is answered']);
    expect(batcher.busy).toBe(false);
  });

  test('each caller gets its own result', async () => {
    const { submit } = setUp({ execute: async (calls) => calls.map((call, i) => `${i}:${call}`) });
    expect(await allTold(submit('a', 'b', 'a'))).toEqual(['done 0:a', 'done 1:b', 'done 2:a']);
  });

  test('the observer is told the size of each batch', async () => {
    const sizes: number[] = [];
    const { submit } = setUp({
      execute: async (calls) => calls,
      limits: { batchCommandsMax: 2 },
      onBatch: (calls) => sizes.push(calls),
    });
    await Promise.all(submit('a', 'b', 'c'));
    expect(sizes).toEqual([2, 1]);
  });
});

describe('limits', () => {
  test('a batch carries no more than batchCommandsMax', async () => {
    const { submit, executed } = setUp({
      execute: async (calls) => calls,
      limits: { batchCommandsMax: 2 },
    });
    await Promise.all(submit('a', 'b', 'c', 'd', 'e'));
    expect(executed).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  test('no more than `engineLanes` executions are in flight', async () => {
    const { submit, next, executed } = setUp({ limits: { engineLanes: 2, batchCommandsMax: 1 } });
    submit('a', 'b', 'c', 'd');
    const first = await next();
    await next();
    await settled();
    expect(executed).toEqual([['a'], ['b']]);
    first.succeed();
    await next();
    await settled();
    expect(executed).toEqual([['a'], ['b'], ['c']]);
  });

  test('a second lane takes what the first could not', async () => {
    const { submit, next } = setUp({ limits: { engineLanes: 2 } });
    submit('a');
    await next();
    submit('b');
    expect((await next()).calls).toEqual(['b']);
  });

  test('on one row, the next batch leaves as much for the one after it as is just being answered', async () => {
    const { submit, next } = setUp({
      limits: { engineLanes: 2, batchCommandsMax: 500 },
      namesOf: () => ['x'],
    });
    const calls = Array.from({ length: 400 }, (_, i) => `call ${i}`);
    submit(...calls.slice(0, 200));
    const first = await next();
    expect(first.calls).toEqual(calls.slice(0, 100));
    submit(...calls.slice(200));
    first.succeed();
    expect((await next()).calls).toEqual(calls.slice(100, 300));
  });

  describe('a few next to a large batch', () => {
    const large = Array.from({ length: 64 }, (_, i) => `call ${i}`);

    test('are taken at its end', async () => {
      const { submit, next, executed } = setUp({ limits: { engineLanes: 2 } });
      submit(...large);
      const first = await next();
      submit('a', 'b');
      await settled();
      expect(executed).toEqual([large]);
      first.succeed();
      expect((await next()).calls).toEqual(['a', 'b']);
    });

    test('or when it has taken long', async () => {
      const { submit, next, clock } = setUp({ limits: { engineLanes: 2 } });
      submit(...large);
      await next();
      submit('a', 'b');
      await settled();
      clock.later[0]!();
      expect((await next()).calls).toEqual(['a', 'b']);
    });

    test('or when more have come', async () => {
      const { submit, next, executed } = setUp({ limits: { engineLanes: 2 } });
      submit(...large);
      await next();
      const more = Array.from({ length: 22 }, (_, i) => `more ${i}`);
      submit(...more.slice(0, 21));
      await settled();
      expect(executed).toEqual([large]);
      submit(more[21]!);
      expect((await next()).calls).toEqual(more);
    });
  });

  test('a full queue refuses immediately, and takes calls again when it has room', async () => {
    const { submit, next, batcher, executed } = setUp({
      limits: { batchCommandsMax: 2, queueCommandsMax: 3 },
    });
    const [a] = submit('a');
    const first = await next();
    const waiting = submit('b', 'c', 'd');
    expect(batcher.queued).toBe(3);
    expect(await allTold(submit('e', 'f'))).toEqual(['queue_full', 'queue_full']);
    first.succeed();
    expect(told(await a!)).toBe('done =a');
    const second = await next();
    const late = submit('g');
    second.succeed();
    (await next()).succeed();
    expect(await allTold([...waiting, ...late])).toEqual(['done =b', 'done =c', 'done =d', 'done =g']);
    expect(executed).toEqual([['a'], ['b', 'c'], ['d', 'g']]);
  });

  test.each([
    [{ engineLanes: 0 }],
    [{ batchCommandsMax: 0 }],
    [{ queueCommandsMax: 0 }],
    [{ attemptsMax: 0 }],
    [{ batchCommandsMax: 11, queueCommandsMax: 10 }],
  ])('%j is refused', (limits) => {
    expect(() => setUp({ limits })).toThrow(RangeError);
  });
});

describe('a batch of one group only, when asked', () => {
  const groupOf = (call: string): string => call[0]!;

  test('the group that has waited longest goes first, the others keep their order', async () => {
    const { submit, executed } = setUp({ groupOf, oneGroup: true, execute: async (calls) => calls });
    await Promise.all(submit('a1', 'b1', 'a2', 'c1', 'b2', 'a3'));
    expect(executed).toEqual([['a1', 'a2', 'a3'], ['b1', 'b2'], ['c1']]);
  });

  test('a group larger than a batch goes on where it stopped, when its turn comes again', async () => {
    const { submit, executed } = setUp({
      groupOf,
      oneGroup: true,
      execute: async (calls) => calls,
      limits: { batchCommandsMax: 2 },
    });
    await Promise.all(submit('a1', 'a2', 'a3', 'b1'));
    expect(executed).toEqual([['a1', 'a2'], ['b1'], ['a3']]);
  });

  test('lanes take different groups', async () => {
    const { submit, next } = setUp({ groupOf, oneGroup: true, limits: { engineLanes: 2 } });
    submit('a1', 'b1', 'a2');
    expect((await next()).calls).toEqual(['a1', 'a2']);
    expect((await next()).calls).toEqual(['b1']);
  });
});

describe('next to a crowd, those who have little', () => {
  const crowd = Array.from({ length: 64 }, (_, i) => `a${i}`);
  const groupOf = (call: string): string => call[0]!;

  test('are not in its batch, though a lane is free', async () => {
    const { submit, executed } = setUp({ groupOf, limits: { engineLanes: 2 } });
    submit(...crowd, 'b', 'c');
    await settled();
    expect(executed).toEqual([['b', 'c'], crowd]);
  });

  test('wait for no lane', async () => {
    const { submit, executed } = setUp({ groupOf });
    submit('a');
    await settled();
    submit(...crowd, 'b');
    await settled();
    expect(executed).toEqual([['a'], ['b']]);
  });

  test('have one transaction at a time for themselves; more of them take a lane', async () => {
    const { submit, executed } = setUp({ groupOf, limits: { engineLanes: 2 } });
    submit(...crowd, 'b');
    await settled();
    submit('c');
    await settled();
    expect(executed).toEqual([['b'], crowd, ['c']]);
  });
});

describe('deadlines', () => {
  test.each([
    [-1, 'deadline_passed'],
    [0, 'deadline_passed'],
    [1, 'done =a'],
  ])('%i ms from now → %s', async (ms, expected) => {
    const { batcher, clock, executed } = setUp({ execute: async (calls) => calls.map((c) => `=${c}`) });
    expect(told(await batcher.submit('a', clock.now + ms))).toBe(expected);
    expect(executed).toEqual(expected === 'deadline_passed' ? [] : [['a']]);
  });

  test('one that passes in the queue: never executed, and the others are', async () => {
    const { batcher, clock, submit, next, executed } = setUp();
    submit('a');
    const first = await next();
    const short = batcher.submit('b', clock.now + 50);
    const [long] = submit('c');
    clock.now += 50;
    first.succeed();
    (await next()).succeed();
    expect(told(await short)).toBe('deadline_passed');
    expect(told(await long!)).toBe('done =c');
    expect(executed).toEqual([['a'], ['c']]);
  });

  test('one that passes between two tries: not tried again', async () => {
    const { batcher, clock, submit, next, executed } = setUp();
    const short = batcher.submit('a', clock.now + 5);
    const [long] = submit('b');
    (await next()).fail(new Failed('retry'));
    (await next()).succeed();
    expect(told(await short)).toBe('deadline_passed');
    expect(told(await long!)).toBe('done =b');
    expect(executed).toEqual([['a', 'b'], ['b']]);
  });

  test('one that passes during the execution: carried through', async () => {
    const { batcher, clock, next } = setUp();
    const answer = batcher.submit('a', clock.now + 5);
    const execution = await next();
    clock.now += 1000;
    execution.succeed();
    expect(told(await answer)).toBe('done =a');
  });
});

describe('drain', () => {
  test('nothing that was taken is left without an answer; nothing new is taken', async () => {
    const { batcher, submit, next, executed } = setUp({ limits: { batchCommandsMax: 2 } });
    const taken = submit('a', 'b', 'c', 'd', 'e');
    const first = await next();
    let drained = false;
    const draining = batcher.drain().then(() => {
      drained = true;
    });
    expect(await allTold(submit('f'))).toEqual(['closing']);
    first.succeed();
    (await next()).succeed();
    const last = await next();
    await settled();
    expect(drained).toBe(false);
    last.succeed();
    await draining;
    expect(await allTold(taken)).toEqual(['done =a', 'done =b', 'done =c', 'done =d', 'done =e']);
    expect(await allTold(submit('g'))).toEqual(['closing']);
    expect(executed.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('right after a call, before any lane has begun', async () => {
    const { batcher, submit } = setUp({ execute: async (calls) => calls.map((c) => `=${c}`) });
    const taken = submit('a');
    await batcher.drain();
    expect(await allTold(taken)).toEqual(['done =a']);
  });

  test('waits for a batch that is being tried again', async () => {
    const { batcher, submit, next } = setUp();
    const taken = submit('a');
    const first = await next();
    const draining = batcher.drain();
    first.fail(new Failed('retry'));
    (await next()).succeed();
    await draining;
    expect(await allTold(taken)).toEqual(['done =a']);
  });

  test('twice, and when idle', async () => {
    const { batcher, submit, next } = setUp();
    const taken = submit('a');
    const first = await next();
    const both = [batcher.drain(), batcher.drain()];
    first.succeed();
    await Promise.all(both);
    await batcher.drain();
    expect(await allTold(taken)).toEqual(['done =a']);
  });
});

describe('a call that lacks a row', () => {
  test('which another batch of this process was found to need: waits for that batch, not in the database', async () => {
    let endFirst: (() => void) | undefined;
    const { submit, executed } = setUp({
      limits: { engineLanes: 2 },
      execute: async (calls, claim) => {
        const taken = claim(['row', 'other']);
        if (taken !== undefined) return [new Blocked(taken, ['row', 'other'], true)];
        if (calls.includes('a')) await new Promise<void>((resolve) => (endFirst = resolve));
        return resultsOf(calls);
      },
    });
    const [a] = submit('a');
    await settled();
    const [b] = submit('b');
    await settled();
    expect(executed).toEqual([['a'], ['b']]);
    endFirst!();
    expect(await allTold([a!, b!])).toEqual(['done =a', 'done =b']);
    expect(executed).toEqual([['a'], ['b'], ['b']]);
  });
});
