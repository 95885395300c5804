import { describe, expect, test } from 'vitest';
import type { SourcedLine } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { SOURCE_RECORDS_MAX } from '../../../../src/domain/decisions/source.js';
import type { ReservedOrderSuccess } from '../../../../src/domain/outcome.js';
import { type Held, record, said, who, world } from '../world.js';

/** Of `sku`: 2 available in north, 5 in south, 3 in west; A holds 1 in south and 2 in west. */
const held: Held = [['A', 1]];
const records = [record('inv_n', 2), record('inv_s', 6, held), record('inv_w', 5, [['A', 2]])];
const skus = { sku: { inv_n: 'north', inv_s: 'south', inv_w: 'west' } };
const shop = world(records, { skus });

/** `3`, `3 split`, `3 of west north split`: lines of the SKU; `3 inv_n`: a line by record. */
function linesOf(text: string) {
  const lines: { id: string; qty: number }[] = [];
  const sourced: SourcedLine[] = [];
  for (const [index, line] of text.split(', ').entries()) {
    const [qty, ...words] = line.split(' ');
    const id = words.find((word) => word.startsWith('inv_'));
    if (id !== undefined) lines.push({ id, qty: Number(qty) });
    else {
      const warehouseIds = words.filter((word) => word !== 'of' && word !== 'split');
      const split = words.includes('split');
      sourced.push({ index, qty: Number(qty), of: { skuId: 'sku' }, warehouseIds, split });
    }
  }
  return { lines, sourced };
}

const plain = { ...who, reference: 'A' };

/** `inv_s 3, inv_w 2`, line by line, or what is short: `2/5`. */
function chosen(decision: ReturnType<typeof decide>): string {
  if (!decision.accepted) {
    const { rejection } = decision;
    if (!('shortLines' in rejection)) return said(decision);
    return rejection.shortLines.map(({ requested, available }) => `${available}/${requested}`).join(', ');
  }
  const { lines } = decision.success as ReservedOrderSuccess;
  return lines
    .map(({ id, reserved, source }) =>
      source === undefined
        ? `${id} ${reserved}`
        : source.records.map((units) => `${units.id} ${units.qty}`).join('+'),
    )
    .join(', ');
}

describe('reserved: on top of what is held', () => {
  test.each([
    // The one with most available first.
    ['5', 'inv_s 5'],
    ['6', '5/6'],
    ['6 split', 'inv_s 5+inv_w 1'],
    ['10 split', 'inv_s 5+inv_w 3+inv_n 2'],
    ['11 split', '10/11'],
    // The first of the preferred that has all of it.
    ['1 of north west', 'inv_n 1'],
    ['3 of north west', 'inv_w 3'],
    ['4 of north west', '3/4'],
    ['4 of north west split', 'inv_n 2+inv_w 2'],
    ['6 of north west split', '5/6'],
    ['1 of nowhere', '0/1'],
    ['1 of nowhere split', '0/1'],
    // Each on what those before it left; those that have no choice come first.
    ['4, 3, 2', 'inv_s 4, inv_w 3, inv_n 2'],
    ['4, 4', '3/4'],
    ['2 of north, 2 inv_n', '0/2'],
    ['3, 5 inv_s', 'inv_w 3, inv_s 5'],
    ['9 split, 1 inv_n', 'inv_s 5+inv_w 3+inv_n 1, inv_n 1'],
  ])('%s → %s', (lines, outcome) => {
    const command = { kind: 'reserve_order', ...plain, ...linesOf(lines), allowPartial: false } as const;
    expect(chosen(decide(command, shop))).toBe(outcome);
  });

  test.each([
    ['6', 'inv_s 5'],
    ['4 of north west', 'inv_w 3'],
    ['11 split', 'inv_s 5+inv_w 3+inv_n 2'],
    ['9 of nowhere, 1', ', inv_s 1'],
    ['1 of nowhere', '0/1'],
  ])('%s, in part → %s', (lines, outcome) => {
    const command = { kind: 'reserve_order', ...plain, ...linesOf(lines), allowPartial: true } as const;
    expect(chosen(decide(command, shop))).toBe(outcome);
  });
});

describe('set: what is held counts, and stays where it is', () => {
  test.each([
    // A holds 1 in south and 2 in west, of 3 in all.
    ['2', 'inv_w 2', 'inv_s 0 of 6, A=0'],
    ['5', 'inv_s 5', 'inv_s 5 of 6, A=5; inv_w 0 of 5, A=0'],
    ['7', '5/6', ''],
    ['1 of north', 'inv_n 1', 'inv_n 1 of 2, A=1; inv_s 0 of 6, A=0; inv_w 0 of 5, A=0'],
    ['5 of north west', 'inv_w 5', 'inv_w 5 of 5, A=5; inv_s 0 of 6, A=0'],
    ['3 split', 'inv_s 1+inv_w 2', ''],
    ['2 split', 'inv_s 1+inv_w 1', 'inv_w 1 of 5, A=1'],
    ['4 split', 'inv_s 2+inv_w 2', 'inv_s 2 of 6, A=2'],
    ['13 split', 'inv_s 6+inv_w 5+inv_n 2', 'inv_s 6 of 6, A=6; inv_w 5 of 5, A=5; inv_n 2 of 2, A=2'],
    ['14 split', '10/11', ''],
    ['3 of north west split', 'inv_n 1+inv_w 2', 'inv_n 1 of 2, A=1; inv_s 0 of 6, A=0'],
    ['2, 1 inv_s', 'inv_w 2, inv_s 1', ''],
  ])('%s → %s', (lines, outcome, change) => {
    const decision = decide({ kind: 'set_order', ...plain, ...linesOf(lines) }, shop);
    expect(chosen(decision)).toBe(outcome);
    if (decision.accepted) expect(said(decision)).toBe(change);
  });
});

test('unknown ones are listed before all that is short, and no record is chosen from too many', () => {
  const command = { kind: 'reserve_order', ...plain, allowPartial: false } as const;
  const line = { index: 0, qty: 1, warehouseIds: [], split: false };
  const unknown = [
    { ...line, of: { skuId: 'none' } },
    { ...line, index: 1, qty: 99, of: { skuId: 'sku' } },
    { ...line, index: 2, of: { productId: 'none' } },
  ];
  expect(decide({ ...command, lines: [{ id: 'inv_none', qty: 1 }], sourced: unknown }, shop)).toMatchObject({
    rejection: {
      reason: 'INVENTORY_NOT_FOUND',
      ids: ['inv_none'],
      sources: [{ skuId: 'none' }, { productId: 'none' }],
    },
  });
  const many = Array.from({ length: SOURCE_RECORDS_MAX + 1 }, (_, i) => [`inv_${i}`, `w${i}`] as const);
  const crowded = world(
    many.map(([id]) => record(id, 1)),
    { skus: { sku: Object.fromEntries(many) } },
  );
  const ofSku = { ...line, of: { skuId: 'sku' } };
  expect(decide({ ...command, lines: [], sourced: [ofSku] }, crowded)).toMatchObject({
    rejection: { reason: 'VALIDATION_FAILED', violations: [{ field: 'lines[0].skuId' }] },
  });
  const named = { ...ofSku, warehouseIds: ['w7'] };
  expect(chosen(decide({ ...command, lines: [], sourced: [named] }, crowded))).toBe('inv_7 1');
});
