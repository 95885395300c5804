import { describe, expect, test } from 'vitest';
import { decide } from '../../../../src/domain/decisions/decide.js';
import type { Term } from '../../../../src/domain/decisions/term.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { type Held, NOW_MS, record, said, who, world } from '../world.js';

const held: Held = [
  ['A', 2],
  ['', 3],
];

function setHold(qty: number, reference: string, term: Term = {}, onHand = 10) {
  const command = { kind: 'set_hold', ...who, id: 'inv_1', qty, reference, ...term } as const;
  return decide(command, world([record('inv_1', onHand, held)]));
}

describe('the difference, all or nothing', () => {
  test.each([
    // qty, for whom → outcome
    [3, 'A', 'inv_1 6 of 10, A=3'],
    [7, 'A', 'inv_1 10 of 10, A=7'],
    [1, 'A', 'inv_1 4 of 10, A=1'],
    [0, 'A', 'inv_1 3 of 10, A=0'],
    [2, 'A', ''],
    [0, 'B', ''],
    [5, 'B', 'inv_1 10 of 10, B=5'],
    [8, 'A', 'Cannot reserve 6 units. Only 5 units are currently available.'],
    [6, 'B', 'Cannot reserve 6 units. Only 5 units are currently available.'],
    [QTY_MAX, 'A', `Cannot reserve ${QTY_MAX - 2} units. Only 5 units are currently available.`],
  ])('%i for %s → %s', (qty, reference, outcome) => {
    expect(said(setHold(qty, reference))).toBe(outcome);
  });

  test('QTY_MAX of a record that is full of them', () => {
    expect(said(setHold(QTY_MAX - 3, 'A', {}, QTY_MAX))).toBe(
      `inv_1 ${QTY_MAX} of ${QTY_MAX}, A=${QTY_MAX - 3}`,
    );
  });
});

test.each<[qty: number, string, Term, changed: number, term: number | null | undefined]>([
  // The hold of the record is open-ended. → whether quantities change, and the new term, where it is all that changes
  [2, 'A', {}, 0, undefined],
  [2, 'A', { openEnded: true }, 0, undefined],
  [2, 'A', { ttlSeconds: 60 }, 0, NOW_MS + 60_000],
  [1, 'A', { ttlSeconds: 60 }, 1, undefined],
  [0, 'A', { ttlSeconds: 60 }, 1, undefined],
  [0, 'B', { ttlSeconds: 60 }, 0, undefined],
])('%i for %s %j: %i changes of quantities', (qty, reference, term, changed, expiresAtMs) => {
  const decision = setHold(qty, reference, term);
  if (!decision.accepted) expect.unreachable();
  const { records, terms = [] } = decision.changes;
  expect(records).toHaveLength(changed);
  expect(terms.map(({ hold }) => hold.expiresAtMs)).toEqual(expiresAtMs === undefined ? [] : [expiresAtMs]);
  for (const { stock, hold } of terms) expect(stock.nextExpiryAtMs).toBe(hold.expiresAtMs);
  for (const { holds } of records) {
    const ends = term.ttlSeconds === undefined || qty === 0 ? null : NOW_MS + term.ttlSeconds * 1000;
    expect(holds.map((hold) => hold.expiresAtMs)).toEqual([ends]);
  }
});

test('a hold that is added to keeps its age, and so do those that shrink', () => {
  for (const qty of [1, 5]) {
    expect(setHold(qty, 'A')).toMatchObject({ changes: { records: [{ holds: [{ openedRevision: 1 }] }] } });
  }
});
