import type { CountedSlice, Slice } from '../../store/reads/page.js';
import { decodePageToken, encodePageToken, type Position } from './page-token.js';
import { BadPage } from './read-result.js';

/** The part of a list that a caller asks for. */
export interface PageRequest {
  /** From 0. */
  readonly page: number;
  readonly limit?: number | undefined;
  /** '' for the page by number. */
  readonly pageToken: string;
}

export interface Page<T> {
  readonly content: readonly T[];
  readonly page: number;
  readonly limit: number;
  readonly totalElements: number;
  /** '' on the last page. */
  readonly nextPageToken: string;
}

const PAGE_LIMIT = 50;
/** Totals are an int32 in the answer. */
const INT32_MAX = 2147483647;

/** A list that can be read by page number and by token. */
export interface PagedList<T, P extends Position> {
  /** Its name, merchant and filters. */
  readonly list: Position;
  /** The position of an item. */
  place(item: T): P;
  /** An example of a position, for its types. */
  readonly anyPlace: P;
  byOffset(offset: number, limit: number): Promise<CountedSlice<T>>;
  after(place: P, limit: number): Promise<Slice<T>>;
}

/**
 * Reads one page. The total is counted at the start of a walk and carried in its tokens.
 *
 * @throws BadPage
 */
export async function readPage<T, P extends Position>(
  { page: pageAsked, limit = PAGE_LIMIT, pageToken }: PageRequest,
  paged: PagedList<T, P>,
): Promise<Page<T>> {
  let page = pageAsked;
  let total: number;
  let slice: Slice<T>;
  if (pageToken === '') {
    const counted = await paged.byOffset(page * limit, limit);
    slice = counted;
    total = counted.total;
  } else {
    if (page !== 0) throw new BadPage('pageToken', 'must not be given together with page');
    const position = decodePageToken<Position>(paged.list, pageToken, [0, 0, ...paged.anyPlace]);
    const [pageInWalk, totalInWalk, ...place] = position as readonly [number, number, ...P];
    page = Math.min(pageInWalk, INT32_MAX);
    total = Math.min(totalInWalk, INT32_MAX);
    slice = await paged.after(place as unknown as P, limit);
  }
  const last = slice.items.at(-1);
  const next = slice.more && last !== undefined ? [page + 1, total, ...paged.place(last)] : undefined;
  return {
    content: slice.items,
    page,
    limit,
    totalElements: total,
    nextPageToken: next === undefined ? '' : encodePageToken(paged.list, next),
  };
}
