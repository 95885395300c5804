import type { Movement } from '../../domain/movement.js';
import type { Statement } from '../connection/statement.js';
import { lastMovement } from '../tables/last-movement.js';
import type { Reader } from './read-pool.js';
import { ms } from './record-rows.js';

export interface OrderHold {
  readonly inventoryId: string;
  readonly qty: number;
  /** Milliseconds since the epoch; null: open-ended. */
  readonly expiresAtMs: number | null;
  /** Its expiry has passed, but it has not been swept yet. */
  readonly expired: boolean;
}

export interface OrderFound {
  /** In order of record. */
  readonly holds: readonly OrderHold[];
  /** The last log entry under the reference that moved held units. */
  readonly lastMovement: Pick<Movement, 'action' | 'actor' | 'notes'> | undefined;
}

// Holds and log are read in one statement, so in one snapshot: a hold that ended between two would be in neither.
const FIND: Statement = {
  name: 'get_order',
  text: `
    SELECT l.action, l.actor, l.notes, h.*
      FROM (SELECT) AS always
      LEFT JOIN LATERAL (${lastMovement('$1', '$2')}) AS l ON true
      LEFT JOIN LATERAL (
           SELECT inventory_id, qty, ${ms('expires_at')} AS expires_ms,
                  coalesce(expires_at <= statement_timestamp(), false) AS expired
             FROM holds
            WHERE merchant_id = $1 AND reference = $2 AND reference <> ''
            LIMIT $3) AS h ON true
     ORDER BY h.inventory_id`,
};

interface RawOrder {
  action: Movement['action'] | null;
  actor: string;
  notes: string | null;
  inventory_id: string | null;
  qty: number;
  expires_ms: number | null;
  expired: boolean;
}

/** Reads at most `holdsMax` of the holds under a reference, and the last movement. */
export async function findOrder(
  reader: Reader,
  merchantId: string,
  reference: string,
  holdsMax: number,
): Promise<OrderFound> {
  const rows = await reader.rows<RawOrder>(FIND, [merchantId, reference, holdsMax]);
  const { action, actor, notes } = rows[0]!;
  return {
    lastMovement: action === null ? undefined : { action, actor, notes: notes ?? '' },
    // An order without holds still has one row.
    holds: rows.flatMap(({ inventory_id: inventoryId, qty, expires_ms: expiresAtMs, expired }) =>
      inventoryId === null ? [] : [{ inventoryId, qty, expiresAtMs, expired }],
    ),
  };
}
