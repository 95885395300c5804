import { describe, expect } from 'vitest';
import { ORDER_RECORDS_MAX } from '../../src/domain/decisions/held-units.js';
import type { OrdersPage, OrdersRequest } from '../../src/service/reads/list-orders.js';
import { test } from '../support/fixtures.js';
import {
  callOf,
  MERCHANT,
  NOON_MS,
  OTHER_MERCHANT,
  type ReadsStage,
  type SeedEntry,
  type SeedHold,
  shown,
} from '../support/reads-stage.js';

test.beforeEach(({ readsStage }) => readsStage.clear());

const REFERENCE = 'ORD-1';

describe('GetOrder', () => {
  type Entry = Omit<SeedEntry, 'id' | 'reference'> & { readonly id?: string; readonly reference?: string };
  const reserved: Entry = { revision: 2, action: 'RESERVED', reservedDelta: 5 };
  const released: Entry = { revision: 3, action: 'RELEASED', reservedDelta: -5 };
  const sold: Entry = { revision: 3, action: 'SOLD', onHandDelta: -5, reservedDelta: -5 };
  const expired: Entry = { ...released, actor: 'system', notes: 'expired' };
  const hold = { id: 'a', qty: 5 };

  // [log under the reference, holds under it, state, records still held]
  test.for<[string, Entry[], Omit<SeedHold, 'reference'>[], string, string[]]>([
    ['nothing at all', [], [], 'not_held', []],
    ['held', [reserved], [hold], 'held', ['a']],
    ['held, with an expiry to come', [reserved], [{ ...hold, expiresIn: 600 }], 'held', ['a']],
    ['expired, not tidied', [reserved], [{ ...hold, expiresIn: -1 }], 'expired', []],
    ['expired, tidied', [reserved, expired], [], 'expired', []],
    ['released', [reserved, released], [], 'released', []],
    ['confirmed', [reserved, sold], [], 'confirmed', []],
    ['drawn without its reference', [reserved], [], 'not_held', []],
    ['held again', [reserved, released], [hold], 'held', ['a']],
    [
      'one record expired, not tidied, the other held',
      [reserved],
      [
        { ...hold, expiresIn: -1 },
        { id: 'b', qty: 1 },
      ],
      'held',
      ['b'],
    ],
    [
      'in order of record',
      [reserved],
      [
        { id: 'b', qty: 1 },
        { id: 'a', qty: 2 },
      ],
      'held',
      ['a', 'b'],
    ],
    [
      'confirmed, another record expired and not tidied',
      [sold],
      [{ ...hold, id: 'b', expiresIn: -1 }],
      'confirmed',
      [],
    ],
    [
      'released on one record, confirmed later on another',
      [released, { ...sold, id: 'b', minute: 9 }],
      [],
      'confirmed',
      [],
    ],
    [
      'confirmed on one record, released later on another',
      [sold, { ...released, id: 'b', minute: 9 }],
      [],
      'confirmed',
      [],
    ],
    [
      'an adjustment that names it holds nothing',
      [{ revision: 2, action: 'SOLD', onHandDelta: -1 }],
      [],
      'not_held',
      [],
    ],
    [
      'an adjustment that names it, after its release',
      [reserved, released, { revision: 4, action: 'SOLD', onHandDelta: -1 }],
      [],
      'released',
      [],
    ],
    ['the note alone is not the system', [{ ...expired, actor: 'ann' }], [], 'released', []],
    ['another system’s release', [{ ...expired, notes: 'cleared' }], [], 'released', []],
    [
      'released, then reserved again and expired',
      [released, { ...expired, revision: 5 }],
      [],
      'released',
      [],
    ],
    ['expired, then confirmed', [expired, { ...sold, revision: 5 }], [], 'confirmed', []],
    [
      'a correction by an audit',
      [reserved, { revision: 3, action: 'ADJUSTED', reservedDelta: -5 }],
      [],
      'not_held',
      [],
    ],
    ['another order’s entries', [{ ...released, reference: 'ORD-2' }], [], 'not_held', []],
  ])('%s', async ([_, entries, holds, state, records], { readsStage }) => {
    await readsStage.seed(
      MERCHANT,
      { id: 'a', onHandQty: 50, reservedQty: 0 },
      { id: 'b', onHandQty: 50, reservedQty: 0 },
    );
    await readsStage.log(...entries.map((entry) => ({ id: 'a', reference: REFERENCE, ...entry })));
    await readsStage.hold(...holds.map((each) => ({ reference: REFERENCE, ...each })));
    const order = shown(await readsStage.reads.getOrder(callOf(), REFERENCE));
    expect(order).toMatchObject({ reference: REFERENCE, state });
    expect(order.held.map(({ inventoryId }) => inventoryId)).toEqual(records);
    expect(shown(await readsStage.reads.getOrder(callOf(OTHER_MERCHANT), REFERENCE))).toEqual({
      reference: REFERENCE,
      state: 'not_held',
      held: [],
      lines: [],
    });
  });

  /** Held, confirmed, released, expired and moved units of each record. */
  const linesOf = async (readsStage: ReadsStage): Promise<string[]> => {
    const { lines } = shown(await readsStage.reads.getOrder(callOf(), REFERENCE));
    return lines.map(
      (line) =>
        `${line.inventoryId} ${line.heldQty} ${line.confirmedQty} ${line.releasedQty} ${line.expiredQty} ${line.movedQty}`,
    );
  };

  test('says what became of the units of each record, in order of id', async ({ readsStage }) => {
    await readsStage.seed(
      MERCHANT,
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => ({ id, onHandQty: 50, reservedQty: 0 })),
    );
    const entry = (id: string, revision: number, rest: Partial<SeedEntry>): SeedEntry => ({
      ...{ id, revision, reference: REFERENCE, action: 'RESERVED' },
      ...rest,
    });
    await readsStage.log(
      entry('b', 2, { reservedDelta: 20 }),
      entry('b', 3, { action: 'SOLD', onHandDelta: -3, reservedDelta: -3 }),
      entry('b', 4, { action: 'SOLD', onHandDelta: -2, reservedDelta: -2 }),
      entry('b', 5, { action: 'RELEASED', reservedDelta: -4 }),
      entry('b', 6, { action: 'RELEASED', reservedDelta: -1, actor: 'system', notes: 'expired' }),
      // An adjustment that names the order moves no held units.
      entry('b', 7, { action: 'SOLD', onHandDelta: -30 }),
      entry('c', 2, { action: 'DAMAGED', onHandDelta: -1 }),
      entry('a', 2, { reservedDelta: 6 }),
      entry('d', 2, { reservedDelta: 1, reference: 'ORD-2' }),
      // The sum is more than a quantity can be.
      entry('e', 2, { action: 'RELEASED', reservedDelta: -2147483647 }),
      entry('e', 3, { action: 'RELEASED', reservedDelta: -1 }),
      entry('f', 2, { action: 'RELEASED', reservedDelta: -1 }),
    );
    await readsStage.database.query(
      "UPDATE movement_log SET action = 'MOVED', reserved_delta = 0, moved_qty = 7, to_reference = 'X' WHERE inventory_id = 'f'",
    );
    await readsStage.hold(
      { id: 'b', reference: REFERENCE, qty: 10 },
      { id: 'a', reference: REFERENCE, qty: 6, expiresIn: -1 },
    );
    expect(await linesOf(readsStage)).toEqual([
      'a 0 0 0 6 0',
      'b 10 5 4 1 0',
      'e 0 0 2147483648 0 0',
      'f 0 0 0 0 7',
    ]);
  });

  test('shows each hold with its expiry', async ({ readsStage }) => {
    await readsStage.seed(MERCHANT, { id: 'a', onHandQty: 50, reservedQty: 0 });
    await readsStage.hold({ id: 'a', reference: REFERENCE, qty: 7, expiresIn: 600 });
    await readsStage.database.query("UPDATE holds SET expires_at = '2100-01-01T00:00:00.123Z'");
    const { held, lines } = shown(await readsStage.reads.getOrder(callOf(), REFERENCE));
    const expiresAtMs = Date.UTC(2100, 0, 1, 0, 0, 0, 123);
    expect(held).toMatchObject([{ inventoryId: 'a', heldQty: 7, expiresAtMs }]);
    expect(lines).toEqual(held);
  });

  test('shows at most 5,000 records of each kind, and knows of the others', async ({ readsStage }) => {
    const values = [MERCHANT, REFERENCE, ORDER_RECORDS_MAX];
    await readsStage.database.query(
      `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, reference, actor, batch_id)
       SELECT $1, 'a' || to_char(n, '00000'), 1, 'RELEASED', 0, -1, $2, 'ann', gen_random_uuid() FROM generate_series(1, $3::int) AS n
        UNION ALL SELECT $1, 'z', 1, 'SOLD', -1, -1, $2, 'ann', gen_random_uuid()`,
      values,
    );
    const ended = shown(await readsStage.reads.getOrder(callOf(), REFERENCE));
    expect(ended).toMatchObject({ state: 'confirmed', held: [] });
    expect(ended.lines).toHaveLength(ORDER_RECORDS_MAX);
    await readsStage.database.query(
      `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision)
       SELECT $1, 'b' || to_char(n, '00000'), $2, 1, 1 FROM generate_series(0, $3::int) AS n`,
      values,
    );
    const order = shown(await readsStage.reads.getOrder(callOf(), REFERENCE));
    expect(order.state).toBe('held');
    expect([order.held.length, order.held[0]!.inventoryId]).toEqual([ORDER_RECORDS_MAX, 'b 00000']);
    expect([order.lines.length, order.lines.at(-1)!.inventoryId]).toEqual([ORDER_RECORDS_MAX, 'a 05000']);
  });
});

describe('ListOrders', () => {
  const everything = { expiresBeforeUs: undefined, heldBeforeUs: undefined, inventoryId: '', pageToken: '' };
  const inSeconds = (seconds: number): number => (Date.now() + seconds * 1000) * 1000;
  const minute = (n: number): number => (NOON_MS + n * 60_000) * 1000;

  /** Each reference with the minute of its oldest hold, and what it holds. */
  async function fill(readsStage: ReadsStage): Promise<void> {
    await readsStage.seed(
      MERCHANT,
      { id: 'a', onHandQty: 50, reservedQty: 3 },
      { id: 'b', onHandQty: 50, reservedQty: 0 },
    );
    await readsStage.database.query('DELETE FROM movement_log');
    const opened = (id: string, revision: number, at: number): SeedEntry => ({
      ...{ id, revision, minute: at, action: 'RESERVED', reservedDelta: 1 },
    });
    await readsStage.log(
      ...[opened('a', 10, 5), opened('a', 11, 2), opened('a', 12, 4), opened('a', 13, 4)],
      ...[opened('b', 10, 1), opened('b', 11, 3), opened('b', 12, 0)],
    );
    await readsStage.hold(
      // Minute 5 on a, minute 1 on b: 1.
      { id: 'a', reference: 'both', qty: 2, revision: 10, expiresIn: 600 },
      { id: 'b', reference: 'both', qty: 5, revision: 10, expiresIn: 1200 },
      { id: 'a', reference: 'open', qty: 1, revision: 11 },
      { id: 'a', reference: 'soon', qty: 1, revision: 12, expiresIn: 300 },
      { id: 'a', reference: 'like', qty: 1, revision: 13, expiresIn: 900 },
      { id: 'b', reference: 'half', qty: 4, revision: 11, expiresIn: 450 },
      { id: 'b', reference: 'gone', qty: 7, revision: 12, expiresIn: -1 },
      // Of this order, half has expired.
      { id: 'a', reference: 'half', qty: 9, revision: 14, expiresIn: -1 },
    );
  }

  test.for<[string, () => Partial<OrdersRequest>, string]>([
    ['the oldest first', () => ({}), 'both open half like soon'],
    ['held before an instant', () => ({ heldBeforeUs: minute(3) }), 'both open'],
    ['and a little later', () => ({ heldBeforeUs: minute(3) + 1 }), 'both open half'],
    ['by the next expiry', () => ({ expiresBeforeUs: inSeconds(100_000) }), 'soon half both like'],
    ['that ends before an instant', () => ({ expiresBeforeUs: inSeconds(500) }), 'soon half'],
    ['in the past', () => ({ expiresBeforeUs: inSeconds(-10) }), ''],
    ['of a record', () => ({ inventoryId: 'b' }), 'both half'],
    ['of another one', () => ({ inventoryId: 'a' }), 'both open like soon'],
    ['of none', () => ({ inventoryId: 'c' }), ''],
    [
      'by all of these',
      () => ({ inventoryId: 'b', expiresBeforeUs: inSeconds(700), heldBeforeUs: minute(4) }),
      'half both',
    ],
  ])('%s', async ([_, filter, expected], { readsStage }) => {
    await fill(readsStage);
    const request = { ...everything, ...filter() };
    const all = shown(await readsStage.reads.listOrders(callOf(), request));
    expect(all).toMatchObject({ limit: 50, nextPageToken: '' });
    expect(all.content.map(({ reference }) => reference).join(' ')).toBe(expected);
    for (const limit of [1, 2, 4]) {
      const walked = [];
      let pageToken: string | undefined;
      while (pageToken !== '') {
        const page: OrdersPage = shown(
          await readsStage.reads.listOrders(callOf(), { ...request, limit, pageToken: pageToken ?? '' }),
        );
        expect(page.content.length).toBeLessThanOrEqual(limit);
        walked.push(...page.content);
        pageToken = page.nextPageToken;
      }
      expect(walked).toEqual(all.content);
    }
    expect(shown(await readsStage.reads.listOrders(callOf(OTHER_MERCHANT), request)).content).toEqual([]);
  });

  test('each with what it holds now, of all records', async ({ readsStage }) => {
    await fill(readsStage);
    await readsStage.database.query(
      "UPDATE holds SET expires_at = '2100-01-01T00:00:00.123Z' WHERE expires_at > now()",
    );
    const { content } = shown(await readsStage.reads.listOrders(callOf(), { ...everything, limit: 3 }));
    const at = (n: number) => NOON_MS + n * 60_000;
    const nextExpiryAtMs = Date.UTC(2100, 0, 1, 0, 0, 0, 123);
    expect(content).toMatchObject([
      { reference: 'both', heldQty: 7, records: 2, oldestHeldAtMs: at(1), nextExpiryAtMs },
      { reference: 'open', heldQty: 1, records: 1, oldestHeldAtMs: at(2), nextExpiryAtMs: null },
      { reference: 'half', heldQty: 4, records: 1, oldestHeldAtMs: at(3), nextExpiryAtMs },
    ]);
  });

  test('a token keeps to its filters', async ({ readsStage }) => {
    await fill(readsStage);
    const { nextPageToken } = shown(await readsStage.reads.listOrders(callOf(), { ...everything, limit: 1 }));
    const other = { ...everything, inventoryId: 'a', pageToken: nextPageToken };
    expect(await readsStage.reads.listOrders(callOf(), other)).toMatchObject({
      ok: false,
      failure: { reason: 'VALIDATION_FAILED', violations: [{ field: 'pageToken' }] },
    });
  });
});

describe('ListHolds', () => {
  const listed = async (readsStage: ReadsStage, limit?: number, pageToken = '') =>
    shown(await readsStage.reads.listHolds(callOf(), { id: 'a', limit, pageToken }));

  test('oldest first, the unreferenced units before all others, expired ones left out', async ({
    readsStage,
  }) => {
    await readsStage.seed(MERCHANT, { id: 'a', onHandQty: 50, reservedQty: 3 });
    await readsStage.hold(
      { id: 'a', reference: 'third', qty: 1, revision: 30 },
      { id: 'a', reference: 'first', qty: 4, revision: 10, expiresIn: 600 },
      { id: 'a', reference: 'gone', qty: 5, revision: 11, expiresIn: -1 },
      { id: 'a', reference: 'second', qty: 6, revision: 20 },
    );
    const page = await listed(readsStage);
    expect(page).toMatchObject({ id: 'a', limit: 100, nextPageToken: '' });
    expect(page.content.map(({ reference, qty }) => [reference, qty])).toEqual([
      ['', 3],
      ['first', 4],
      ['second', 6],
      ['third', 1],
    ]);
    expect(page.content.map(({ expiresAtMs }) => expiresAtMs !== null)).toEqual([false, true, false, false]);
  });

  test.for([
    ['with unreferenced units', 2, ['', 'h0', 'h1', 'h2', 'h3', 'h4']],
    ['without', 0, ['h0', 'h1', 'h2', 'h3', 'h4']],
  ] as const)(
    'a walk by token shows each hold once, whatever ends meanwhile: %s',
    async ([_, unreferenced, expected], { readsStage }) => {
      for (const limit of [1, 2, 5, 6]) {
        await readsStage.database.query('TRUNCATE stock_levels, inventory_records, holds, movement_log');
        await readsStage.seed(MERCHANT, { id: 'a', onHandQty: 50, reservedQty: unreferenced });
        for (let i = 0; i < 5; i++)
          await readsStage.hold({ id: 'a', reference: `h${i}`, qty: 1, revision: 10 + i });
        const seen: string[] = [];
        for (let pageToken: string | undefined; pageToken !== ''; ) {
          const page = await listed(readsStage, limit, pageToken);
          expect(page.content.length).toBeLessThanOrEqual(limit);
          seen.push(...page.content.map(({ reference }) => reference));
          ({ nextPageToken: pageToken } = page);
          // The holds that were shown end, and the walk keeps its place.
          await readsStage.database.query('DELETE FROM holds WHERE reference = ANY ($1)', [seen]);
        }
        expect(seen).toEqual(expected);
      }
    },
  );

  test.for([
    ['no holds', MERCHANT, 'a', []],
    ['no such record', MERCHANT, 'b', 'INVENTORY_NOT_FOUND'],
    ['another merchant’s', OTHER_MERCHANT, 'a', 'INVENTORY_NOT_FOUND'],
  ] as const)('%s', async ([_, merchantId, id, expected], { readsStage }) => {
    await readsStage.seed(MERCHANT, { id: 'a', onHandQty: 50, reservedQty: 0 });
    const result = await readsStage.reads.listHolds(callOf(merchantId), { id, pageToken: '' });
    expect(result.ok ? result.value.content : result.failure.reason).toEqual(expected);
  });
});
