import { test as base } from 'vitest';
import type { Overrides } from '../../src/app.js';
import type { Environment } from '../../src/config.js';
import type { SeedRecord } from '../../src/store/seed.js';
import { startAppOn } from './app.js';
import { openDataSource } from './data-source.js';
import { createTestDatabase } from './database.js';
import { makeDemo } from './demo.js';
import { closeDoors, openDoors } from './doors.js';
import { Shelf } from './engine-stage.js';
import { openReadsStage } from './reads-stage.js';
import { createStage } from './stage.js';

/** A fixture that needs no other one: `open` makes it, `end` ends it. */
export const opened =
  <T>(open: () => T | Promise<T>, end: (fixture: T) => void | Promise<void>) =>
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs.
  async ({}, { onCleanup }: { onCleanup(end: () => Promise<void>): void }): Promise<T> => {
    const fixture = await open();
    onCleanup(async () => end(fixture));
    return fixture;
  };

/**
 * The fixtures of tests. A test names what it needs: `test('…', async ({ service, merchant }) => …)`. A fixture is
 * made before the first test that names it, and ended after the last; what nobody names is not made.
 *
 * Settings (`environment`, `overrides`, `records`) are fixtures as well: a file gives its own, and helpers of its own,
 * by `test.extend`. Do not use `test.override`: files share this module, so the next file would inherit it.
 */
export const test = base
  .extend(
    'database',
    { scope: 'file' },
    opened(createTestDatabase, (database) => database.drop()),
  )
  /** A pool of its own on the database. */
  .extend('dataSource', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const dataSource = await openDataSource(database.url);
    onCleanup(() => dataSource.destroy());
    return dataSource;
  })
  /** The same, for tables that are distributed by merchant. */
  .extend('ofMerchants', { scope: 'file' }, async ({ database }, { onCleanup }) => {
    const dataSource = await openDataSource(database.url, {}, 'changes_of_merchant');
    onCleanup(() => dataSource.destroy());
    return dataSource;
  })
  /** A merchant of the test's own, with two records. */
  .extend('shelf', ({ database, dataSource }) => new Shelf(database, dataSource).fill())
  .extend('environment', { scope: 'file' }, (): Environment => ({}))
  .extend('overrides', { scope: 'file' }, (): Overrides => ({}))
  .extend('service', { scope: 'file' }, async ({ database, environment, overrides }, { onCleanup }) => {
    const service = await startAppOn(database, environment, overrides);
    onCleanup(() => service.close());
    return service;
  })
  .extend('doors', { scope: 'file' }, ({ service }, { onCleanup }) => {
    const doors = openDoors(service);
    onCleanup(() => closeDoors(doors));
    return doors;
  })
  .extend('records', { scope: 'file' }, (): readonly SeedRecord[] => [])
  /** A merchant of the service, with the `records`. */
  .extend('merchant', { scope: 'file' }, async ({ service, records }) => {
    const merchant = await service.createMerchant();
    await service.seed(merchant.merchantId, ...records);
    return merchant;
  })
  /** The merchant and the record of `npm start`. */
  .extend('demo', { scope: 'file' }, ({ service }) => makeDemo(service))
  /** The reads on a database of their own. */
  .extend(
    'readsStage',
    { scope: 'file' },
    opened(openReadsStage, (stage) => stage.close()),
  )
  /** A database with a merchant, and no service: for processes and commands. */
  .extend(
    'stage',
    { scope: 'file' },
    opened(createStage, (stage) => stage.close()),
  );
