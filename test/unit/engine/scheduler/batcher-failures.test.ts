import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allTold, Failed, NEVER, resultsOf, setUp, told } from './batcher-harness.js';

/** Executes what the script says, one entry an execution; after its end, everything succeeds. */
function scripted(...script: unknown[]) {
  return async (calls: readonly string[]): Promise<string[]> => {
    const failure = script.shift();
    if (failure !== undefined) throw failure;
    return resultsOf(calls);
  };
}

/** Fails whenever one of these is among the calls. */
function poisoned(...culprits: string[]) {
  return async (calls: readonly string[]): Promise<string[]> => {
    if (calls.some((call) => culprits.includes(call))) throw new Failed('split', 'poisoned');
    return resultsOf(calls);
  };
}

describe('retry', () => {
  test('the whole batch again, and nobody notices', async () => {
    const retried: unknown[] = [];
    const failure = new Failed('retry');
    const { submit, executed } = setUp({
      execute: scripted(failure, failure),
      onRetry: (error) => retried.push(error),
    });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(retried).toEqual([failure, failure]);
  });

  test('bounded: the last failure is the answer', async () => {
    const { submit, executed } = setUp({
      execute: scripted(...['1st', '2nd', '3rd', '4th'].map((n) => new Failed('retry', n))),
    });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed 4th', 'failed 4th']);
    expect(executed).toHaveLength(4);
  });

  test.each([
    // The shortest and the longest wait before each try.
    [0, [5, 10, 20, 40, 40]],
    [1, [10, 20, 40, 80, 80]],
  ])('backs off, doubling up to a maximum, drawn at %i', async (drawn, waits) => {
    const { submit, clock } = setUp({
      execute: async () => {
        throw new Failed('retry');
      },
      limits: { attemptsMax: 6 },
    });
    clock.drawn = drawn;
    await Promise.all(submit('a'));
    expect(clock.slept).toEqual(waits);
  });

  test('the next batch does not wait for it, and has all tries of its own', async () => {
    const { submit, executed } = setUp({
      execute: scripted(...Array(4).fill(new Failed('retry')), ...Array(3).fill(new Failed('retry'))),
      limits: { batchCommandsMax: 1 },
    });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed retry', 'done =b']);
    expect(executed.flat().join('')).toBe('abababab');
  });
});

describe('fail', () => {
  test('it is neither tried again nor split', async () => {
    const { submit, executed, clock } = setUp({ execute: scripted(new Failed('fail', 'useless')) });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed useless', 'failed useless']);
    expect(executed).toHaveLength(1);
    expect(clock.slept).toEqual([]);
  });

  test('the next batch is not affected', async () => {
    const { submit } = setUp({ execute: scripted(new Failed('fail')), limits: { batchCommandsMax: 1 } });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed fail', 'done =b']);
  });

  test('an execution that throws before it returns a promise', async () => {
    const { submit } = setUp({
      execute: () => {
        throw new Failed('fail', 'at once');
      },
    });
    expect(await allTold(submit('a'))).toEqual(['failed at once']);
  });

  test.each([[[]], [['=a', '=b', '=c']]])('%j as results for two calls', async (results) => {
    const { submit } = setUp({ execute: async () => results });
    const message = `failed ${results.length} results for 2 calls`;
    expect(await allTold(submit('a', 'b'))).toEqual([message, message]);
  });
});

describe('room for the first calls only', () => {
  /** Two calls each time, after what the script says. */
  function two(...script: unknown[]) {
    const execute = scripted(...script);
    return async (calls: readonly string[]) => (await execute(calls)).slice(0, 2);
  }

  test('the others follow immediately, in order, and each is answered once', async () => {
    const { submit, executed } = setUp({ execute: two() });
    expect(await allTold(submit('a', 'b', 'c', 'd', 'e'))).toEqual(
      resultsOf([...'abcde']).map((r) => `done ${r}`),
    );
    expect(executed.map((calls) => calls.join(''))).toEqual(['abcde', 'cde', 'e']);
  });

  test('before those that come later', async () => {
    const { submit, executed } = setUp({ execute: two(), limits: { batchCommandsMax: 3 } });
    await Promise.all([...submit('a', 'b', 'c'), ...submit('d')]);
    expect(executed.map((calls) => calls.join(''))).toEqual(['abc', 'c', 'd']);
  });

  test('the tries of those that are done do not count for them', async () => {
    const failures = Array(3).fill(new Failed('retry'));
    const { submit, executed } = setUp({
      execute: two(...failures, undefined, ...failures, new Failed('retry')),
    });
    expect(await allTold(submit('a', 'b', 'c'))).toEqual(['done =a', 'done =b', 'failed retry']);
    expect(executed.map((calls) => calls.join(' '))).toEqual([
      ...Array(4).fill('a b c'),
      ...Array(4).fill('c'),
    ]);
  });

  test('also when only reconciling shows which calls were done', async () => {
    const { submit, executed } = setUp({
      execute: two(new Failed('unknown_outcome')),
      reconcile: async () => ['=a'],
    });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toEqual([['a', 'b'], ['b']]);
  });
});

describe('split', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => `c${i}`);

  test.each([[['c0']], [['c99']], [['c37']], [['c37', 'c38']], [['c0', 'c50', 'c99']]])(
    'of 100, only %j fail',
    async (culprits) => {
      const { submit, executed } = setUp({ execute: poisoned(...culprits) });
      const answers = await allTold(submit(...hundred));
      expect(answers).toEqual(
        hundred.map((call) => (culprits.includes(call) ? 'failed poisoned' : `done =${call}`)),
      );
      // The cost of a culprit is logarithmic: at most two executions a level.
      expect(executed.length).toBeLessThanOrEqual(1 + 2 * 7 * culprits.length);
    },
  );

  test('all of them', async () => {
    const calls = ['a', 'b', 'c'];
    const { submit } = setUp({ execute: poisoned(...calls) });
    expect(await allTold(submit(...calls))).toEqual(Array(3).fill('failed poisoned'));
  });

  test('one alone is not tried again', async () => {
    const { submit, executed } = setUp({ execute: poisoned('a') });
    expect(await allTold(submit('a'))).toEqual(['failed poisoned']);
    expect(executed).toEqual([['a']]);
  });

  test('keeps the order of arrival', async () => {
    const { submit, executed } = setUp({ execute: poisoned('b') });
    await Promise.all(submit('a', 'b', 'c', 'd'));
    expect(executed).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['a'], ['b'], ['c', 'd']]);
  });

  test('a part that meets contention is tried again by itself', async () => {
    const { submit, executed } = setUp({
      execute: scripted(new Failed('split'), new Failed('retry'), undefined),
    });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toEqual([['a', 'b'], ['a'], ['a'], ['b']]);
  });

  test('a part whose deadline passes meanwhile is never executed', async () => {
    const { batcher, clock, executed, next } = setUp();
    const long = batcher.submit('a', NEVER);
    const short = batcher.submit('b', clock.now + 10);
    (await next()).fail(new Failed('split'));
    const first = await next();
    clock.now += 10;
    first.succeed();
    expect(await allTold([long, short])).toEqual(['done =a', 'deadline_passed']);
    expect(executed).toEqual([['a', 'b'], ['a']]);
  });
});

describe('race', () => {
  const lost = new Failed('race', 'lost');

  test('is run again together', async () => {
    const { submit, executed } = setUp({ execute: scripted(lost, lost, undefined) });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  test('that is lost each time is run in halves, with tries of their own', async () => {
    const { submit, executed } = setUp({ execute: scripted(...Array(4).fill(lost), lost, undefined) });
    expect(await allTold(submit('a', 'b', 'c'))).toEqual(['done =a', 'done =b', 'done =c']);
    expect(executed.slice(3)).toEqual([['a', 'b', 'c'], ['a'], ['a'], ['b', 'c']]);
  });

  test('that one alone loses each time fails it, and no other', async () => {
    const execute = async (calls: readonly string[]): Promise<readonly string[]> => {
      if (calls.includes('c')) throw lost;
      return calls.map((call) => `=${call}`);
    };
    const { submit } = setUp({ execute });
    expect(await allTold(submit('a', 'b', 'c', 'd'))).toEqual([
      'done =a',
      'done =b',
      'failed lost',
      'done =d',
    ]);
  });
});

describe('unknown outcome', () => {
  const lost = new Failed('unknown_outcome', 'lost');

  /** Reconciles as the script says: results, undefined for "took no effect", or an error. */
  function reconciling(...script: unknown[]) {
    const asked: unknown[] = [];
    const reconcile = async (error: unknown): Promise<readonly string[] | undefined> => {
      asked.push(error);
      const step = script.shift();
      if (step instanceof Error) throw step;
      return step as readonly string[] | undefined;
    };
    return { asked, reconcile };
  }

  test('it took effect: answered once, not executed again', async () => {
    const { asked, reconcile } = reconciling(['=a', '=b']);
    const { submit, executed } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toHaveLength(1);
    expect(asked).toEqual([lost]);
  });

  test('it took no effect: executed again', async () => {
    const { reconcile } = reconciling(undefined);
    const { submit, executed } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toHaveLength(2);
  });

  test('it took no effect, every time: bounded like any retry', async () => {
    const { submit, executed } = setUp({ execute: scripted(...Array(9).fill(lost)) });
    expect(await allTold(submit('a'))).toEqual(['failed lost']);
    expect(executed).toHaveLength(4);
  });

  test('it took no effect, and the deadline passes: not executed again', async () => {
    const { batcher, clock, executed } = setUp({ execute: scripted(lost) });
    expect(told(await batcher.submit('a', clock.now + 5))).toBe('deadline_passed');
    expect(executed).toHaveLength(1);
  });

  test('unknown at first: asked again, nothing executed meanwhile', async () => {
    const unreachable = new Failed('unknown_outcome', 'still lost');
    const { asked, reconcile } = reconciling(unreachable, unreachable, ['=a']);
    const { submit, executed, clock } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a'))).toEqual(['done =a']);
    expect(executed).toHaveLength(1);
    // Each question is about the newest failure.
    expect(asked).toEqual([lost, unreachable, unreachable]);
    expect(clock.slept).toEqual([5, 10]);
  });

  test.each(['retry', 'split'] as const)('a question that fails as "%s" does not answer it', async (kind) => {
    const { asked, reconcile } = reconciling(new Failed(kind), ['=a', '=b']);
    const { submit, executed } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a', 'b'))).toEqual(['done =a', 'done =b']);
    expect(executed).toHaveLength(1);
    expect(asked).toEqual([lost, lost]);
  });

  test('unknown for good: failed, and never executed again', async () => {
    const { asked, reconcile } = reconciling(...Array(9).fill(new Failed('unknown_outcome', 'still lost')));
    const { submit, executed } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed still lost', 'failed still lost']);
    expect(executed).toHaveLength(1);
    expect(asked).toHaveLength(5);
  });

  test('a question that it is useless to ask again: failed, and never executed again', async () => {
    const { asked, reconcile } = reconciling(new Failed('fail', 'nobody can tell'), ['=a', '=b']);
    const { submit, executed } = setUp({ execute: scripted(lost), reconcile });
    expect(await allTold(submit('a', 'b'))).toEqual(['failed nobody can tell', 'failed nobody can tell']);
    expect(executed).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });

  test('a deadline does not cut the search short', async () => {
    const { reconcile } = reconciling(lost, lost, ['=a']);
    const { batcher, clock } = setUp({ execute: scripted(lost), reconcile });
    expect(told(await batcher.submit('a', clock.now + 1))).toBe('done =a');
  });
});

test('each call is always answered once, and as done only if it took effect once', async () => {
  const kinds = fc.constantFrom('none', 'none', 'retry', 'lost before', 'lost after');
  const runs = fc.record({
    calls: fc.uniqueArray(fc.nat(999).map(String), { minLength: 1, maxLength: 40 }),
    culprits: fc.array(fc.nat(999).map(String), { maxLength: 5 }),
    faults: fc.array(kinds, { maxLength: 12 }),
    engineLanes: fc.integer({ min: 1, max: 3 }),
    batchCommandsMax: fc.integer({ min: 1, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ calls, culprits, faults, engineLanes, batchCommandsMax }) => {
      const effects = new Map<string, number>();
      const committed = new WeakMap<Failed, readonly string[]>();
      const takeEffect = (batch: readonly string[]): string[] => {
        for (const call of batch) effects.set(call, (effects.get(call) ?? 0) + 1);
        return resultsOf(batch);
      };
      const { submit } = setUp({
        limits: { engineLanes, batchCommandsMax, attemptsMax: 20 },
        execute: async (batch) => {
          if (batch.some((call) => culprits.includes(call))) throw new Failed('split', 'poisoned');
          const fault = faults.shift() ?? 'none';
          if (fault === 'none') return takeEffect(batch);
          if (fault === 'retry') throw new Failed('retry');
          const lost = new Failed('unknown_outcome');
          if (fault === 'lost after') committed.set(lost, takeEffect(batch));
          throw lost;
        },
        reconcile: async (lost) => committed.get(lost as Failed),
      });
      const answers = await allTold(submit(...calls));
      for (const [i, call] of calls.entries()) {
        const isCulprit = culprits.includes(call);
        expect(answers[i]).toBe(isCulprit ? 'failed poisoned' : `done =${call}`);
        expect(effects.get(call) ?? 0).toBe(isCulprit ? 0 : 1);
      }
    }),
    { numRuns: 200 },
  );
});
