import type { CountedSlice, Slice } from '../../store/reads/page.js';
import { decodePageToken, encodePageToken, type Position } from './page-token.js';
import { BadPage } from './read-result.js';

/** Which part of a list to show, as callers say it. */
export interface PageRequest {
  /** From 0. */
  readonly page: number;
  readonly limit?: number | undefined;
  /** '' when none. */
  readonly pageToken: string;
}

export interface Page<T> {
  readonly content: readonly T[];
  readonly page: number;
  readonly limit: number;
  readonly totalElements: number;
  /** '' when there is no more. */
  readonly nextPageToken: string;
}

const PAGE_LIMIT = 50;
/** The answer has no room for more. */
const INT32_MAX = 2147483647;

/** A list that can be read by number of page and by token. */
export interface PagedList<T, P extends Position> {
  /** Its name, merchant and filters. */
  readonly list: Position;
  /** Where an item stands. */
  place(item: T): P;
  /** Any place, for its types. */
  readonly anyPlace: P;
  byOffset(offset: number, limit: number): Promise<CountedSlice<T>>;
  after(place: P, limit: number): Promise<Slice<T>>;
}

/**
 * Reads one page. The total is counted where a walk begins, and goes along in its tokens.
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
