import type { Statement } from '../connection/statement.js';
import { instantOfUs, usOf } from '../microseconds.js';
import { LIVE } from './holds.js';
import { type Slice, sliceOf } from './page.js';
import type { Reader } from './read-pool.js';

/** Which references to list; all that hold something when empty. Instants are microseconds since the epoch. */
export interface HeldOrderFilter {
  /** The next of its holds to end does so before this instant. */
  readonly expiresBeforeUs?: number;
  /** The oldest of its holds was opened before this instant. */
  readonly heldBeforeUs?: number;
  /** It holds units of this record. */
  readonly inventoryId?: string;
}

/** What a reference holds now. */
export interface HeldOrder {
  readonly reference: string;
  /** Units of all records, so maybe more than one can have. */
  readonly heldQty: number;
  readonly records: number;
  readonly oldestHeldAtMs: number;
  /** Null when none of its holds ends. */
  readonly nextExpiryAtMs: number | null;
  /** Its place in the list: the instant that it is sorted by, in microseconds. */
  readonly placeUs: number;
}

/** The list is in order of the two. */
export interface HeldOrderPlace {
  readonly placeUs: number;
  readonly reference: string;
}

/** Comes before every order. */
export const BEFORE_ALL_ORDERS: HeldOrderPlace = { placeUs: -1, reference: '' };

/**
 * Lists what references hold, after `after`: in order of their next expiry if the filter names one, else the oldest
 * first. A page costs a look at each hold that the filter leaves: by record or by expiry those of some references,
 * otherwise all that the merchant has. An index by age would let a page stop early, and would cost every reserve a write.
 */
export async function listHeldOrders(
  reader: Reader,
  merchantId: string,
  filter: HeldOrderFilter,
  after: HeldOrderPlace,
  limit: number,
): Promise<Slice<HeldOrder>> {
  const { expiresBeforeUs, heldBeforeUs, inventoryId } = filter;
  const values: unknown[] = [merchantId, after.placeUs, after.reference, limit + 1];
  const bind = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const instant = (us: number): string => instantOfUs(bind(us, 'bigint'));
  const ofRecord = inventoryId === undefined ? undefined : bind(inventoryId, 'text');
  const expiresBefore = expiresBeforeUs === undefined ? undefined : instant(expiresBeforeUs);
  const conditions = ['(place_us, reference) > ($2::float8, $3::text)'];
  if (expiresBefore !== undefined) conditions.push(`next_expiry < ${expiresBefore}`);
  if (heldBeforeUs !== undefined) conditions.push(`oldest < ${instant(heldBeforeUs)}`);
  const names = [
    inventoryId !== undefined && 'of_record',
    expiresBeforeUs !== undefined && 'by_expiry',
    heldBeforeUs !== undefined && 'by_age',
  ];
  const statement: Statement = {
    name: ['list_orders', ...names.filter((name) => name !== false)].join('_'),
    text: `
      SELECT reference, held::float8, records, place_us,
             ${usOf('oldest')} AS oldest_us, ${usOf('next_expiry')} AS next_expiry_us
        FROM (SELECT *, ${usOf(expiresBefore === undefined ? 'oldest' : 'next_expiry')} AS place_us
                FROM (${ordersOf(candidates(ofRecord, expiresBefore))}) AS sums) AS orders
       WHERE ${conditions.join(' AND ')}
       ORDER BY place_us, reference
       LIMIT $4`,
  };
  const rows = await reader.rows<RawOrder>(statement, values);
  return sliceOf(rows.map(orderOf), limit);
}

/** A query for the references that may be in the list; undefined for all. */
function candidates(ofRecord: string | undefined, expiresBefore: string | undefined): string | undefined {
  if (ofRecord !== undefined) {
    return `SELECT reference FROM holds
             WHERE merchant_id = $1 AND inventory_id = ${ofRecord} AND reference <> '' AND ${LIVE}`;
  }
  if (expiresBefore === undefined) return undefined;
  return `SELECT DISTINCT e.reference
            FROM (SELECT id FROM stock_levels
                   WHERE merchant_id = $1 AND next_expiry_at < ${expiresBefore}
                   ORDER BY next_expiry_at
                  OFFSET 0) AS s
           CROSS JOIN LATERAL (
                 SELECT reference FROM holds
                  WHERE merchant_id = $1 AND inventory_id = s.id AND reference <> ''
                    AND expires_at > statement_timestamp() AND expires_at < ${expiresBefore}) AS e`;
}

// A hold was opened by the entry of its revision; of one whose entry is gone nobody knows when.
const SUMS = `
  sum(h.qty) AS held, count(*)::int AS records, min(coalesce(l.logged_at, 'epoch')) AS oldest,
  min(h.expires_at) AS next_expiry`;
const OPENED = `
  LEFT JOIN LATERAL (
       SELECT logged_at FROM movement_log
        WHERE merchant_id = $1 AND inventory_id = h.inventory_id AND revision = h.opened_revision
        LIMIT 1) AS l ON true`;

function ordersOf(references: string | undefined): string {
  if (references === undefined) {
    return `
      SELECT h.reference, ${SUMS} FROM holds AS h ${OPENED}
       WHERE h.merchant_id = $1 AND h.reference <> '' AND ${LIVE}
       GROUP BY h.reference`;
  }
  return `
    SELECT c.reference, o.*
      FROM (${references}) AS c
     CROSS JOIN LATERAL (
           SELECT ${SUMS}
             FROM (SELECT * FROM holds
                    WHERE merchant_id = $1 AND reference = c.reference AND ${LIVE}
                   OFFSET 0) AS h ${OPENED}) AS o`;
}

interface RawOrder {
  reference: string;
  held: number;
  records: number;
  place_us: number;
  oldest_us: number;
  next_expiry_us: number | null;
}

function orderOf(row: RawOrder): HeldOrder {
  return {
    reference: row.reference,
    heldQty: row.held,
    records: row.records,
    oldestHeldAtMs: Math.floor(row.oldest_us / 1000),
    nextExpiryAtMs: row.next_expiry_us === null ? null : Math.floor(row.next_expiry_us / 1000),
    placeUs: row.place_us,
  };
}
