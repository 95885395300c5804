import type { Hold } from '../hold.js';
import { EXPIRED_NOTE, SYSTEM_ACTOR } from '../movement.js';
import type { RecordChange, RecordView } from './decision.js';

/** Ends an expired hold: its units are available again. `nextExpiryAtMs` is the earliest expiry of the other holds. */
export function expireHold<R extends RecordView>(
  record: R,
  hold: Hold,
  nextExpiryAtMs: number | null,
): RecordChange<R> {
  const { stock } = record;
  const revision = stock.revision + 1;
  return {
    record,
    stock: { ...stock, reservedQty: stock.reservedQty - hold.qty, revision, nextExpiryAtMs },
    holds: [{ ...hold, qty: 0 }],
    movement: {
      inventoryId: stock.id,
      revision,
      action: 'RELEASED',
      onHandDelta: 0,
      reservedDelta: -hold.qty,
      reference: hold.reference,
      notes: EXPIRED_NOTE,
      actor: SYSTEM_ACTOR,
    },
  };
}
