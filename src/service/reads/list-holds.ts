import { BEFORE_ALL_HOLDS, type HeldUnits, listHolds as readHolds } from '../../store/reads/holds.js';
import type { Reader } from '../../store/reads/read-pool.js';
import { decodePageToken, encodePageToken } from './page-token.js';

export interface HoldsRequest {
  readonly id: string;
  readonly limit?: number | undefined;
  /** '' for the first page. */
  readonly pageToken: string;
}

export interface HoldsPage {
  readonly id: string;
  readonly content: readonly HeldUnits[];
  readonly limit: number;
  /** '' on the last page. */
  readonly nextPageToken: string;
}

const HOLDS_LIMIT = 100;

/** Lists a record's holds, oldest first, after the unreferenced units. Undefined when there is no such record. */
export async function listHolds(
  reader: Reader,
  merchantId: string,
  { id, limit = HOLDS_LIMIT, pageToken }: HoldsRequest,
): Promise<HoldsPage | undefined> {
  const list = ['holds', merchantId, id];
  const [after] =
    pageToken === '' ? [BEFORE_ALL_HOLDS] : decodePageToken<readonly [number]>(list, pageToken, [0]);
  const slice = await readHolds(reader, merchantId, id, after, limit);
  if (slice === undefined) return undefined;
  const last = slice.items.at(-1);
  const nextPageToken = slice.more && last !== undefined ? encodePageToken(list, [last.openedRevision]) : '';
  return { id, content: slice.items, limit, nextPageToken };
}
