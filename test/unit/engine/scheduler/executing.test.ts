import { expect, test } from 'vitest';
import { Executing } from '../../../../src/engine/scheduler/executing.js';

test('what is executed counts for its group, until it is not', () => {
  const executing = new Executing();
  const entries = [
    { group: 'A', weight: 3 },
    { group: 'A', weight: 1 },
    { group: 'B', weight: 2 },
  ];
  executing.add(entries, 1);
  const figures = () => [executing.calls, executing.weight, executing.weightOf('A'), executing.weightOf('B')];
  expect(figures()).toEqual([3, 6, 4, 2]);
  executing.add(entries.slice(1), -1);
  expect(figures()).toEqual([1, 3, 3, 0]);
});
