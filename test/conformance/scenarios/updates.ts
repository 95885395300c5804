import { expect } from 'vitest';
import type { Scenario } from '../scenario.js';
import { adjust, call, getRecord, ID, invalid, now, ok, record, recordData, reserve } from './words.js';

const update = (details: object, data: object, updateMask?: string) =>
  call(
    'UpdateInventory',
    { id: ID, details, ...(updateMask === undefined ? {} : { updateMask }) },
    ok(recordData(50, 5, ID, data)),
  );

const noField = (path: string): string =>
  `${path} cannot be changed; the fields that can are location, reorderLevel, reorderQty, warehouseName, variantAttributes`;

/** UpdateInventory changes the description of a record, and nothing else. */
export const updates: readonly Scenario[] = [
  {
    name: 'an update changes the fields that are present, and no quantity',
    records: [record(50, 5)],
    steps: [
      update({ location: 'A-1' }, { location: 'A-1' }),
      update({ reorderLevel: 3, reorderQty: 9 }, { location: 'A-1', reorderLevel: 3, reorderQty: 9 }),
      update(
        { warehouseName: 'Lager Süd', variantAttributes: { colour: 'red', size: 'XL' } },
        {
          location: 'A-1',
          reorderLevel: 3,
          reorderQty: 9,
          warehouseName: 'Lager Süd',
          variantAttributes: { colour: 'red', size: 'XL' },
        },
      ),
      update(
        { location: '', reorderLevel: 0, variantAttributes: { size: 'S' } },
        { reorderQty: 9, warehouseName: 'Lager Süd', variantAttributes: { size: 'S' } },
      ),
      update({}, { reorderQty: 9, warehouseName: 'Lager Süd', variantAttributes: { size: 'S' } }),
      getRecord(
        ID,
        ok(
          recordData(50, 5, ID, {
            reorderQty: 9,
            warehouseName: 'Lager Süd',
            variantAttributes: { size: 'S' },
          }),
        ),
      ),
    ],
    holds: { [ID]: { '': 5 } },
    log: {},
  },
  {
    name: 'an update with a mask changes the fields that it names, and clears those that are absent',
    records: [
      record(50, 5, ID, {
        location: 'A-1',
        warehouseName: 'Nord',
        reorderLevel: 3,
        reorderQty: 9,
        variantAttributes: { size: 'S' },
      }),
    ],
    steps: [
      update(
        { location: 'B-2', reorderLevel: 4 },
        {
          location: 'B-2',
          warehouseName: 'Nord',
          reorderLevel: 3,
          reorderQty: 9,
          variantAttributes: { size: 'S' },
        },
        'location',
      ),
      update(
        { location: 'C-3' },
        { location: 'C-3', warehouseName: 'Nord', reorderLevel: 3, variantAttributes: { size: 'S' } },
        'location,reorderQty',
      ),
      update({}, { location: 'C-3', reorderLevel: 3 }, 'warehouseName,variantAttributes'),
      update({ reorderQty: 1 }, { reorderQty: 1 }, 'location,reorderLevel,reorderQty'),
    ],
    log: {},
  },
  {
    name: 'an update cannot change what is not descriptive',
    records: [record(50, 5)],
    steps: [
      ...[
        ['onHandQty', 'on_hand_qty'],
        ['id', 'id'],
        ['productId', 'product_id'],
        ['nothing', 'nothing'],
        ['constructor', 'constructor'],
      ].map(([sent, named]) =>
        call(
          'UpdateInventory',
          { id: ID, details: { location: 'A' }, updateMask: `location,${sent}` },
          invalid({ updateMask: noField(named!) }),
        ),
      ),
      // Fields that the request does not have are ignored, as everywhere.
      update({ onHandQty: 1, productId: 'x' }, {}),
    ],
    log: {},
  },
  {
    name: 'updates and reservations do not undo each other',
    records: [record(50, 5)],
    steps: [
      reserve(2, { reference: 'A' }, now(50, 7)),
      call(
        'UpdateInventory',
        { id: ID, details: { location: 'B' } },
        ok(recordData(50, 7, ID, { location: 'B' })),
      ),
      reserve(1, { reference: 'A' }, now(50, 8)),
      adjust(-1, { action: 'SOLD' }, ok(expect.objectContaining({ onHandQty: 49 }))),
      getRecord(ID, ok(recordData(49, 8, ID, { location: 'B', lastAdjustedBy: 'tester' }))),
    ],
  },
];
