import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { StockEvent } from '../../src/service/watch/watch.js';
import { test } from '../support/watch-fixtures.js';
import { type Delta, sent } from '../support/watch-stage.js';

/** A watch follows the log: each change once, in the record's order, wherever it is cut, in any order of commits. */

describe('cut and resumed', () => {
  test('a stream that was cut after any event goes on as if it had not been', async ({ watches }) => {
    const { ids, productId } = await watches.seedProduct(3);
    const [a, b, c] = ids as [string, string, string];
    const uncut = await watches.follow({ ids });
    await uncut.take(3);
    const writer = await watches.session();
    const history: Delta[] = Array.from({ length: 12 }, (_, i) => [
      { id: a, onHand: i + 1 },
      { id: i % 2 === 0 ? a : b, reserved: 1 },
      { id: [a, b, c][i % 3]!, onHand: -1, reserved: i % 3 === 2 ? 1 : 0 },
    ]).flat();
    await writer.write(...history);
    watches.wake();
    await uncut.take(history.length);
    const whole = await watches.logged(ids);
    expect(sent(uncut.seen)).toEqual(whole);

    for (let cut = 1; cut <= uncut.seen.length; cut++) {
      const before = uncut.seen.slice(0, cut);
      const request = cut % 2 === 0 ? { ids } : { productId };
      const resumed = await watches.follow({ ...request, afterId: before.at(-1)!.eventId });
      const known = sent(before);
      // For a record that was not sent before the cut, only its current stock is sent.
      const expected = new Map([...whole].map(([id, all]) => [id, known.has(id) ? all : all.slice(-1)]));
      const rest = [...expected.values()].flat().length - cut;
      if (rest > 0) await resumed.take(rest);
      expect(sent([...before, ...resumed.seen]), `cut after ${cut}`).toEqual(expected);
      resumed.stop();
      expect(await resumed.next()).toBe(false);
    }
  });

  test('of a record that was never sent, no past changes are sent', async ({ watches }) => {
    const { ids } = await watches.seedProduct(2);
    const first = await watches.follow({ ids });
    const [{ id, eventId }] = (await first.take(1)) as [StockEvent];
    const unsent = ids.find((other) => other !== id)!;
    const writer = await watches.session();
    await writer.write({ id: unsent, onHand: 1 }, { id, onHand: 2 });
    const second = await watches.follow({ ids, afterId: eventId });
    await second.take(2);
    expect(sent(second.seen)).toEqual(
      new Map([
        [unsent, ['101/0']],
        [id, ['102/0']],
      ]),
    );
  });

  test('more changes than one look brings come in their order', async ({ watches }) => {
    const { ids } = await watches.seedProduct(1);
    const [id] = ids as [string];
    const first = await watches.follow({ ids });
    const [{ eventId }] = (await first.take(1)) as [StockEvent];
    const { client } = await watches.session();
    await client.query(
      `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, actor, batch_id)
       SELECT 'mer_1', $1, i + 1, 'ADJUSTED', i, 0, 'tester', gen_random_uuid() FROM generate_series(1, 2500) AS i`,
      [id],
    );
    await client.query(
      `UPDATE stock_levels SET revision = 2501, on_hand_qty = 100 + 2500 * 2501 / 2 WHERE id = $1`,
      [id],
    );
    const second = await watches.follow({ ids, afterId: eventId });
    await second.take(2500);
    expect(sent([...first.seen, ...second.seen])).toEqual(await watches.logged(ids));
  });
});

describe('a log whose oldest entries are gone', () => {
  // [the first entry that is left, events that were seen, goes on]
  test.for<[number, number, boolean]>([
    [3, 2, true],
    [4, 2, false],
    [6, 2, false],
    [6, 5, true],
  ])('from entry %d on, %d seen: goes on %s', async ([first, count, goesOn], { watches }) => {
    const { ids } = await watches.seedProduct(1);
    const [id] = ids as [string];
    const before = await watches.follow({ ids });
    await before.take(1);
    const writer = await watches.session();
    await writer.write(...Array.from({ length: 4 }, () => ({ id, onHand: 1 })));
    await before.take(4);
    const archived = 'DELETE FROM movement_log WHERE inventory_id = $1 AND revision < $2';
    await writer.client.query(archived, [id, first]);
    const afterId = before.seen[count - 1]!.eventId;
    if (goesOn) {
      const rest = await watches.follow({ ids, afterId });
      await writer.write({ id, onHand: 1 });
      const { length } = before.seen.slice(count);
      expect((await rest.take(length + 1)).map(({ onHandQty }) => onHandQty)).toEqual(
        Array.from({ length: length + 1 }, (_, i) => 100 + count + i),
      );
    } else {
      expect(await watches.begin({ ids, afterId })).toEqual({
        reason: 'VALIDATION_FAILED',
        violations: [{ field: 'afterId', description: 'is older than the log; start without one' }],
      });
      const restarted = await watches.follow({ ids });
      expect(await restarted.take(1)).toMatchObject([{ onHandQty: 104 }]);
    }
  });
});

test('a watch that is behind what is gone ends, rather than counting past it', async ({ watches }) => {
  const { ids } = await watches.seedProduct(1);
  const [id] = ids as [string];
  const watch = await watches.follow({ ids });
  await watch.take(1);
  const writer = await watches.session();
  await writer.begin();
  for (const onHand of [1, 2, 3]) await writer.change({ id, onHand });
  await writer.client.query('DELETE FROM movement_log WHERE inventory_id = $1 AND revision = 2', [id]);
  await writer.commit();
  watches.wake();
  expect(await watch.next()).toMatchObject({ reason: 'VALIDATION_FAILED' });
});

describe('in any order of commits', () => {
  test('a change whose transaction began first and committed last is sent, also to those who resume after the others', async ({
    watches,
  }) => {
    const { ids } = await watches.seedProduct(2);
    const [a, b] = ids as [string, string];
    const watch = await watches.follow({ ids });
    await watch.take(2);
    const [slow, fast] = [await watches.session(), await watches.session()];
    await slow.begin();
    await slow.change({ id: a, onHand: 1 });
    await fast.write({ id: b, onHand: 2 }, { id: b, onHand: 3 });
    watches.wake();
    await watch.take(2);
    const resumed = await watches.follow({ ids, afterId: watch.seen.at(-1)!.eventId });
    await slow.commit();
    await fast.write({ id: a, reserved: 4 });
    watches.wake();
    expect(await watch.take(2)).toMatchObject([
      { id: a, onHandQty: 101, reservedQty: 0 },
      { id: a, onHandQty: 101, reservedQty: 4 },
    ]);
    expect(await resumed.take(2)).toEqual(watch.seen.slice(-2));
  });

  test('many sessions, many records, commits in any order, a reader who is cut again and again', async ({
    watches,
  }) => {
    const choice = fc.record({
      // Sessions, and in each one transactions: which records it changes, by how much, and how long it waits.
      sessions: fc.array(
        fc.array(
          fc.record({
            records: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
            onHand: fc.integer({ min: -2, max: 5 }),
            reserved: fc.nat(1),
            waits: fc.nat(4),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        { minLength: 2, maxLength: 6 },
      ),
      cuts: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(choice, async ({ sessions, cuts }) => {
        const { ids, productId } = await watches.seedProduct(6);
        const first = await watches.follow({ productId });
        const seen = await first.take(ids.length);
        const changes = sessions.flat().flatMap(({ records }) => records).length;
        const writing = sessions.map(async (transactions) => {
          const session = await watches.session();
          for (const { records, onHand, reserved, waits } of transactions) {
            await session.begin();
            // In a fixed order, or the sessions would wait for each other in a circle.
            for (const i of records.sort((x, y) => x - y))
              await session.change({ id: ids[i]!, onHand, reserved });
            for (let i = 0; i < waits; i++) await session.client.query('SELECT');
            await session.commit();
            watches.wake();
          }
        });
        for (let round = 0; seen.length < ids.length + changes; round++) {
          const afterId = seen.at(-1)!.eventId;
          const piece = await watches.follow(round % 2 === 0 ? { ids, afterId } : { productId, afterId }, 50);
          const missing = ids.length + changes - seen.length;
          seen.push(...(await piece.take(Math.min(missing, cuts[round % cuts.length]!))));
          await piece.events.return(undefined);
        }
        await Promise.all(writing);
        expect(sent(seen)).toEqual(await watches.logged(ids));
      }),
      { numRuns: 15 },
    );
  });
});
