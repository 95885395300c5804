import { expect, test } from 'vitest';
import { nextLimit } from '../../../../src/store/tables/prunable-log.js';

// [instants found, limit, the next one], where 2 are usual and 8 the most.
test.each<[number[], number, number]>([
  [[], 2, 2],
  [[1], 2, 2],
  [[1, 2], 2, 2],
  [[1, 1], 2, 4],
  [[1, 1, 1], 4, 2],
  [[1, 1, 1, 1], 4, 8],
  [[1, 1, 1, 1, 1, 1, 1, 1], 8, 8],
  [[1, 1, 1, 2], 4, 2],
])('%j of %d: %d', (instants, limit, next) => {
  const found = instants.map((loggedAtUs) => ({ loggedAtUs, inventoryId: 'inv_1', revision: 1 }));
  expect(nextLimit(found, limit, 2, 8)).toBe(next);
});
