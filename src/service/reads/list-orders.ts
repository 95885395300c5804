import { BEFORE_ALL_ORDERS, type HeldOrder, listHeldOrders } from '../../store/reads/held-orders.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { decodePageToken, encodePageToken } from './page-token.js';

export type { HeldOrder };

export interface OrdersRequest {
  /** Microseconds since the epoch. */
  readonly expiresBeforeUs: number | undefined;
  readonly heldBeforeUs: number | undefined;
  /** '' for all. */
  readonly inventoryId: string;
  readonly limit?: number | undefined;
  /** '' for the first page. */
  readonly pageToken: string;
}

export interface OrdersPage {
  readonly content: readonly HeldOrder[];
  readonly limit: number;
  /** '' on the last page. */
  readonly nextPageToken: string;
}

const ORDERS_LIMIT = 50;

/** Lists references that hold something now: by their next expiry if the request names one, else the oldest first. */
export async function listOrders(
  reader: Reader,
  merchantId: string,
  { expiresBeforeUs, heldBeforeUs, inventoryId, limit = ORDERS_LIMIT, pageToken }: OrdersRequest,
): Promise<OrdersPage> {
  const filter = {
    ...(expiresBeforeUs !== undefined && { expiresBeforeUs }),
    ...(heldBeforeUs !== undefined && { heldBeforeUs }),
    ...(inventoryId !== '' && { inventoryId }),
  };
  const list = ['orders', merchantId, expiresBeforeUs ?? '', heldBeforeUs ?? '', inventoryId];
  let after = BEFORE_ALL_ORDERS;
  if (pageToken !== '') {
    const [placeUs, reference] = decodePageToken<readonly [number, string]>(list, pageToken, [0, '']);
    after = { placeUs, reference };
  }
  const slice = await listHeldOrders(reader, merchantId, filter, after, limit);
  const last = slice.items.at(-1);
  const nextPageToken =
    slice.more && last !== undefined ? encodePageToken(list, [last.placeUs, last.reference]) : '';
  return { content: slice.items, limit, nextPageToken };
}
