import { describe, expect } from 'vitest';
import type { ListLogsRequest } from '../../src/service/reads/list-logs.js';
import { encodePageToken } from '../../src/service/reads/page-token.js';
import { listLogsByOffset } from '../../src/store/reads/logs.js';
import type { Reader } from '../../src/store/reads/read-pool.js';
import { test } from '../support/fixtures.js';
import { callOf, MERCHANT, NOON_MS, OTHER_MERCHANT, type SeedEntry, shown } from '../support/reads-stage.js';

const everything: ListLogsRequest = {
  page: 0,
  pageToken: '',
  inventoryId: '',
  reference: '',
  action: undefined,
};

// Entries of two records; some at one instant, some of one reference, one with the clock set back.
const entries: readonly SeedEntry[] = [
  { id: 'a', revision: 1, minute: 0, action: 'RECEIVED', onHandDelta: 50 },
  { id: 'b', revision: 1, minute: 0, action: 'RECEIVED', onHandDelta: 60 },
  { id: 'a', revision: 2, minute: 1, action: 'RESERVED', reservedDelta: 5, reference: 'R' },
  { id: 'b', revision: 2, minute: 1, action: 'RESERVED', reservedDelta: 6, reference: 'R' },
  { id: 'a', revision: 3, minute: 2, action: 'RESERVED', reservedDelta: 7, reference: 'S' },
  {
    id: 'a',
    revision: 4,
    minute: 3,
    action: 'RELEASED',
    reservedDelta: -7,
    reference: 'S',
    notes: 'changed',
  },
  { id: 'a', revision: 5, minute: 4, action: 'SOLD', onHandDelta: -5, reservedDelta: -5, reference: 'R' },
  { id: 'b', revision: 3, minute: 4, action: 'SOLD', onHandDelta: -6, reservedDelta: -6, reference: 'R' },
  { id: 'a', revision: 6, minute: 5, action: 'DAMAGED', onHandDelta: -1 },
  { id: 'b', revision: 4, minute: 6, action: 'DAMAGED', onHandDelta: -2, reference: 'S' },
  { id: 'b', revision: 5, minute: 3.5, action: 'RETURNED', onHandDelta: 1 },
];

test.beforeAll(async ({ readsStage }) => {
  await readsStage.seed(
    MERCHANT,
    { id: 'a', onHandQty: 1, reservedQty: 0, details: { productId: 'shirt' } },
    { id: 'b', onHandQty: 1, reservedQty: 0, details: { productId: 'shoe' } },
  );
  await readsStage.database.query('TRUNCATE movement_log');
  await readsStage.log(...entries);
  // The log of another merchant, otherwise the same.
  await readsStage.database.query(
    `INSERT INTO movement_log SELECT $1, inventory_id, revision, action, on_hand_delta, reserved_delta,
            reference, notes, actor, batch_id, logged_at FROM movement_log WHERE inventory_id = 'a'`,
    [OTHER_MERCHANT],
  );
});

/** Microseconds since the epoch. */
const minute = (n: number): number => (NOON_MS + n * 60_000) * 1000;

const placesOf = (content: readonly { inventoryId: string; revision: number }[]): string =>
  content.map(({ inventoryId, revision }) => `${inventoryId}${revision}`).join(' ');

describe('latest first, with any filter', () => {
  test.for<[Partial<ListLogsRequest>, string]>([
    [{}, 'b4 a6 b3 a5 b5 a4 a3 b2 a2 b1 a1'],
    [{ inventoryId: 'a' }, 'a6 a5 a4 a3 a2 a1'],
    // One record's entries by revision: the order in which they happened, whatever the clock said.
    [{ inventoryId: 'b' }, 'b5 b4 b3 b2 b1'],
    [{ reference: 'R' }, 'b3 a5 b2 a2'],
    [{ reference: 'S' }, 'b4 a4 a3'],
    [{ action: 'RECEIVED' }, 'b1 a1'],
    [{ action: 'RESERVED' }, 'a3 b2 a2'],
    [{ action: 'RELEASED' }, 'a4'],
    [{ action: 'SOLD' }, 'b3 a5'],
    [{ action: 'DAMAGED' }, 'b4 a6'],
    [{ action: 'RETURNED' }, 'b5'],
    [{ action: 'ADJUSTED' }, ''],
    [{ inventoryId: 'a', reference: 'S' }, 'a4 a3'],
    [{ inventoryId: 'b', action: 'DAMAGED' }, 'b4'],
    [{ inventoryId: 'a', action: 'RESERVED' }, 'a3 a2'],
    [{ reference: 'R', action: 'RESERVED' }, 'b2 a2'],
    [{ inventoryId: 'a', reference: 'R', action: 'SOLD' }, 'a5'],
    [{ inventoryId: 'a', reference: 'R', action: 'RELEASED' }, ''],
    [{ inventoryId: 'c' }, ''],
    [{ reference: 'r' }, ''],
    // `fromUs` is included, `toUs` is not.
    [{ fromUs: minute(4) }, 'b4 a6 b3 a5'],
    [{ fromUs: minute(4) + 1 }, 'b4 a6'],
    [{ toUs: minute(1) }, 'b1 a1'],
    [{ toUs: minute(1) + 1 }, 'b2 a2 b1 a1'],
    [{ fromUs: minute(2), toUs: minute(4) }, 'b5 a4 a3'],
    [{ fromUs: minute(2), toUs: minute(2) }, ''],
    [{ fromUs: minute(4), toUs: minute(2) }, ''],
    // Entries of one record stay in the order of their revisions, whatever the clock said.
    [{ inventoryId: 'b', fromUs: minute(1), toUs: minute(6) }, 'b5 b3 b2'],
    [{ reference: 'R', fromUs: minute(1), toUs: minute(4) }, 'b2 a2'],
    [{ action: 'RESERVED', fromUs: minute(2) }, 'a3'],
    [{ inventoryId: 'a', reference: 'S', action: 'RELEASED', fromUs: minute(3), toUs: minute(4) }, 'a4'],
  ])('%j', async ([filter, expected], { readsStage }) => {
    const request = { ...everything, ...filter };
    const all = shown(await readsStage.reads.listLogs(callOf(), request));
    expect(placesOf(all.content)).toBe(expected);
    const total = expected === '' ? 0 : expected.split(' ').length;
    expect(all).toMatchObject({ page: 0, limit: 50, totalElements: total, nextPageToken: '' });

    for (const limit of [1, 2, 3, 11]) {
      const pages = Math.max(1, Math.ceil(total / limit));
      const byNumber = [];
      const byToken = [];
      let pageToken = '';
      for (let page = 0; page < pages; page++) {
        byNumber.push(shown(await readsStage.reads.listLogs(callOf(), { ...request, limit, page })));
        byToken.push(shown(await readsStage.reads.listLogs(callOf(), { ...request, limit, pageToken })));
        pageToken = byToken.at(-1)!.nextPageToken;
      }
      expect(byToken).toEqual(byNumber);
      expect(pageToken).toBe('');
      expect(placesOf(byToken.flatMap(({ content }) => content))).toBe(expected);
      for (const { totalElements } of byNumber) expect(totalElements).toBe(total);
    }
  });
});

test('a page beyond the end is empty, and tells the total', async ({ readsStage }) => {
  const request = { ...everything, page: 3, limit: 4 };
  expect(shown(await readsStage.reads.listLogs(callOf(), request))).toEqual({
    content: [],
    page: 3,
    limit: 4,
    totalElements: entries.length,
    totalIsEstimate: false,
    nextPageToken: '',
    prunedBeforeUs: null,
  });
});

describe('a total of more entries than are counted', () => {
  // There are 11 entries: [counted at most, page, limit, whether the total is an estimate]
  test.for<[number, number, number, boolean]>([
    [11, 0, 4, false],
    [10, 0, 4, true],
    [4, 0, 4, true],
    [4, 1, 4, true],
    // The page shows the end of the list, so the total is known.
    [4, 2, 4, false],
    [4, 3, 4, true],
    [4, 0, 20, false],
  ])('%j', async ([countedMax, page, limit, isEstimate], { readsStage }) => {
    const reader: Reader = { rows: ({ text }, values) => readsStage.readSource.query(text, [...values]) };
    const read = await listLogsByOffset(reader, MERCHANT, {}, page * limit, limit, countedMax);
    expect(read.isEstimate).toBe(isEstimate);
    if (isEstimate) expect(read.total).toBeGreaterThan(countedMax);
    else expect(read.total).toBe(entries.length);
  });

  test('is an estimate for as long as a walk goes', async ({ readsStage }) => {
    const list = ['logs', MERCHANT, '', '', '', '', ''];
    for (const [total, isEstimate] of [
      [100_000, false],
      [100_001, true],
    ] as const) {
      const pageToken = encodePageToken(list, [1, total, minute(100), 'a', 1]);
      const page = shown(await readsStage.reads.listLogs(callOf(), { ...everything, pageToken }));
      expect(page).toMatchObject({ totalElements: total, totalIsEstimate: isEstimate });
    }
  });
});

test('a page says since when the log is complete', async ({ readsStage }) => {
  const before = 'INSERT INTO log_prunes VALUES ($1, to_timestamp($2::float8 / 1000000))';
  await readsStage.database.query(before, [OTHER_MERCHANT, minute(7)]);
  const first = shown(await readsStage.reads.listLogs(callOf(OTHER_MERCHANT), { ...everything, limit: 2 }));
  const request = { ...everything, pageToken: first.nextPageToken };
  const second = shown(await readsStage.reads.listLogs(callOf(OTHER_MERCHANT), request));
  expect([first.prunedBeforeUs, second.prunedBeforeUs]).toEqual([minute(7), minute(7)]);
});

test('an entry is shown with its record’s product', async ({ readsStage }) => {
  const [entry] = shown(
    await readsStage.reads.listLogs(callOf(), { ...everything, action: 'RELEASED' }),
  ).content;
  expect(entry).toEqual({
    inventoryId: 'a',
    revision: 4,
    productId: 'shirt',
    action: 'RELEASED',
    onHandDelta: 0,
    reservedDelta: -7,
    reference: 'S',
    notes: 'changed',
    actor: 'ann',
    loggedAtMs: NOON_MS + 180_000,
    loggedAtUs: (NOON_MS + 180_000) * 1000,
    onHandQty: null,
    reservedQty: null,
  });
});

test('another merchant’s log is its own', async ({ readsStage }) => {
  const page = shown(await readsStage.reads.listLogs(callOf(OTHER_MERCHANT), everything));
  expect(placesOf(page.content)).toBe('a6 a5 a4 a3 a2 a1');
  expect(page.totalElements).toBe(6);
});
