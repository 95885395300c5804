import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { MovementAction } from '../../domain/movement.js';
import { type LogEntry, LogEntry_Action, LogEntrySchema } from '../../gen/inventory/v1/log_entry_pb.js';
import type { LoggedMovement } from '../../service/reads/list-logs.js';

const actions: Readonly<Record<MovementAction, LogEntry_Action>> = {
  RECEIVED: LogEntry_Action.RECEIVED,
  SOLD: LogEntry_Action.SOLD,
  ADJUSTED: LogEntry_Action.ADJUSTED,
  DAMAGED: LogEntry_Action.DAMAGED,
  RETURNED: LogEntry_Action.RETURNED,
  RESERVED: LogEntry_Action.RESERVED,
  RELEASED: LogEntry_Action.RELEASED,
  MOVED: LogEntry_Action.MOVED,
};

/** Undefined for ACTION_UNSPECIFIED. */
export function actionOf(action: LogEntry_Action): MovementAction | undefined {
  return (Object.keys(actions) as MovementAction[]).find((name) => actions[name] === action);
}

/** A log entry as callers see it. Its id is opaque to them. */
export function logMessage(tenantId: string, entry: LoggedMovement): LogEntry {
  const loggedAt = timestampFromMs(entry.loggedAtMs);
  return create(LogEntrySchema, {
    id: `${entry.inventoryId}.${entry.revision}`,
    inventoryId: entry.inventoryId,
    productId: entry.productId,
    tenantId,
    action: actions[entry.action],
    qtyChange: qtyChange(entry),
    ...(entry.reference !== '' && { reference: entry.reference }),
    ...(entry.notes !== '' && { notes: entry.notes }),
    adjustedBy: entry.actor,
    logDate: loggedAt,
    timestamp: loggedAt,
    ...(entry.onHandQty !== null && { onHandQty: entry.onHandQty }),
    ...(entry.reservedQty !== null && { reservedQty: entry.reservedQty }),
    ...(entry.moved !== undefined && { toReference: entry.moved.toReference, movedQty: entry.moved.qty }),
  });
}

/** The change of available units for hold movements, of units on hand for everything else. */
function qtyChange({ action, onHandDelta, reservedDelta }: LoggedMovement): number {
  return action === 'RESERVED' || action === 'RELEASED' ? -reservedDelta : onHandDelta;
}
