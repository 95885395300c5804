import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ReadRefused } from '../../src/store/reads/read-pool.js';
import { openWatchStage, sent, type WatchStage } from '../support/watch-stage.js';

/** When a watch looks at the log, and what ends it. */

let stage: WatchStage;
beforeAll(async () => {
  stage = await openWatchStage();
});
afterEach(() => stage.endWatches());
afterAll(() => stage.close());

describe('woken, and not woken', () => {
  test('a lost wake-up call costs time, not events: a watch looks by itself', async () => {
    const { ids } = await stage.seedProduct(1);
    const watch = await stage.follow({ ids }, 20);
    await watch.take(1);
    await (await stage.session()).write({ id: ids[0]!, onHand: 1 });
    expect(await watch.take(1)).toMatchObject([{ onHandQty: 101 }]);
  });

  test('a wake-up call wakes it, and nothing else does', async () => {
    const { ids } = await stage.seedProduct(1);
    const watch = await stage.follow({ ids });
    await watch.take(1);
    const event = watch.next();
    await lookedAndWaits();
    await (await stage.session()).write({ id: ids[0]!, onHand: 1 });
    const reads = stage.reads();
    stage.signal.wake('mer_2');
    stage.wake();
    expect(await event).toMatchObject({ onHandQty: 101 });
    expect(stage.reads()).toBe(reads + 1);
  });

  test('a reader who does not ask for the next event costs no read', async () => {
    const { ids } = await stage.seedProduct(1);
    const watch = await stage.follow({ ids });
    await watch.take(1);
    const writer = await stage.session();
    const reads = stage.reads();
    for (let i = 0; i < 5; i++) {
      await writer.write({ id: ids[0]!, onHand: 1 });
      stage.wake();
    }
    expect(stage.reads()).toBe(reads);
    expect(stage.signal.waits).toBe(0);
    await watch.take(5);
    expect(sent(watch.seen)).toEqual(await stage.logged(ids));
  });

  // [how it ends, the end]
  test.each<[string, (watch: Awaited<ReturnType<WatchStage['follow']>>) => Promise<unknown>]>([
    [
      'told to while it waits',
      async (watch) => {
        const waiting = watch.next();
        await lookedAndWaits();
        watch.stop();
        expect(await waiting).toBe(false);
      },
    ],
    [
      'left between two events',
      async (watch) => {
        const session = await stage.session();
        await session.write({ id: watch.seen[0]!.id, onHand: 1 }, { id: watch.seen[0]!.id, onHand: 1 });
        await watch.take(1);
        expect(stage.signal.waits).toBe(1);
        await watch.events.return(undefined);
      },
    ],
  ])('a watch that is %s leaves no wait behind', async (_, end) => {
    const { ids } = await stage.seedProduct(1);
    const watch = await stage.follow({ ids });
    await watch.take(1);
    await end(watch);
    expect(stage.signal.waits).toBe(0);
  });
});

describe('ends', () => {
  test('when the product has grown beyond what one watch may follow', async () => {
    const { ids, productId } = await stage.seedProduct(100);
    const watch = await stage.follow({ productId });
    await watch.take(100);
    const ended = watch.next();
    await stage.seed({ id: `${productId}_more`, onHandQty: 1, reservedQty: 0, details: { productId } });
    stage.wake();
    expect(await ended).toMatchObject({ reason: 'VALIDATION_FAILED', violations: [{ field: 'productId' }] });
    expect(await stage.begin({ productId })).toMatchObject({ reason: 'VALIDATION_FAILED' });
    const known = await stage.follow({ ids });
    expect(await known.take(1)).toMatchObject([{ onHandQty: 100 }]);
  });

  // [what a read fails with, the reason]
  test.each([
    [new ReadRefused('OVERLOADED'), 'OVERLOADED'],
    // The limit is the watch's own: its caller has set no deadline that could have passed.
    [new ReadRefused('DEADLINE_EXCEEDED'), 'OVERLOADED'],
    [new Error('Connection terminated unexpectedly'), 'DATABASE_UNAVAILABLE'],
  ])('with %s: %s', async (error, reason) => {
    const { ids } = await stage.seedProduct(1);
    const watch = await stage.follow({ ids });
    await watch.take(1);
    stage.failNextRead(error);
    expect(await watch.next()).toEqual({ reason });
    expect(stage.signal.waits).toBe(0);
    // A new watch goes on where this one was.
    const again = await stage.follow({ ids, afterId: watch.seen[0]!.eventId });
    await (await stage.session()).write({ id: ids[0]!, onHand: 1 });
    expect(await again.take(1)).toMatchObject([{ onHandQty: 101 }]);
  });
});

/** A watch that is asked for its next event looks once, and then waits. */
async function lookedAndWaits(): Promise<void> {
  const reads = stage.reads();
  while (stage.reads() === reads || stage.signal.waits === 0) await new Promise(setImmediate);
  // The answer of that look: reads of one pool are answered in their order.
  await stage.dataSource.query('SELECT');
}
