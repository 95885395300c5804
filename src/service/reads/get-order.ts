import { ORDER_RECORDS_MAX } from '../../domain/decisions/order.js';
import { type OrderEnding, orderEnding } from '../../domain/order-state.js';
import { findOrder, type OrderFound, type OrderHold } from '../../store/reads/order.js';
import type { Reader } from '../../store/reads/read-pool.js';

export interface Order {
  readonly reference: string;
  readonly state: 'held' | 'not_held' | OrderEnding;
  /** Without expired ones. */
  readonly holds: readonly OrderHold[];
}

/** Finds what a reference holds, or how it ended when it holds nothing. */
export async function getOrder(reader: Reader, merchantId: string, reference: string): Promise<Order> {
  const found = await findOrder(reader, merchantId, reference, ORDER_RECORDS_MAX);
  const holds = found.holds.filter((hold) => !hold.expired);
  return { reference, state: holds.length > 0 ? 'held' : endingOf(found), holds };
}

/** An expired hold ends the order even before the sweep has logged it. */
function endingOf({ holds, lastMovement }: OrderFound): OrderEnding | 'not_held' {
  return holds.length > 0 ? 'expired' : (orderEnding(lastMovement) ?? 'not_held');
}
