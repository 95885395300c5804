import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { test as base } from '../support/fixtures.js';
import { callOf, MERCHANT, OTHER_MERCHANT, shown } from '../support/reads-stage.js';

const record = (id: string) => ({ id, onHandQty: 1, reservedQty: 0 });

const logs = { page: 0, limit: 1, pageToken: '', inventoryId: '', reference: '', action: undefined };

const test = base
  .extend(
    'list',
    ({ readsStage }) =>
      (page: number, limit: number, pageToken = '') =>
        readsStage.reads.listInventory(callOf(), { page, limit, pageToken }),
  )
  /** Of this list, of another merchant's, and of the log. */
  .extend('tokens', async ({ readsStage, list }) => {
    await readsStage.seed(MERCHANT, ...['a', 'b'].map(record));
    await readsStage.seed(OTHER_MERCHANT, ...['a', 'b'].map(record));
    const good = shown(await list(0, 1)).nextPageToken;
    const other = await readsStage.reads.listInventory(callOf(OTHER_MERCHANT), {
      page: 0,
      limit: 1,
      pageToken: '',
    });
    const log = shown(await readsStage.reads.listLogs(callOf(), logs)).nextPageToken;
    return { good, other: shown(other).nextPageToken, log };
  });

test.beforeEach(({ readsStage }) => readsStage.clear());

describe('by number of page', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  // [page, limit, ids, more]
  test.for<[number, number, string, boolean]>([
    [0, 3, 'abc', true],
    [1, 3, 'def', true],
    [2, 3, 'g', false],
    [3, 3, '', false],
    [0, 7, 'abcdefg', false],
    [0, 6, 'abcdef', true],
    [1, 7, '', false],
    [0, 200, 'abcdefg', false],
    [2147483647, 200, '', false],
  ])('page %i of %i', async ([page, limit, expected, more], { readsStage, list }) => {
    await readsStage.seed(MERCHANT, ...[...ids].reverse().map(record));
    await readsStage.seed(OTHER_MERCHANT, ...['aa', 'x', 'y'].map(record));
    const answer = shown(await list(page, limit));
    expect(answer).toMatchObject({ page, limit, totalElements: 7 });
    expect(answer.content.map(({ id }) => id).join('')).toBe(expected);
    expect(answer.nextPageToken !== '').toBe(more);
  });

  test('a merchant without records', async ({ readsStage }) => {
    await readsStage.seed(OTHER_MERCHANT, record('a'));
    expect(shown(await readsStage.reads.listInventory(callOf(), { page: 0, pageToken: '' }))).toEqual({
      content: [],
      page: 0,
      limit: 50,
      totalElements: 0,
      nextPageToken: '',
    });
  });
});

test('a walk by token shows what existed at its start exactly once, while others are added', async ({
  readsStage,
  list,
}) => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9._-]{1,4}$/), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      ids,
      fc.integer({ min: 1, max: 8 }),
      fc.double({ noNaN: true, min: 0, max: 1 }),
      async (all, limit, share) => {
        await readsStage.clear();
        const existing = all.slice(0, Math.ceil(all.length * share));
        const toCome = all.slice(existing.length);
        if (existing.length > 0) await readsStage.seed(MERCHANT, ...existing.map(record));

        const seen: string[] = [];
        let pageToken = '';
        let pages = 0;
        do {
          const answer = shown(await list(0, limit, pageToken));
          expect(answer).toMatchObject({ page: pages, totalElements: existing.length });
          seen.push(...answer.content.map(({ id }) => id));
          pageToken = answer.nextPageToken;
          pages += 1;
          const next = toCome.shift();
          if (next !== undefined) await readsStage.seed(MERCHANT, record(next));
        } while (pageToken !== '');

        expect(new Set(seen).size).toBe(seen.length);
        expect([...seen].sort()).toEqual(seen);
        expect(seen).toEqual(expect.arrayContaining(existing));
      },
    ),
    { numRuns: 40 },
  );
});

test('a walk may begin at any page, and its limit may change on the way', async ({ readsStage, list }) => {
  await readsStage.seed(MERCHANT, ...[...'abcdefghij'].map(record));
  const first = shown(await list(1, 3));
  const second = shown(await list(0, 1, first.nextPageToken));
  const third = shown(await list(0, 10, second.nextPageToken));
  const ids = [first, second, third].map(({ content }) => content.map(({ id }) => id).join(''));
  expect(ids).toEqual(['def', 'g', 'hij']);
  expect([first, second, third].map(({ page, totalElements }) => [page, totalElements])).toEqual([
    [1, 10],
    [2, 10],
    [3, 10],
  ]);
});

describe('a token that is not of this list', () => {
  test.for<[string, (t: { good: string; other: string; log: string }) => string, string]>([
    ['ours', ({ good }) => good, 'taken'],
    ['another merchant’s', ({ other }) => other, 'refused'],
    ['another list’s', ({ log }) => log, 'refused'],
    ['cut', ({ good }) => good.slice(0, -1), 'refused'],
    ['longer', ({ good }) => `${good}A`, 'refused'],
    ['padded', ({ good }) => `${good}=`, 'refused'],
    ['changed', ({ good }) => (good[0] === 'A' ? 'B' : 'A') + good.slice(1), 'refused'],
    [
      'changed inside',
      ({ good }) => `${good.slice(0, 12)}${good[12] === 'A' ? 'B' : 'A'}${good.slice(13)}`,
      'refused',
    ],
    ['made up', () => 'abc', 'refused'],
    ['a page number', () => '2', 'refused'],
    ['not base64url', () => '%%%', 'refused'],
  ])('%s', async ([_, pick, expected], { list, tokens }) => {
    const result = await list(0, 1, pick(tokens));
    if (expected === 'taken') expect(shown(result).content.map(({ id }) => id)).toEqual(['b']);
    else {
      const description = 'must be the nextPageToken of an answer to the same request';
      const violations = [{ field: 'pageToken', description }];
      expect(result).toEqual({ ok: false, failure: { reason: 'VALIDATION_FAILED', violations } });
    }
  });

  test('nor of the log with other filters', async ({ readsStage, tokens }) => {
    const { log } = tokens;
    for (const other of [{ inventoryId: 'a' }, { reference: 'a' }, { action: 'RECEIVED' as const }]) {
      const result = await readsStage.reads.listLogs(callOf(), { ...logs, ...other, pageToken: log });
      expect(result).toMatchObject({ ok: false, failure: { reason: 'VALIDATION_FAILED' } });
    }
    expect(shown(await readsStage.reads.listLogs(callOf(), { ...logs, pageToken: log })).page).toBe(1);
  });

  test('a token together with a page', async ({ list, tokens }) => {
    const violations = [{ field: 'pageToken', description: 'must not be given together with page' }];
    expect(await list(1, 1, tokens.good)).toEqual({
      ok: false,
      failure: { reason: 'VALIDATION_FAILED', violations },
    });
  });
});
