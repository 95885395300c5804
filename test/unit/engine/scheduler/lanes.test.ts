import { expect, test } from 'vitest';
import { Lanes } from '../../../../src/engine/scheduler/lanes.js';

test('a batch takes a lane, and gives it up', () => {
  const lanes = new Lanes(2);
  lanes.take({ weight: 3 });
  expect([lanes.hasFree, lanes.areEmpty]).toEqual([true, false]);
  lanes.take({ weight: 200 });
  expect(lanes.hasFree).toBe(false);
  lanes.giveUp({ weight: 3 });
  expect([lanes.hasFree, lanes.areEmpty]).toEqual([true, false]);
  expect([lanes.shareOf(100, 0), lanes.shareOf(100, 40)]).toEqual([150, 170]);
  expect([lanes.outweigh(66), lanes.outweigh(67)]).toEqual([true, false]);
});
