import { expect, test } from 'vitest';
import { withImplied } from '../../../src/auth/principal.js';

const stock = 'can_read_stock';
const read = 'can_read_inventory';
const update = 'can_update_inventory';
const manage = 'can_manage_inventory';

test.each<[string[], string[]]>([
  [[], []],
  [[stock], [stock]],
  [[read], [stock, read]],
  [[update], [stock, read, update]],
  [[manage], [stock, read, update, manage]],
  [
    [read, manage],
    [stock, read, update, manage],
  ],
  [
    [update, read],
    [stock, read, update],
  ],
  [['can_fly'], []],
  [
    ['can_fly', read],
    [stock, read],
  ],
  [['CAN_READ_INVENTORY'], []],
  [[''], []],
])('%j grants %j', (granted, all) => {
  expect([...withImplied(granted)]).toEqual(all);
});
