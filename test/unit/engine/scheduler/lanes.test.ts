import { expect, test } from 'vitest';
import { Lanes } from '../../../../src/engine/scheduler/lanes.js';

test('a batch takes a lane, and gives it back once', () => {
  const lanes = new Lanes(2);
  const [first] = [lanes.take({ weight: 3 }), lanes.take({ weight: 200 })];
  expect(lanes.hasFree).toBe(false);
  first();
  first();
  expect([lanes.hasFree, lanes.areEmpty]).toEqual([true, false]);
  expect(lanes.shareOf(100)).toBe(150);
  expect([lanes.outweigh(66), lanes.outweigh(67)]).toEqual([true, false]);
});
