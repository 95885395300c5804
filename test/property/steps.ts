import fc from 'fast-check';
import type { Term } from '../../src/domain/decisions/term.js';
import { QTY_MAX } from '../../src/domain/stock.js';

/**
 * A run consists of calls of all kinds, and of time that passes between them. There are few names of each kind, so that
 * calls meet: most on one record. Most reserves have a reference and many draws have none, so that draws find a queue
 * of holds.
 */
const id = fc.constantFrom(
  ...Array(16).fill('inv_1'),
  ...Array(6).fill('inv_2'),
  ...['inv_full', 'inv_none', 'new_0', 'new_1', 'own_1'],
);
export const REFERENCES = ['A', 'B', 'C', 'D', 'E', 'a'] as const;
const reference = fc.constantFrom(...REFERENCES);
const rarelyNobody = fc.oneof({ weight: 7, arbitrary: reference }, { weight: 1, arbitrary: fc.constant('') });
const oftenNobody = fc.oneof(reference, fc.constant(''));
const qty = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(30, QTY_MAX - 1, QTY_MAX) },
);
const notes = fc.constantFrom('', '', '', 'why');
const allowPartial = fc.constantFrom(false, false, true);
/** In seconds. No sum of passes comes within 100 of a term, or of the difference of two. */
const terms = fc.constantFrom<Term>({}, {}, { ttlSeconds: 1000 }, { ttlSeconds: 3000 }, { openEnded: true });
const seconds = fc.constantFrom(700, 1700);

const kind = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

const reserve = fc
  .record({ kind: kind('reserve'), id, qty, reference: rarelyNobody, notes, allowPartial, term: terms })
  // Holds without a reference never end.
  .map(({ term, ...call }) => ({ ...call, ...(call.reference === '' ? {} : term) }));

const draw = fc.record({
  kind: kind('release', 'release', 'confirm'),
  id,
  qty,
  reference: oftenNobody,
  notes,
});

/** Few, so that one order ends in several ways. */
const order = fc.constantFrom('A', 'A', 'B', 'C');
/** Sources of seeded records, of created ones, and of none. */
const of = fc.constantFrom(
  { productId: 'inv_1' },
  { productId: 'inv_2' },
  { productId: 'p1' },
  { skuId: 's1' },
  { skuId: 's1' },
  { skuId: 'none' },
);
const warehouseIds = fc.constantFrom([], [], ['main'], ['w1', 'main'], ['main', 'w1'], ['nowhere']);
const byRecord = fc.record({ id, qty });
const bySource = fc.record({ of, qty, warehouseIds, split: fc.boolean() });
const linesOf = (minLength: number) =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: byRecord }, { weight: 1, arbitrary: bySource }), {
      minLength,
      maxLength: 4,
    })
    .map((all) => {
      const lines = all.flatMap((line) => ('id' in line ? [line] : []));
      const sourced = all.flatMap((line, index) => ('id' in line ? [] : [{ index, ...line }]));
      return sourced.length === 0 ? { lines } : { lines, sourced };
    });
const reserveOrder = fc
  .record({
    kind: kind('reserve_order'),
    reference: order,
    lines: linesOf(1),
    notes,
    allowPartial,
    term: terms,
  })
  .map(({ term, lines, ...call }) => ({ ...call, ...lines, ...term }));

const setOrder = fc
  .record({
    kind: kind('set_order'),
    reference: order,
    lines: linesOf(0),
    notes,
    term: terms,
  })
  .map(({ term, lines, ...call }) => ({ ...call, ...lines, ...term }));
const setHold = fc
  .record({
    kind: kind('set_hold'),
    id,
    qty: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: qty }),
    reference,
    notes,
    term: terms,
  })
  .map(({ term, ...call }) => ({ ...call, ...term }));

/** Few units, so that often all lines are held. */
const units = fc.option(
  fc.array(fc.record({ id, qty: fc.integer({ min: 1, max: 2 }) }), { minLength: 1, maxLength: 3 }),
  { nil: undefined },
);
const endOrder = fc.record({
  kind: kind('release_order', 'confirm_order'),
  reference: order,
  lines: units,
  notes,
});
const extendOrder = fc
  .record({
    kind: kind('extend_order'),
    reference: order,
    records: fc.option(fc.array(id, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 1 }),
    term: terms.filter(({ ttlSeconds, openEnded }) => ttlSeconds !== undefined || openEnded === true),
  })
  .map(({ term, ...call }) => ({ ...call, ...term }));
const moveOrder = fc
  .record({
    kind: kind('move_order'),
    reference: order,
    toReference: reference,
    lines: units,
    notes,
    term: terms,
  })
  .filter(({ reference, toReference }) => reference !== toReference)
  .map(({ term, ...call }) => ({ ...call, ...term }));

const line = fc.record({
  id,
  qty: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: -3, max: 4 }).filter((units) => units !== 0) },
    { weight: 1, arbitrary: fc.constantFrom(QTY_MAX, -QTY_MAX, -QTY_MAX - 1) },
  ),
  action: kind('RECEIVED', 'SOLD', 'ADJUSTED', 'DAMAGED', 'RETURNED'),
  reference: oftenNobody,
  notes,
  expectedOnHandQty: fc.constantFrom(...Array(7).fill(undefined), 12, 13, QTY_MAX),
  releaseShortfall: fc.constantFrom(undefined, false, true, true),
});
const adjust = line.map((of) => ({ kind: 'adjust' as const, ...of }));
const batchAdjust = fc.record({
  kind: kind('batch_adjust'),
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
});

const setOnHand = fc.record({
  kind: kind('set_on_hand'),
  id,
  qty: fc.constantFrom(0, 1, 2, 3, 5, 12, 30, QTY_MAX),
  reference: oftenNobody,
  notes,
  expectedOnHandQty: fc.constantFrom(...Array(7).fill(undefined), 12),
  releaseShortfall: fc.constantFrom(undefined, true, true),
});

const text = fc.constantFrom('', 'North', 'A-1');
const details = fc.record({
  // The first of each is what the seeded record has.
  productId: fc.constantFrom('inv_1', 'p1', 'p1', 'p2'),
  skuId: fc.constantFrom('', 's1'),
  warehouseId: fc.constantFrom('main', 'w1'),
  warehouseName: text,
  location: text,
  reorderLevel: fc.nat(3),
  reorderQty: fc.nat(3),
  variantAttributes: fc.constantFrom({}, { size: 'M' }, { size: 'L', colour: 'red' }),
});
const create = fc.record({
  kind: kind('create_record'),
  id: fc.constantFrom(undefined, undefined, undefined, 'inv_1', 'own_1'),
  initialQty: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, QTY_MAX) },
  ),
  details,
  notes,
});
const ownId = fc.constantFrom(undefined, undefined, undefined, 'inv_1', 'own_1', 'own_2');
const receive = fc.record({
  kind: kind('receive_record'),
  id: ownId,
  qty: fc.constantFrom(0, 1, 5, QTY_MAX),
  details,
  reference: oftenNobody,
  notes,
  line: fc.option(
    fc.record({
      memoryId: fc.constant('00000000-0000-0000-0000-000000000001'),
      number: fc.integer({ min: 2, max: 4 }),
      file: fc.constantFrom(undefined, undefined, 'whole' as const, 'changed' as const),
      content: fc.constantFrom(1, 2, 3).map((n) => `00000000-0000-0000-0000-00000000000${n}`),
    }),
    { nil: undefined },
  ),
});
const count = fc.record({
  kind: kind('count_record'),
  id: ownId,
  qty: fc.constantFrom(0, 1, 5, 12, QTY_MAX),
  details,
  reference: oftenNobody,
  notes,
});
const update = fc.record({
  kind: kind('update_record'),
  id,
  change: fc.record(
    {
      warehouseName: text,
      location: text,
      reorderLevel: fc.nat(9),
      variantAttributes: fc.constant({ size: 'S' }),
    },
    { requiredKeys: [] },
  ),
});
const settings = fc.record({
  kind: kind('update_settings'),
  defaultTtlSeconds: fc.constantFrom(undefined, 0, 60),
});

const request = fc.oneof(
  { weight: 8, arbitrary: reserve },
  { weight: 7, arbitrary: draw },
  { weight: 4, arbitrary: reserveOrder },
  { weight: 3, arbitrary: setHold },
  { weight: 4, arbitrary: setOrder },
  { weight: 5, arbitrary: endOrder },
  { weight: 3, arbitrary: extendOrder },
  { weight: 4, arbitrary: moveOrder },
  { weight: 3, arbitrary: adjust },
  { weight: 2, arbitrary: batchAdjust },
  { weight: 2, arbitrary: setOnHand },
  { weight: 2, arbitrary: create },
  { weight: 3, arbitrary: receive },
  { weight: 2, arbitrary: count },
  { weight: 1, arbitrary: update },
  { weight: 1, arbitrary: settings },
);

const call = fc.record({
  merchant: fc.constantFrom('a', 'a', 'a', 'b'),
  actor: fc.constantFrom('ann', 'bob'),
  key: fc.constantFrom(...Array(16).fill(null), 'k1', 'k2', 'k3', 'k4'),
  request,
});
/** Repeats the n-th earlier call that had a key, under the same key. */
const again = fc.record({ again: fc.nat(9) });

export const steps = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: call },
      { weight: 1, arbitrary: again },
      { weight: 1, arbitrary: fc.record({ passSeconds: seconds }) },
    ),
    { minLength: 1, maxLength: 60, size: 'max' },
  )
  .map((drawn) => {
    const steps: Step[] = [];
    for (const step of drawn) {
      const keyed = steps.filter((earlier) => 'key' in earlier && earlier.key !== null);
      if (!('again' in step)) steps.push(step);
      else if (keyed.length > 0) steps.push(keyed[step.again % keyed.length]!);
    }
    return steps;
  });

export type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
export type Step = Call | { readonly passSeconds: number };
