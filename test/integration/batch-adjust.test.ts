import { describe, expect } from 'vitest';
import { audit } from '../../src/service/audit.js';
import type { Answer, UnaryDoorName } from '../support/doors.js';
import { test as base } from '../support/fixtures.js';

const LINES_MAX = 1000;

/** 500 records of 10 units. */
const ids = Array.from({ length: 500 }, (_, i) => `inv_${i}`);

const test = base
  /** A merchant of the test's own, with these records. */
  .extend('seller', async ({ service }) => {
    const seller = await service.createMerchant();
    await service.seed(seller.merchantId, ...ids.map((id) => ({ id, onHandQty: 10, reservedQty: 0 })));
    return seller;
  })
  .extend(
    'batchAdjust',
    ({ doors, seller }) =>
      (door: UnaryDoorName, lines: readonly Line[], idempotencyKey?: string): Promise<Answer> =>
        doors[door].call(
          'BatchAdjust',
          { lines },
          { credentials: seller, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
        ),
  )
  /** The distinct figures of units on hand, and the number of log entries; fails unless the audit is clean. */
  .extend('happened', ({ service, seller }) => async (): Promise<{ onHand: number[]; entries: number }> => {
    const report = await audit(service.app.dataSource, { merchantId: seller.merchantId, repair: false });
    expect(report).toMatchObject({ consistent: true, records: ids.length });
    const [row] = await service.database.query<{ onHand: number[]; entries: number }>(
      `SELECT (SELECT array_agg(DISTINCT on_hand_qty) FROM stock_levels WHERE merchant_id = $1) AS "onHand",
            (SELECT count(*)::int FROM movement_log WHERE merchant_id = $1 AND actor = 'tester') AS entries`,
      [seller.merchantId],
    );
    return row!;
  });

interface Line {
  readonly id: string;
  readonly qty: number;
  readonly action: string;
  readonly notes?: string;
}

/** Each record twice: first all of them get 3, then all of them lose 1. */
const twice: readonly Line[] = [
  ...ids.map((id) => ({ id, qty: 3, action: 'RECEIVED' })),
  ...ids.map((id) => ({ id, qty: -1, action: 'DAMAGED' })),
];

describe.each<UnaryDoorName>(['gRPC', 'gRPC over h2c on the HTTP port', 'Connect JSON', 'REST'])(
  '1,000 lines through %s',
  (door) => {
    test('each is answered in order, with the stock that the lines before it left', async ({
      batchAdjust,
      happened,
    }) => {
      const answer = await batchAdjust(door, twice, 'k');
      expect(answer).toMatchObject({ ok: true, replayed: false });
      const told = (answer.data as { id: string; onHandQty: number }[]).map((s) => [s.id, s.onHandQty]);
      expect(told).toEqual([...ids.map((id) => [id, 13]), ...ids.map((id) => [id, 12])]);
      expect(await happened()).toEqual({ onHand: [12], entries: LINES_MAX });

      const again = await batchAdjust(door, twice, 'k');
      expect(again).toMatchObject({ ok: true, replayed: true });
      expect(again.data).toEqual(answer.data);
      expect(await happened()).toEqual({ onHand: [12], entries: LINES_MAX });
    });

    test('if one fails, none takes effect, and it is named by its place', async ({
      batchAdjust,
      happened,
    }) => {
      const lines = twice.with(999, { ...twice[999]!, qty: -14 });
      const answer = await batchAdjust(door, lines);
      const message =
        'Adjustment would result in negative stock. Current on-hand: 13, requested change: -14.';
      expect(answer).toMatchObject({ ok: false, reason: 'NEGATIVE_STOCK', message });
      if (door === 'REST') {
        expect(answer.failedParts).toEqual([
          { line: 999, id: 'inv_499', onHandQty: 13, reservedQty: 0, qty: -14 },
        ]);
      } else {
        expect(answer.preconditions).toMatchObject([
          { subject: 'inv_499', description: `line 999: ${message}` },
        ]);
      }
      expect(await happened()).toEqual({ onHand: [10], entries: 0 });
    });

    test('all that fail are named', async ({ batchAdjust, happened }) => {
      const lines = twice.map((line) => ({ ...line, qty: -99 }));
      const answer = await batchAdjust(door, lines);
      expect(answer).toMatchObject({ ok: false, reason: 'NEGATIVE_STOCK' });
      if (door === 'REST') {
        expect(answer.failedParts).toHaveLength(LINES_MAX);
      } else {
        // All of them would not fit into the trailers that clients accept.
        expect(answer.preconditions?.[0]).toMatchObject({ subject: 'inv_0' });
        expect(answer.preconditions!.length).toBeGreaterThan(10);
        expect(Number(answer.metadata!.omitted) + answer.preconditions!.length).toBe(LINES_MAX);
      }
      expect(await happened()).toEqual({ onHand: [10], entries: 0 });
    });

    test('all that break a bound are named', async ({ batchAdjust, happened }) => {
      const answer = await batchAdjust(
        door,
        twice.map((line) => ({ ...line, qty: 0 })),
      );
      expect(answer).toMatchObject({ ok: false, reason: 'VALIDATION_FAILED' });
      const fields = Object.keys(answer.violations!);
      expect(fields[0]).toBe('lines[0].qty');
      expect(fields.length + Number(answer.metadata?.omitted ?? 0)).toBe(LINES_MAX);
      expect(await happened()).toEqual({ onHand: [10], entries: 0 });
    });

    test('one line more than that is refused', async ({ batchAdjust, happened }) => {
      const answer = await batchAdjust(door, [...twice, twice[0]!]);
      expect(answer).toMatchObject({ ok: false, reason: 'VALIDATION_FAILED' });
      expect(Object.keys(answer.violations!)).toEqual(['lines']);
      expect(await happened()).toEqual({ onHand: [10], entries: 0 });
    });
  },
);

// Other calls still take 64 KiB at most: test/conformance/bad-http.test.ts and rpc-wire.test.ts.
test.for(['REST', 'gRPC', 'Connect JSON'] as const)(
  '%s: full lines have room',
  async (door, { batchAdjust, happened }) => {
    const full = { notes: '€'.repeat(1024), reference: '€'.repeat(128) };
    const answer = await batchAdjust(
      door,
      twice.map((line) => ({ ...line, ...full })),
    );
    expect(answer).toMatchObject({ ok: true });
    expect((await happened()).entries).toBe(LINES_MAX);
  },
);
