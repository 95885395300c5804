import { expect, test } from 'vitest';
import { type EndingMovement, endingOf, orderEnding, weightier } from '../../../src/domain/order-state.js';

const MOVEMENTS: Readonly<Record<string, EndingMovement>> = {
  confirmed: { action: 'SOLD', actor: 'ann', notes: '' },
  released: { action: 'RELEASED', actor: 'ann', notes: 'expired' },
  expired: { action: 'RELEASED', actor: 'system', notes: 'expired' },
  reserved: { action: 'RESERVED', actor: 'ann', notes: '' },
};

test.each([
  ['reserved', undefined],
  ['reserved released', 'released'],
  ['reserved expired', 'expired'],
  ['confirmed released', 'confirmed'],
  ['released confirmed', 'confirmed'],
  ['released expired', 'released'],
  ['expired released', 'released'],
  ['expired reserved', 'expired'],
  ['confirmed reserved expired', 'confirmed'],
])('an order that was %s has ended as %s', (happened, ending) => {
  const movements = happened.split(' ').map((name) => MOVEMENTS[name]!);
  let endedBy: EndingMovement | undefined;
  for (const movement of movements) endedBy = weightier(endedBy, movement);
  expect(orderEnding(endedBy)).toBe(ending);
  const has = (name: string): boolean => happened.includes(name);
  const left = { confirmed: has('confirmed'), released: has('released'), expired: has('expired') };
  expect(endingOf(left)).toBe(ending);
});
