import type { OrderEnding } from '../../domain/order-state.js';
import type { Statement } from '../connection/statement.js';
import { ORDER_ENTRIES_MAX } from '../tables/ending-movement.js';
import { leftUnits } from '../tables/left-units.js';
import type { Reader } from './read-pool.js';
import { ms } from './record-rows.js';

/** What became of the units of one record under a reference. Sums may be more than a record can have at a time. */
export interface OrderRecord {
  readonly inventoryId: string;
  readonly heldQty: number;
  readonly confirmedQty: number;
  readonly releasedQty: number;
  readonly expiredQty: number;
  readonly movedQty: number;
  /** When the held units end, milliseconds since the epoch; null: open-ended, or none are held. */
  readonly expiresAtMs: number | null;
}

export interface OrderFound {
  /** Records that ever had units under the reference, in order of id. */
  readonly lines: readonly OrderRecord[];
  /** Those of them with units that are held, in order of id. */
  readonly held: readonly OrderRecord[];
  /** Whether units left the reference in each way. */
  readonly left: Readonly<Record<OrderEnding, boolean>>;
}

/*
 * Holds and log are read in one statement, so in one snapshot: a hold that ended between two would be in neither. An
 * expired hold's units count as expired, swept or not. `numbered` counts the records, and those that hold units. Its
 * cost is that of the entries read, so they are bounded.
 *
 * $1 is the merchant, $2 the reference, $3 the most records of each kind.
 */
const FIND: Statement = {
  name: 'get_order',
  text: `
    WITH entries AS (${leftUnits('$1', '$2')}),
    under AS (
      SELECT inventory_id, CASE WHEN expired THEN 0 ELSE qty END AS held, CASE WHEN expired THEN qty ELSE 0 END AS expired,
             CASE WHEN expired THEN NULL ELSE ${ms('expires_at')} END AS expires_ms
        FROM (SELECT *, coalesce(expires_at <= statement_timestamp(), false) AS expired
                FROM holds
               WHERE merchant_id = $1 AND reference = $2
               LIMIT ${ORDER_ENTRIES_MAX}) AS all_holds),
    lines AS (
      SELECT inventory_id, sum(held) AS held, sum(confirmed) AS confirmed, sum(released) AS released,
             sum(expired) AS expired, sum(moved) AS moved, max(expires_ms) AS expires_ms
        FROM (SELECT inventory_id, 0 AS held, confirmed, released, expired, moved, NULL::float8 AS expires_ms FROM entries
              UNION ALL
              SELECT inventory_id, held, 0, 0, expired, 0, expires_ms FROM under) AS units
       GROUP BY inventory_id),
    numbered AS (
      SELECT *, row_number() OVER in_order AS place, count(*) FILTER (WHERE held > 0) OVER in_order AS held_place,
             bool_or(confirmed > 0) OVER () AS any_confirmed, bool_or(released + moved > 0) OVER () AS any_released,
             bool_or(expired > 0) OVER () AS any_expired
        FROM lines
      WINDOW in_order AS (ORDER BY inventory_id))
    SELECT inventory_id, place <= $3 AS shown, any_confirmed, any_released, any_expired, held::int, expires_ms,
           confirmed::float8, released::float8, expired::float8, moved::float8
      FROM numbered
     WHERE place <= $3 OR (held > 0 AND held_place <= $3)
     ORDER BY place`,
};

interface RawLine {
  inventory_id: string;
  shown: boolean;
  any_confirmed: boolean;
  any_released: boolean;
  any_expired: boolean;
  held: number;
  expires_ms: number | null;
  confirmed: number;
  released: number;
  expired: number;
  moved: number;
}

/** Reads what became of the units under a reference, of at most `recordsMax` records, and as many with held units. */
export async function findOrder(
  reader: Reader,
  merchantId: string,
  reference: string,
  recordsMax: number,
): Promise<OrderFound> {
  const rows = await reader.rows<RawLine>(FIND, [merchantId, reference, recordsMax]);
  const lines: OrderRecord[] = [];
  const held: OrderRecord[] = [];
  for (const row of rows) {
    const line = lineOf(row);
    if (row.shown) lines.push(line);
    if (line.heldQty > 0) held.push(line);
  }
  const [any] = rows;
  return {
    lines,
    held: held.slice(0, recordsMax),
    left: {
      confirmed: any?.any_confirmed ?? false,
      released: any?.any_released ?? false,
      expired: any?.any_expired ?? false,
    },
  };
}

function lineOf(row: RawLine): OrderRecord {
  return {
    inventoryId: row.inventory_id,
    heldQty: row.held,
    confirmedQty: row.confirmed,
    releasedQty: row.released,
    expiredQty: row.expired,
    movedQty: row.moved,
    expiresAtMs: row.expires_ms,
  };
}
