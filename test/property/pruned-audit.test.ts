import fc from 'fast-check';
import { expect } from 'vitest';
import { pruneLog } from '../../src/service/retention/prune.js';
import { findDrift } from '../../src/store/audit.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { test } from '../support/fixtures.js';

/*
 * Logs from before entries had figures, and new ones, with holds that agree with them or do not. Whichever entries are
 * pruned, the audit finds the same.
 */

const reference = fc.constantFrom('', 'A', 'B', 'C');
const qty = fc.integer({ min: 1, max: 3 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('reserve' as const), reference, qty }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), reference, qty }) },
  // An entry that takes units of some reference, and does not name it.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('untold' as const), reference, qty }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), reference, qty }) },
);
const run = fc.record({
  steps: fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
  drift: fc.option(fc.record({ reference: fc.constantFrom('A', 'B', 'C', 'D'), qty }), { nil: undefined }),
  cuts: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
});

interface Entry {
  readonly action: 'RESERVED' | 'RELEASED' | 'MOVED';
  readonly delta: number;
  readonly reference: string | null;
  readonly moved: number | null;
  readonly told: boolean;
}

class History {
  readonly entries: Entry[] = [];
  readonly holds = new Map<string, { qty: number; opened: number }>();

  add({ kind, reference: ref, qty: wanted }: { kind: string; reference: string; qty: number }): void {
    const held = this.holds.get(ref)?.qty ?? 0;
    const units = kind === 'reserve' ? wanted : Math.min(wanted, held);
    if (units === 0 || (kind === 'move' && ref === 'C')) return;
    const revision = this.entries.length + 1;
    const named = kind === 'untold' || ref === '' ? null : ref;
    const told = kind === 'move' || (kind !== 'untold' && revision % 2 === 0);
    if (kind === 'move') {
      this.entries.push({ action: 'MOVED', delta: 0, reference: named, moved: units, told });
      this.#change('C', units, revision);
    } else {
      const [action, delta] =
        kind === 'reserve' ? (['RESERVED', units] as const) : (['RELEASED', -units] as const);
      this.entries.push({ action, delta, reference: named, moved: null, told });
    }
    this.#change(ref, kind === 'reserve' ? units : -units, revision);
  }

  #change(ref: string, by: number, revision: number): void {
    const before = this.holds.get(ref);
    const left = (before?.qty ?? 0) + by;
    if (left === 0) this.holds.delete(ref);
    else this.holds.set(ref, { qty: left, opened: before?.opened ?? revision });
  }
}

let runs = 0;

test('the audit finds the same before a prune and after', async ({ database, dataSource }) => {
  await fc.assert(
    fc.asyncProperty(run, async ({ steps, drift, cuts }) => {
      const merchantId = `mer_${runs++}`;
      const history = new History();
      for (const one of steps) history.add(one);
      const { entries, holds } = history;
      const reserved = entries.reduce((sum, { delta }) => sum + delta, 0);
      // A hold that nothing accounts for.
      if (drift !== undefined && !holds.has(drift.reference)) {
        holds.set(drift.reference, { qty: drift.qty, opened: 1000 });
      }
      await insertMerchant(dataSource, merchantId, 'Test');
      await database.query('INSERT INTO stock_levels VALUES ($1, $2, 100, $3, $4)', [
        merchantId,
        'inv_1',
        reserved,
        entries.length,
      ]);
      await database.query(
        `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta, reference,
                                   to_reference, moved_qty, on_hand_qty, actor, batch_id, logged_at)
         SELECT $1, 'inv_1', n, e->>'action', 0, (e->>'delta')::int, e->>'reference',
                CASE WHEN e->>'moved' IS NOT NULL THEN 'C' END, (e->>'moved')::int,
                CASE WHEN (e->>'told')::boolean THEN 0 END, 'ann', gen_random_uuid(), to_timestamp(n)
           FROM json_array_elements($2::json) WITH ORDINALITY AS j (e, n)`,
        [merchantId, JSON.stringify(entries)],
      );
      for (const [ref, { qty: units, opened }] of holds) {
        await database.query('INSERT INTO holds VALUES ($1, $2, $3, $4, $5)', [
          merchantId,
          'inv_1',
          ref,
          units,
          opened,
        ]);
      }
      const before = await findDrift(dataSource, merchantId);
      for (const cut of cuts) {
        const limits = { beforeUs: (cut + 1) * 1_000_000, stepEntriesMax: 6, pauses: false };
        const signal = new AbortController().signal;
        await pruneLog(dataSource, merchantId, { ...limits, signal, onProgress: () => {} });
        expect(await findDrift(dataSource, merchantId)).toEqual(before);
      }
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 60_000);
