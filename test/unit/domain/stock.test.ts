import { expect, test } from 'vitest';
import { assertSound, availableQty, QTY_MAX } from '../../../src/domain/stock.js';

test.each([
  [0, 0, 0],
  [50, 5, 45],
  [5, 5, 0],
  [QTY_MAX, 0, QTY_MAX],
  [QTY_MAX, QTY_MAX, 0],
])('%i on hand, %i reserved → %i available', (onHandQty, reservedQty, available) => {
  expect(availableQty({ onHandQty, reservedQty })).toBe(available);
});

test.each([
  [0, 0, 'sound'],
  [5, 0, 'sound'],
  [5, 5, 'sound'],
  [QTY_MAX, QTY_MAX, 'sound'],
  [5, 6, 'unsound'],
  [5, -1, 'unsound'],
  [-1, -1, 'unsound'],
  [-1, 0, 'unsound'],
  [QTY_MAX + 1, 0, 'unsound'],
  [Number.NaN, 0, 'unsound'],
  [5, Number.NaN, 'unsound'],
])('%d on hand, %d reserved → %s', (onHandQty, reservedQty, expected) => {
  const check = () => assertSound({ id: 'inv_1', onHandQty, reservedQty, revision: 1, nextExpiryAtMs: null });
  if (expected === 'sound') expect(check).not.toThrow();
  else expect(check).toThrow('record inv_1 is unsound');
});
