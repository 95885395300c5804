import { expect, test } from 'vitest';
import type { ExtendOrderCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { RecordView } from '../../../../src/domain/decisions/decision.js';
import { NOW_MS, REVISION, record, said, who, world } from '../world.js';

function extend(more: Partial<ExtendOrderCommand>): ExtendOrderCommand {
  const { merchantId, actor } = who;
  return { kind: 'extend_order', merchantId, actor, reference: 'A', ...more };
}

const bound = (view: RecordView, nextExpiryAtMs: number | null): RecordView => ({
  ...view,
  stock: { ...view.stock, nextExpiryAtMs },
});
const soon = NOW_MS + 30_000;
const shop = world([
  bound(record('inv_1', 10, [['A', 2]]), soon),
  record('inv_2', 3, [
    ['A', 1],
    ['B', 1],
  ]),
  record('inv_3', 4),
]);

test.each<[Partial<ExtendOrderCommand>, (readonly [string, number | null, number | null])[]]>([
  // → record, the hold's end, the record's bound
  [
    { ttlSeconds: 60 },
    [
      ['inv_1', NOW_MS + 60_000, soon],
      ['inv_2', NOW_MS + 60_000, NOW_MS + 60_000],
    ],
  ],
  [{ ttlSeconds: 1, records: ['inv_1'] }, [['inv_1', NOW_MS + 1000, NOW_MS + 1000]]],
  [{ openEnded: true, records: ['inv_1', 'inv_1'] }, [['inv_1', null, soon]]],
])('%o → %o', (more, expected) => {
  const decision = decide(extend(more), shop);
  expect(decision.accepted && decision.changes.records).toEqual([]);
  const terms = decision.accepted ? decision.changes.terms! : [];
  expect(terms.map(({ stock, hold }) => [stock.id, hold.expiresAtMs, stock.nextExpiryAtMs])).toEqual(
    expected,
  );
  // The log gets no entry, so the record gets no revision.
  expect(terms.map(({ stock }) => stock.revision)).toEqual(terms.map(() => REVISION));
  // The answer lists all that the order holds, including what stays as it was.
  expect(decision).toMatchObject({
    success: {
      extended: [
        { id: 'inv_1', qty: 2, expiresAtMs: expected[0]![1] },
        { id: 'inv_2', qty: 1, expiresAtMs: expected[1]?.[1] ?? null },
      ],
    },
  });
});

const short = 'more units than are currently reserved for A.';
test.each<[Partial<ExtendOrderCommand>, string]>([
  [{ records: ['inv_3'] }, `Cannot extend the order. 1 line asks for ${short}`],
  [{ records: ['inv_2', 'inv_3', 'inv_3'] }, `Cannot extend the order. 1 line asks for ${short}`],
  [{ records: ['inv_3', 'inv_9'] }, 'Inventory record not found.'],
  [{ reference: 'X' }, 'Nothing is held for X.'],
  [{ reference: 'X', records: ['inv_1'] }, 'Nothing is held for X.'],
])('%o → %s', (more, outcome) => {
  expect(said(decide(extend({ openEnded: true, ...more }), shop))).toBe(outcome);
});
