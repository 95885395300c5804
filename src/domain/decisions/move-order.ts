import type { MoveOrderCommand } from '../command.js';
import type { Hold } from '../hold.js';
import type { MovedOrderSuccess } from '../outcome.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { findUnits, type HeldUnits } from './held-units.js';
import { heldFigures } from './named-records.js';
import { boundWith, expiryAsMoved, firstExpiry, statedExpiry } from './term.js';

/** Passes units of one order on to another, whose holds add up. They are reserved all the time. */
export function decideMoveOrder<R extends RecordView>(
  command: MoveOrderCommand,
  world: World<R>,
): Decision<R, MovedOrderSuccess> {
  const held = findUnits(command, 'move', world);
  if (!held.found) return reject(held.rejection);
  const stated = statedExpiry(command, world.nowMs);
  const moves = held.units.map((units) => moveUnits(units, stated, command));
  const stocks = moves.map(({ change, target }) => heldFigures(change.stock, target));
  return {
    accepted: true,
    changes: { records: moves.map(({ change }) => change) },
    success: {
      moved: held.units.map(({ record, qty }) => ({ id: record.stock.id, qty })),
      stocks,
      ...firstExpiry(stocks),
    },
  };
}

interface Move<R extends RecordView> {
  readonly change: RecordChange<R>;
  /** The hold that got the units. */
  readonly target: Hold;
}

function moveUnits<R extends RecordView>(
  { record, hold, qty }: HeldUnits<R>,
  stated: number | null | undefined,
  { reference, toReference, notes, actor }: MoveOrderCommand,
): Move<R> {
  const { stock } = record;
  const revision = stock.revision + 1;
  const before = record.hold(toReference);
  const target: Hold = {
    reference: toReference,
    qty: (before?.qty ?? 0) + qty,
    openedRevision: before?.openedRevision ?? revision,
    expiresAtMs: expiryAsMoved(before, hold, stated),
  };
  const change: RecordChange<R> = {
    record,
    stock: { ...stock, revision, nextExpiryAtMs: boundWith(stock.nextExpiryAtMs, target.expiresAtMs) },
    holds: [{ ...hold, qty: hold.qty - qty }, target],
    movement: {
      inventoryId: stock.id,
      revision,
      action: 'MOVED',
      onHandDelta: 0,
      reservedDelta: 0,
      reference,
      notes,
      actor,
      moved: { toReference, qty },
    },
  };
  return { change, target };
}
