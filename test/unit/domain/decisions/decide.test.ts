import { expect, test } from 'vitest';
import type { Command } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { description, type Held, record, who, world } from '../world.js';

const held: Held = [
  ['A', 2],
  ['', 3],
];
const open = { ttlSeconds: undefined, allowPartial: false };
const adjustment = {
  id: 'inv_1',
  qty: -15,
  action: 'DAMAGED',
  reference: '',
  expectedOnHandQty: 20,
} as const;
const { merchantId, actor } = who;

/** One of each kind, on a record of 20 units, 5 of them held. */
const commands: readonly Command[] = [
  { kind: 'reserve', ...who, id: 'inv_1', qty: 15, reference: 'A', ...open },
  { kind: 'release', ...who, id: 'inv_1', qty: 5, reference: '' },
  { kind: 'confirm', ...who, id: 'inv_1', qty: 5, reference: '' },
  { kind: 'reserve_order', ...who, reference: 'A', lines: [{ id: 'inv_1', qty: 15 }], ...open },
  { kind: 'set_hold', ...who, id: 'inv_1', qty: 17, reference: 'A' },
  { kind: 'set_order', ...who, reference: 'A', lines: [{ id: 'inv_1', qty: 1 }], ttlSeconds: 60 },
  { kind: 'release_order', ...who, reference: 'A' },
  { kind: 'confirm_order', ...who, reference: 'A' },
  { kind: 'adjust', ...who, ...adjustment },
  { kind: 'batch_adjust', merchantId, actor, lines: [{ ...adjustment, notes: '' }] },
  { kind: 'create_record', ...who, id: 'inv_new', initialQty: 1, details: description },
  { kind: 'receive_record', ...who, newId: 'inv_new', qty: 1, details: description, reference: '' },
  { kind: 'count_record', ...who, newId: 'inv_new', qty: 1, details: description, reference: '' },
  { kind: 'update_record', merchantId, actor, id: 'inv_1', update: { location: 'B-2' } },
  { kind: 'update_settings', merchantId, actor, defaultTtlSeconds: 0 },
];

test.each(commands)('$kind leaves the record that was shown to it as it was', (command) => {
  const shown = record('inv_1', 20, held);
  const before = structuredClone({ ...shown, hold: undefined, holds: [...shown.holds()] });
  expect(decide(command, world([shown])).accepted).toBe(true);
  expect({ ...shown, hold: undefined, holds: [...shown.holds()] }).toEqual(before);
});

test.each(commands)('$kind succeeds with something that can be stored as JSON', (command) => {
  const decision = decide(command, world([record('inv_1', 20, held)]));
  const success = decision.accepted && decision.success;
  expect(success).toBeTruthy();
  expect(JSON.parse(JSON.stringify(success))).toEqual(success);
});

test.each(
  commands.filter(
    ({ kind }) => !['create_record', 'receive_record', 'count_record', 'update_settings'].includes(kind),
  ),
)('$kind where there is nothing → refused, nothing thrown', (command) => {
  expect(decide(command, world([]))).toMatchObject({ accepted: false });
});

test.each(commands)('$kind of a record at its bounds is decided', (command) => {
  expect(() => decide(command, world([record('inv_1', QTY_MAX, [['A', QTY_MAX]])]))).not.toThrow();
});
