import { expect, test } from 'vitest';
import type { OrderLine } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { record, said, who, world } from '../world.js';

/** 5 available of 10, 3 of 3, none of 4, and A holds units of two. */
const records = [
  record('inv_1', 10, [
    ['A', 2],
    ['B', 3],
  ]),
  record('inv_2', 3),
  record('inv_3', 4, [['A', 4]]),
];

function setOrder(lines: readonly OrderLine[], tooLarge = false) {
  return decide({ kind: 'set_order', ...who, reference: 'A', lines }, world(records, { tooLarge }));
}

const oneShort = 'Cannot reserve the order. 1 line asks for more units than are currently available.';

test.each<[string, string]>([
  ['inv_1 2, inv_3 4', ''],
  ['inv_1 7, inv_3 4', 'inv_1 10 of 10, A=7'],
  ['inv_3 4', 'inv_1 3 of 10, A=0'],
  ['inv_2 3, inv_1 1', 'inv_2 3 of 3, A=3; inv_1 4 of 10, A=1; inv_3 0 of 4, A=0'],
  ['inv_3 3, inv_1 1, inv_1 2', 'inv_3 3 of 4, A=3; inv_1 6 of 10, A=3'],
  ['', 'inv_1 3 of 10, A=0; inv_3 0 of 4, A=0'],
  ['inv_1 8', oneShort],
  ['inv_2 4, inv_3 4', oneShort],
  // Units that it releases of one record do not help with another.
  ['inv_3 5', oneShort],
  ['inv_1 99, inv_none 1', 'Inventory record not found.'],
])('%s → %s', (text, outcome) => {
  expect(said(setOrder(linesOf(text)))).toBe(outcome);
});

test('an order of too many records: refused, unless a record is missing', () => {
  expect(setOrder(linesOf('inv_1 99'), true)).toMatchObject({ rejection: { reason: 'VALIDATION_FAILED' } });
  expect(setOrder(linesOf('inv_none 1'), true)).toMatchObject({
    rejection: { reason: 'INVENTORY_NOT_FOUND', ids: ['inv_none'] },
  });
});

test('each short record once, with the difference', () => {
  expect(setOrder(linesOf('inv_1 5, inv_3 9, inv_1 4'))).toMatchObject({
    rejection: {
      shortLines: [
        { id: 'inv_1', requested: 7, available: 5 },
        { id: 'inv_3', requested: 5, available: 0 },
      ],
    },
  });
});

/** `inv_1 3, inv_2 1` */
function linesOf(text: string): OrderLine[] {
  if (text === '') return [];
  return text.split(', ').map((line) => {
    const [id, qty] = line.split(' ');
    return { id: id!, qty: Number(qty) };
  });
}
