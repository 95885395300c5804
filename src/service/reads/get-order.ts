import { ORDER_RECORDS_MAX } from '../../domain/decisions/held-units.js';
import { endingOf, type OrderEnding } from '../../domain/order-state.js';
import { findOrder, type OrderRecord } from '../../store/reads/order.js';
import type { Reader } from '../../store/reads/read-pool.js';

export type { OrderRecord };

export interface Order {
  readonly reference: string;
  readonly state: 'held' | 'not_held' | OrderEnding;
  /** Records with units that are held, in order of id. */
  readonly held: readonly OrderRecord[];
  /** Records that ever had units under the reference, in order of id. */
  readonly lines: readonly OrderRecord[];
}

/** Finds what became of the units under a reference. An expired hold has ended, even before the sweep has logged it. */
export async function getOrder(reader: Reader, merchantId: string, reference: string): Promise<Order> {
  const { held, lines, left } = await findOrder(reader, merchantId, reference, ORDER_RECORDS_MAX);
  return { reference, state: held.length > 0 ? 'held' : (endingOf(left) ?? 'not_held'), held, lines };
}
