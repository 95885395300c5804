import { expect } from 'vitest';
import type { Answer, StockCall } from '../support/callers.js';
import type { TestDatabase } from '../support/database.js';

interface Entry {
  readonly call: StockCall;
  readonly answer: Answer;
}

interface LogLine {
  readonly action: string;
  readonly delta: number;
  /** The sum of `delta` over all entries of its call. */
  readonly change: number;
  readonly whose: string;
  readonly after: readonly number[];
  /** The next entry is of the same call. */
  readonly goesOn: boolean;
}

/**
 * What the callers were told, kept outside of the service. In the end, the database must agree with it. It has one
 * entry for each call, with its last answer; a call that was tried again under its key is one call.
 */
export class Ledger {
  readonly entries: Entry[] = [];

  add(call: StockCall, answer: Answer): void {
    this.entries.push({ call, answer });
  }

  accepted(id?: string): (Entry & { answer: Answer & { kind: 'ok' } })[] {
    return this.entries.filter(
      (entry): entry is Entry & { answer: Answer & { kind: 'ok' } } =>
        entry.answer.kind === 'ok' && (id === undefined || entry.call.id === id),
    );
  }

  refused(reason: string): Entry[] {
    return this.entries.filter(({ answer }) => answer.kind === 'refused' && answer.reason === reason);
  }

  /** Units reserved by accepted calls, less those released, under one reference or in all. */
  reservedQty(id: string, reference?: string): number {
    return this.accepted(id)
      .filter(({ call }) => reference === undefined || (call.reference ?? '') === reference)
      .reduce((sum, { call }) => sum + (call.rpc === 'reserve' ? call.qty : -call.qty), 0);
  }

  /**
   * Compares with the tables of one record: every accepted call, and no other, has its log entry, or one for each hold
   * that it drew on without a reference (such a call has notes of its own); and each was told the figures that the
   * record had right after it.
   */
  async expectEqual(
    database: TestDatabase,
    record: {
      readonly merchantId: string;
      readonly id: string;
      readonly onHandQty: number;
      readonly reservedQty: number;
    },
  ): Promise<void> {
    const { merchantId, id, onHandQty, reservedQty } = record;
    const [stock] = await database.query(
      'SELECT on_hand_qty, reserved_qty FROM stock_levels WHERE merchant_id = $1 AND id = $2',
      [merchantId, id],
    );
    expect(stock).toEqual({ on_hand_qty: onHandQty, reserved_qty: reservedQty + this.reservedQty(id) });

    const log = await database.query<LogLine>(
      `SELECT action, reserved_delta AS delta, sum(reserved_delta) OVER (PARTITION BY coalesce(notes, revision::text))::int AS change,
              coalesce(notes, reference, '') AS whose, ARRAY[on_hand_qty, reserved_qty] AS after,
              lead(notes) OVER (ORDER BY revision) IS NOT DISTINCT FROM notes AND notes IS NOT NULL AS "goesOn"
         FROM movement_log
        WHERE merchant_id = $1 AND inventory_id = $2 AND coalesce(notes, '') <> 'initial stock'
        ORDER BY revision`,
      [merchantId, id],
    );
    let reserved = reservedQty;
    const written: string[] = [];
    for (const { action, delta, change, whose, after, goesOn } of log) {
      reserved += delta;
      expect(after).toEqual([onHandQty, reserved]);
      if (goesOn) continue;
      written.push(
        `${action} ${Math.abs(change)} ${whose} -> ${onHandQty} ${reserved} ${onHandQty - reserved}`,
      );
    }
    const told = this.accepted(id).map(({ call, answer }) => {
      const { stock } = answer;
      const action = call.rpc === 'reserve' ? 'RESERVED' : 'RELEASED';
      const figures = `${stock.onHandQty} ${stock.reservedQty} ${stock.availableQty}`;
      return `${action} ${call.qty} ${call.notes ?? call.reference ?? ''} -> ${figures}`;
    });
    expect(told.sort()).toEqual(written.sort());
  }

  /** Compares each reference's balance with the holds; for runs without releases that name no reference. */
  async expectHolds(database: TestDatabase, merchantId: string, id: string): Promise<void> {
    const rows = await database.query<{ reference: string; qty: number }>(
      'SELECT reference, qty FROM holds WHERE merchant_id = $1 AND inventory_id = $2',
      [merchantId, id],
    );
    const references = new Set(this.accepted(id).map(({ call }) => call.reference ?? ''));
    const balances = [...references].map(
      (reference) => [reference, this.reservedQty(id, reference)] as const,
    );
    expect(Object.fromEntries(rows.map(({ reference, qty }) => [reference, qty]))).toEqual(
      Object.fromEntries(balances.filter(([, qty]) => qty !== 0)),
    );
  }
}
