import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batcher } from '../../../../src/engine/scheduler/batcher.js';
import type { Answer } from '../../../../src/engine/scheduler/entry.js';
import { Random } from '../../../simulation/random.js';
import { FAULTS, isInOrder, needsOf, type RowCall, RowWorld } from './row-world.js';
import { VirtualClock } from './virtual-clock.js';

const NEVER = Number.MAX_SAFE_INTEGER;
const ROWS = ['a1', 'a2', 'a3', 'b1', 'b2'];

const row = (group: string) => fc.constantFrom(...ROWS.filter((name) => name.startsWith(group)));
const rows = (group: string) => fc.uniqueArray(row(group), { minLength: 2, maxLength: 3 });
const none = fc.constant<string[]>([]);

/** Most name one row; some several; some find out what they need, as releases of orders do. */
const call = fc.constantFrom('a', 'b').chain((group) =>
  fc.record({
    group: fc.constant(group),
    names: fc.oneof(
      { weight: 5, arbitrary: row(group).map((name) => [name]) },
      { weight: 3, arbitrary: rows(group) },
      { weight: 1, arbitrary: none },
    ),
    hidden: fc.oneof({ weight: 5, arbitrary: none }, { weight: 1, arbitrary: rows(group) }),
    weight: fc.constantFrom(1, 1, 1, 2, 40),
    sequence: fc.constantFrom(undefined, 's', 't'),
    poisoned: fc.nat(30).map((n) => n === 0),
    atMs: fc.nat(120),
    deadlineMs: fc.constantFrom(NEVER, NEVER, NEVER, 30),
  }),
);

const runs = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 40 }),
  strangers: fc.array(
    fc.record({ name: fc.constantFrom(...ROWS), atMs: fc.nat(100), ms: fc.constantFrom(2, 10, 100, 5000) }),
    { maxLength: 6 },
  ),
  faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 20 }),
  seed: fc.nat(),
  engineLanes: fc.integer({ min: 1, max: 3 }),
  straysMax: fc.integer({ min: 1, max: 3 }),
  rowsAwaitedMax: fc.integer({ min: 0, max: 2 }),
  batchCommandsMax: fc.constantFrom(1, 5, 50),
  world: fc.record({
    roomMax: fc.constantFrom(1, 3, 50),
    silentMs: fc.constantFrom(0, 20, 1000),
    oneGroup: fc.boolean(),
  }),
  moves: fc.array(
    fc.record({
      group: fc.constantFrom('a', 'b'),
      atMs: fc.nat(100),
      ms: fc.constantFrom(2, 10, 100, 400),
    }),
    { maxLength: 4 },
  ),
});

test('whatever happens, each call is answered once, did what it was told, and in its row’s order', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ calls, strangers, moves, faults, seed, world: options, ...limits }) => {
      const random = new Random(seed);
      const draw = (): number => random.below(1000) / 1000;
      const clock = new VirtualClock(draw);
      const world = new RowWorld(clock, draw, () => faults.shift() ?? 'none', options);
      const batcher = new Batcher(
        { ...world.executor, oneGroup: options.oneGroup },
        {
          ...limits,
          queueCommandsMax: 100_000,
          queueWaitMaxMs: 0,
          slowMs: 8,
          findFreeEveryMs: 5,
          rowWaitMaxMs: 300,
          attemptsMax: 4,
          reconcileAttemptsMax: 1000,
          backoffMinMs: 1,
          backoffMaxMs: 10,
        },
        clock,
      );
      const arrived: RowCall[] = [];
      const answers = new Map<RowCall, Answer<number>>();
      for (const [id, { atMs, deadlineMs, ...said }] of calls.entries()) {
        // Of a sequence, a call that hides rows is handed in by itself.
        const sequence = said.hidden.length === 0 ? said.sequence : undefined;
        const one = { id, ...said, sequence };
        clock.after(atMs, () => {
          arrived.push(one);
          void batcher
            .submit(one, Math.min(NEVER, clock.now + deadlineMs))
            .then((answer) => answers.set(one, answer));
        });
      }
      for (const { group, atMs, ms } of options.oneGroup ? moves : []) {
        clock.after(atMs, () => world.moved.add(group));
        clock.after(atMs + ms, () => world.moved.delete(group));
      }
      for (const { name, atMs, ms } of strangers) clock.after(atMs, () => void world.strangerTakes(name, ms));
      let drained = false;
      clock.after(130, () => {
        void batcher.drain().then(() => {
          drained = true;
        });
      });
      await clock.run(100_000);

      expect(arrived.filter((one) => !answers.has(one)).map(({ id }) => id)).toEqual([]);
      expect({ drained, queued: batcher.queued, rows: batcher.rowsAwaited }).toEqual({
        drained: true,
        queued: 0,
        rows: 0,
      });
      expect(world.wrongs).toEqual([]);
      for (const [one, answer] of answers) {
        const times = world.effects.filter((other) => other === one).length;
        const told = answer.kind === 'failed' ? `failed ${(answer.error as Error).message}` : answer.kind;
        expect([one.id, told, times]).toEqual([one.id, told, answer.kind === 'done' ? 1 : 0]);
        if (answer.kind === 'done') expect(answer.result).toBe(one.id);
        if (one.poisoned) expect(answer.kind).not.toBe('done');
      }
      const ordered = arrived.filter((one) => answers.get(one)!.kind === 'done');
      for (const [i, one] of ordered.entries()) {
        for (const later of ordered.slice(i + 1)) {
          if (!isInOrder(one, later)) continue;
          expect([one.id, later.id, world.effects.indexOf(one) < world.effects.indexOf(later)]).toEqual([
            one.id,
            later.id,
            true,
          ]);
        }
      }
      for (const name of ROWS) {
        // Others may overtake a call that waits for an earlier one of its sequence.
        const own = (one: RowCall): boolean =>
          one.names[0] === name && needsOf(one).length === 1 && one.sequence === undefined;
        expect(world.effects.filter(own)).toEqual(
          arrived.filter((one) => own(one) && answers.get(one)!.kind === 'done'),
        );
      }
    }),
    { numRuns: 500 },
  );
});
