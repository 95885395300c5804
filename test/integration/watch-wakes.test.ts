import { describe, expect } from 'vitest';
import { ReadRefused } from '../../src/store/reads/read-pool.js';
import { test } from '../support/watch-fixtures.js';
import { type Following, sent, type WatchStage } from '../support/watch-stage.js';

/** When a watch looks at the log, and what ends it. */

describe('woken, and not woken', () => {
  test('a lost wake-up call costs time, not events: a watch looks by itself', async ({ watches }) => {
    const { ids } = await watches.seedProduct(1);
    const watch = await watches.follow({ ids }, 20);
    await watch.take(1);
    await (await watches.session()).write({ id: ids[0]!, onHand: 1 });
    expect(await watch.take(1)).toMatchObject([{ onHandQty: 101 }]);
  });

  test('a wake-up call wakes it, and nothing else does', async ({ watches }) => {
    const { ids } = await watches.seedProduct(1);
    const watch = await watches.follow({ ids });
    await watch.take(1);
    const event = watch.next();
    await lookedAndWaits(watches);
    await (await watches.session()).write({ id: ids[0]!, onHand: 1 });
    const reads = watches.reads();
    watches.signal.wake('mer_2');
    watches.wake();
    expect(await event).toMatchObject({ onHandQty: 101 });
    expect(watches.reads()).toBe(reads + 1);
  });

  test('a reader who does not ask for the next event costs no read', async ({ watches }) => {
    const { ids } = await watches.seedProduct(1);
    const watch = await watches.follow({ ids });
    await watch.take(1);
    const writer = await watches.session();
    const reads = watches.reads();
    for (let i = 0; i < 5; i++) {
      await writer.write({ id: ids[0]!, onHand: 1 });
      watches.wake();
    }
    expect(watches.reads()).toBe(reads);
    expect(watches.signal.waits).toBe(0);
    await watch.take(5);
    expect(sent(watch.seen)).toEqual(await watches.logged(ids));
  });

  // [how it ends, the end]
  test.for<[string, (watches: WatchStage, watch: Following) => Promise<unknown>]>([
    [
      'told to while it waits',
      async (watches, watch) => {
        const waiting = watch.next();
        await lookedAndWaits(watches);
        watch.stop();
        expect(await waiting).toBe(false);
      },
    ],
    [
      'left between two events',
      async (watches, watch) => {
        const session = await watches.session();
        await session.write({ id: watch.seen[0]!.id, onHand: 1 }, { id: watch.seen[0]!.id, onHand: 1 });
        await watch.take(1);
        expect(watches.signal.waits).toBe(1);
        await watch.events.return(undefined);
      },
    ],
  ])('a watch that is %s leaves no wait behind', async ([_, end], { watches }) => {
    const { ids } = await watches.seedProduct(1);
    const watch = await watches.follow({ ids });
    await watch.take(1);
    await end(watches, watch);
    expect(watches.signal.waits).toBe(0);
  });
});

describe('ends', () => {
  test('when the product has grown beyond what one watch may follow', async ({ watches }) => {
    const { ids, productId } = await watches.seedProduct(100);
    const watch = await watches.follow({ productId });
    await watch.take(100);
    const ended = watch.next();
    await watches.seed({ id: `${productId}_more`, onHandQty: 1, reservedQty: 0, details: { productId } });
    watches.wake();
    expect(await ended).toMatchObject({ reason: 'VALIDATION_FAILED', violations: [{ field: 'productId' }] });
    expect(await watches.begin({ productId })).toMatchObject({ reason: 'VALIDATION_FAILED' });
    const known = await watches.follow({ ids });
    expect(await known.take(1)).toMatchObject([{ onHandQty: 100 }]);
  });

  // [what a read fails with, the reason]
  test.for<[Error, string]>([
    [new ReadRefused('OVERLOADED'), 'OVERLOADED'],
    // The limit is the watch's own: its caller has set no deadline that could have passed.
    [new ReadRefused('DEADLINE_EXCEEDED'), 'OVERLOADED'],
    [new Error('Connection terminated unexpectedly'), 'DATABASE_UNAVAILABLE'],
  ])('with %s: %s', async ([error, reason], { watches }) => {
    const { ids } = await watches.seedProduct(1);
    const watch = await watches.follow({ ids });
    await watch.take(1);
    watches.failNextRead(error);
    expect(await watch.next()).toEqual({ reason });
    expect(watches.signal.waits).toBe(0);
    // A new watch goes on where this one was.
    const again = await watches.follow({ ids, afterId: watch.seen[0]!.eventId });
    await (await watches.session()).write({ id: ids[0]!, onHand: 1 });
    expect(await again.take(1)).toMatchObject([{ onHandQty: 101 }]);
  });
});

/** A watch that is asked for its next event looks once, and then waits. */
async function lookedAndWaits(watches: WatchStage): Promise<void> {
  const reads = watches.reads();
  while (watches.reads() === reads || watches.signal.waits === 0) await new Promise(setImmediate);
  // The answer of that look: reads of one pool are answered in their order.
  await watches.dataSource.query('SELECT');
}
