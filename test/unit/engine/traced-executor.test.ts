import { describe, expect, test } from 'vitest';
import { Blocked } from '../../../src/engine/scheduler/entry.js';
import type { Executor, Line, Results } from '../../../src/engine/scheduler/executor.js';
import type { Execution, Submission } from '../../../src/engine/submission.js';
import { tracedExecutor } from '../../../src/engine/traced-executor.js';
import type { BatchSpan, SpanPlace } from '../../../src/telemetry/spans.js';

const command = { kind: 'release' } as Submission['command'];
const done = { kind: 'key_reused' } as Execution;
const blocked = new Blocked('m r', ['m r']);

const submission = (name: string): Submission => ({ command, call: { traceId: name, spanId: name } });

const none = () => undefined;
const names = (calls: readonly SpanPlace[]) => calls.map(({ traceId }) => traceId);

/** Runs the calls with this outcome, and returns the spans that were reported. */
async function told(
  calls: readonly Submission[],
  outcome: Results<Execution> | Error,
  run: (executor: Executor<Submission, Execution>) => Promise<unknown> = (executor) =>
    executor.execute(calls, none),
): Promise<BatchSpan[]> {
  const batches: BatchSpan[] = [];
  const settle = async () => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const plain = {
    execute: settle,
    executePatiently: settle,
    executeBehind: async (_: string, line: Line<Submission>) => {
      line.take(() => false);
      line.take(() => true);
      return { results: await settle(), waited: false };
    },
  } as unknown as Executor<Submission, Execution>;
  const executor = tracedExecutor(plain, { batch: (batch) => batches.push(batch) });
  await run(executor).catch(() => {});
  await new Promise(setImmediate);
  return batches;
}

describe('the calls of a transaction', () => {
  const [a, b, c] = [submission('a'), submission('b'), submission('c')];

  test.each<[string, readonly Submission[], Results<Execution>, object | undefined]>([
    ['all are carried', [a, b], [done, done], { calls: ['a', 'b'], blocked: [], commands: 2 }],
    ['one has no room', [a, b, c], [done, done], { calls: ['a', 'b'], blocked: [], commands: 2 }],
    ['one is left undone', [a, b], [blocked, done], { calls: ['b'], blocked: ['a'], commands: 1 }],
    [
      'some are not recorded',
      [{ command }, b, { command }],
      [done, done, done],
      { calls: ['b'], blocked: [], commands: 3 },
    ],
    ['none is recorded', [{ command }, { command }], [done, done], undefined],
    ['the only recorded one has no room', [{ command }, a], [done], undefined],
  ])('%s', async (_, calls, results, expected) => {
    const [batch] = await told(calls, results);
    const seen = batch && {
      calls: names(batch.calls),
      blocked: names(batch.blocked),
      commands: batch.attributes['holdfast.batch.commands'],
    };
    expect(seen).toEqual(expected);
  });

  test('of one that fails, all', async () => {
    const deadlock = Object.assign(new Error('deadlock detected'), { code: '40P01' });
    expect(await told([a, b], deadlock)).toMatchObject([{ calls: [a.call, b.call], error: '40P01' }]);
    expect(await told([a], new TypeError('a bug'))).toMatchObject([{ error: 'TypeError' }]);
  });

  test('of one behind a record, those that it took from the line', async () => {
    const line: Line<Submission> = { watch: () => () => {}, take: (isReady) => [a, b].filter(isReady) };
    const batches = await told([], [done, done], (executor) => executor.executeBehind('m r', line));
    expect(batches).toMatchObject([
      { calls: [a.call, b.call], attributes: { 'holdfast.batch.way': 'behind' } },
    ]);
  });

  test('how often its commands have been tried', async () => {
    const attempts = (
      await told([a], [done], async (executor) => {
        await executor.execute([b], none);
        await executor.execute([b], none);
        await executor.execute([c], none);
      })
    ).map(({ attributes }) => attributes['holdfast.batch.attempt']);
    expect(attempts).toEqual([1, 2, 1]);
  });

  test('of a patient one', async () => {
    const batches = await told([a], [done], (executor) => executor.executePatiently([a]));
    expect(batches).toMatchObject([{ calls: [a.call], attributes: { 'holdfast.batch.way': 'patient' } }]);
  });
});
