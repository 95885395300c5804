import { expect, test } from 'vitest';
import { expireHold } from '../../../../src/domain/decisions/expire.js';
import { NOW_MS, REVISION, record } from '../world.js';

test.each([[null], [NOW_MS + 5]])(
  'a hold that has ended gives its units back, as an entry by the system; what is next: %s',
  (next) => {
    const on = record('inv_1', 10, [
      ['A', 2],
      ['B', 3],
    ]);
    const ended = { ...on.hold('B')!, expiresAtMs: NOW_MS };
    expect(expireHold(on, ended, next)).toEqual({
      record: on,
      stock: { id: 'inv_1', onHandQty: 10, reservedQty: 2, revision: REVISION + 1, nextExpiryAtMs: next },
      holds: [{ ...ended, qty: 0 }],
      movement: {
        inventoryId: 'inv_1',
        revision: REVISION + 1,
        action: 'RELEASED',
        onHandDelta: 0,
        reservedDelta: -3,
        reference: 'B',
        notes: 'expired',
        actor: 'system',
      },
    });
  },
);
