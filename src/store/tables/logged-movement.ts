import type { Movement, MovementAction } from '../../domain/movement.js';

/** An entry's place in the log of a merchant: entries are in order of time, and those of one instant of the other two. */
export interface LogPlace {
  /** Microseconds since the epoch, the clock's full precision. */
  readonly loggedAtUs: number;
  readonly inventoryId: string;
  readonly revision: number;
}

/** Columns of an entry. */
export interface RawMovement {
  inventory_id: string;
  revision: string;
  action: MovementAction;
  on_hand_delta: number;
  reserved_delta: number;
  reference: string | null;
  notes: string | null;
  actor: string;
  to_reference: string | null;
  moved_qty: number | null;
}

export function movementOf(row: RawMovement): Movement {
  return {
    inventoryId: row.inventory_id,
    revision: Number(row.revision),
    action: row.action,
    onHandDelta: row.on_hand_delta,
    reservedDelta: row.reserved_delta,
    reference: row.reference ?? '',
    notes: row.notes ?? '',
    actor: row.actor,
    ...(row.to_reference !== null && { moved: { toReference: row.to_reference, qty: row.moved_qty! } }),
  };
}
