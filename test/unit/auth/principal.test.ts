import { expect, test } from 'vitest';
import { withImplied } from '../../../src/auth/principal.js';

const read = 'can_read_inventory';
const update = 'can_update_inventory';
const manage = 'can_manage_inventory';

test.each<[string[], string[]]>([
  [[], []],
  [[read], [read]],
  [[update], [read, update]],
  [[manage], [read, update, manage]],
  [
    [read, manage],
    [read, update, manage],
  ],
  [
    [update, read],
    [read, update],
  ],
  [['can_fly'], []],
  [['can_fly', read], [read]],
  [['CAN_READ_INVENTORY'], []],
  [[''], []],
])('%j grants %j', (granted, all) => {
  expect([...withImplied(granted)]).toEqual(all);
});
