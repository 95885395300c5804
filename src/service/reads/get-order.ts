import { ORDER_RECORDS_MAX } from '../../domain/decisions/order.js';
import { type OrderEnding, orderEnding } from '../../domain/order-state.js';
import { findOrder, type OrderFound, type OrderHold } from '../../store/reads/order.js';
import type { Reader } from '../../store/reads/read-pool.js';

export interface Order {
  readonly reference: string;
  readonly state: 'held' | 'not_held' | OrderEnding;
  /** Expired ones are not among them. */
  readonly holds: readonly OrderHold[];
}

/** What is held under a reference, and what became of it when nothing is. */
export async function getOrder(reader: Reader, merchantId: string, reference: string): Promise<Order> {
  const found = await findOrder(reader, merchantId, reference, ORDER_RECORDS_MAX);
  const holds = found.holds.filter((hold) => !hold.expired);
  return { reference, state: holds.length > 0 ? 'held' : endingOf(found), holds };
}

/** An expired hold that nobody has tidied is the order's end as much as the log entry that will tell of it. */
function endingOf({ holds, lastMovement }: OrderFound): OrderEnding | 'not_held' {
  return holds.length > 0 ? 'expired' : (orderEnding(lastMovement) ?? 'not_held');
}
