import { describe, expect, test } from 'vitest';
import type { MovementAction } from '../../../../src/domain/movement.js';
import { LogEntry_Action } from '../../../../src/gen/inventory/v1/log_entry_pb.js';
import { actionOf, logMessage } from '../../../../src/transport/messages/log.js';

const entry = {
  inventoryId: 'inv.1',
  revision: 7,
  productId: 'shirt',
  onHandDelta: 0,
  reservedDelta: 0,
  reference: '',
  notes: '',
  actor: 'ann',
  loggedAtMs: 1_500,
  loggedAtUs: 1_500_123,
  onHandQty: null,
  reservedQty: null,
};

describe('the change that an entry states', () => {
  // [action, on hand by, reserved by, change]
  test.each<[MovementAction, number, number, number]>([
    ['RECEIVED', 5, 0, 5],
    ['SOLD', -5, 0, -5],
    ['SOLD', -5, -5, -5],
    ['ADJUSTED', -2, 0, -2],
    ['ADJUSTED', 0, 3, 0],
    ['DAMAGED', -1, 0, -1],
    ['RETURNED', 1, 0, 1],
    ['RESERVED', 0, 4, -4],
    ['RELEASED', 0, -4, 4],
    ['RELEASED', 0, -2147483647, 2147483647],
  ])('%s, on hand by %i, reserved by %i', (action, onHandDelta, reservedDelta, expected) => {
    const message = logMessage('mer_1', { ...entry, action, onHandDelta, reservedDelta });
    expect(message.qtyChange).toBe(expected);
    expect(message.action).toBe(LogEntry_Action[action]);
  });
});

test('reference and notes are present when the entry has them', () => {
  const bare = logMessage('mer_1', { ...entry, action: 'SOLD' });
  expect([bare.reference, bare.notes]).toEqual([undefined, undefined]);
  const full = logMessage('mer_1', { ...entry, action: 'SOLD', reference: 'R', notes: 'N' });
  expect([full.reference, full.notes]).toEqual(['R', 'N']);
});

test('the figures after an entry are present when it has them, zero too', () => {
  const old = logMessage('mer_1', { ...entry, action: 'SOLD' });
  expect([old.onHandQty, old.reservedQty]).toEqual([undefined, undefined]);
  const full = logMessage('mer_1', { ...entry, action: 'SOLD', onHandQty: 3, reservedQty: 0 });
  expect([full.onHandQty, full.reservedQty]).toEqual([3, 0]);
});

test('the order that units moved to is present when they have moved', () => {
  const moved = { toReference: 'O', qty: 3 };
  const message = logMessage('mer_1', { ...entry, action: 'MOVED', reference: 'cart', moved });
  expect([message.qtyChange, message.reference, message.toReference, message.movedQty]).toEqual([
    0,
    'cart',
    'O',
    3,
  ]);
  const other = logMessage('mer_1', { ...entry, action: 'SOLD' });
  expect([other.toReference, other.movedQty]).toEqual([undefined, undefined]);
});

test('an entry is known by its record and revision', () => {
  expect(logMessage('mer_1', { ...entry, action: 'SOLD' }).id).toBe('inv.1.7');
});

test('every action of the proto is one of the log, but for the one that is not used', () => {
  const values = Object.values(LogEntry_Action).filter((value) => typeof value === 'number');
  expect(values.map(actionOf)).toEqual([
    undefined,
    'RECEIVED',
    'SOLD',
    'ADJUSTED',
    'DAMAGED',
    'RETURNED',
    'RESERVED',
    'RELEASED',
    'MOVED',
  ]);
});
