import { describe, expect, test } from 'vitest';
import type { ReceiveRecordCommand } from '../../../../src/domain/command.js';
import { decide } from '../../../../src/domain/decisions/decide.js';
import { QTY_MAX } from '../../../../src/domain/stock.js';
import { description, NOW_MS, REVISION, record, said, who, world } from '../world.js';

const { lastAdjustedAtMs, lastAdjustedBy, createdAtMs, ...details } = description;
const identity = { productId: 'prod_1', skuId: 'sku_1', warehouseId: 'wh_1' };

const receive = (qty: number): ReceiveRecordCommand => ({
  kind: 'receive_record',
  ...who,
  newId: 'inv_new',
  qty,
  // The description of a record that exists stays as it is.
  details: { ...details, location: 'Z-9', reorderLevel: 99 },
  reference: 'PO-1',
});

const there = (onHandQty: number) =>
  world([record('inv_1', onHandQty, [['A', 2]])], { taken: { id: 'inv_1', ...identity } });

test.each([
  [0, 'unchanged', ''],
  [1, 'restocked', 'inv_1 2 of 11'],
  [QTY_MAX - 10, 'restocked', `inv_1 2 of ${QTY_MAX}`],
  [QTY_MAX - 9, undefined, 'Validation error'],
  [QTY_MAX, undefined, 'Validation error'],
])('%i more of 10 that there are → %s, %s', (qty, effect, outcome) => {
  const decision = decide(receive(qty), there(10));
  expect(said(decision)).toBe(outcome);
  if (effect !== undefined)
    expect(decision).toMatchObject({ success: { received: { id: 'inv_1', effect } } });
});

test('more of a record that exists: one entry, and its description stays', () => {
  const decision = decide(receive(5), there(10));
  expect(decision.accepted && decision.changes).toMatchObject({
    records: [
      {
        stock: { id: 'inv_1', onHandQty: 15, reservedQty: 2, revision: REVISION + 1 },
        holds: [],
        movement: {
          inventoryId: 'inv_1',
          revision: REVISION + 1,
          action: 'RECEIVED',
          onHandDelta: 5,
          reservedDelta: 0,
          reference: 'PO-1',
          notes: 'why',
          actor: 'ann',
        },
      },
    ],
  });
  expect(decision.accepted && Object.keys(decision.changes)).toEqual(['records']);
});

test.each([0, 7, QTY_MAX])('%i received where there is no record: it is created with them', (qty) => {
  const decision = decide(receive(qty), world([record('inv_1', 10)]));
  const times = { lastAdjustedAtMs: NOW_MS, lastAdjustedBy: 'ann', createdAtMs: NOW_MS };
  expect(decision).toEqual({
    accepted: true,
    changes: {
      records: [],
      created: {
        stock: { id: 'inv_new', onHandQty: qty, reservedQty: 0, revision: 1, nextExpiryAtMs: null },
        description: { ...details, location: 'Z-9', reorderLevel: 99, ...times },
        movement: {
          inventoryId: 'inv_new',
          revision: 1,
          action: 'RECEIVED',
          onHandDelta: qty,
          reservedDelta: 0,
          reference: 'PO-1',
          notes: 'why',
          actor: 'ann',
        },
      },
    },
    success: { received: { id: 'inv_new', effect: 'created' } },
  });
});

describe('a line of an import', () => {
  const line = { memoryId: 'm', number: 2, content: 'c' };
  const once = (): ReceiveRecordCommand => ({ ...receive(5), line });

  test.each([
    ['a record that exists', there(10)],
    ['one that is created', world([])],
  ])('%s: remembered with what it does', (_, before) => {
    const decision = decide(once(), before);
    expect(decision.accepted && decision.changes.line).toEqual(line);
  });

  test('without units: remembered, though nothing changes', () => {
    expect(decide({ ...once(), qty: 0 }, there(10))).toMatchObject({ changes: { records: [], line } });
  });

  test('refused: not remembered', () => {
    expect(decide({ ...once(), qty: QTY_MAX }, there(10))).toEqual({
      accepted: false,
      rejection: expect.objectContaining({ reason: 'VALIDATION_FAILED' }),
    });
  });

  const same = { found: 'same', doneAtMs: 7 } as const;
  const other = { found: 'other', doneAtMs: 7 } as const;
  test.each([
    // the file, what the memory has → effect
    [undefined, undefined, { effect: 'created' }],
    [undefined, same, { effect: 'done_before', doneAtMs: 7 }],
    [undefined, other, { effect: 'said_otherwise', doneAtMs: 7 }],
    ['whole', undefined, { effect: 'created' }],
    ['whole', same, { effect: 'done_before', doneAtMs: 7 }],
    ['whole', other, { effect: 'created' }],
    ['changed', undefined, { effect: 'said_otherwise', doneAtMs: null }],
    ['changed', same, { effect: 'done_before', doneAtMs: 7 }],
    ['changed', other, { effect: 'said_otherwise', doneAtMs: 7 }],
  ] as const)('of a file that is %s, found as %j → %j', (file, doneLine, received) => {
    const decision = decide({ ...once(), line: { ...line, file } }, world([], doneLine && { doneLine }));
    expect(decision).toMatchObject({ accepted: true, success: { received } });
    const changes = decision.accepted && Object.keys(decision.changes);
    expect(changes).toEqual(received.effect === 'created' ? ['records', 'created', 'line'] : ['records']);
  });
});
