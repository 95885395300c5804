import type { ConfirmCommand, ReleaseCommand } from '../command.js';
import { type Hold, UNREFERENCED } from '../hold.js';
import type { StockSuccess } from '../outcome.js';
import { figures, type Stock } from '../stock.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';

/** Holds that one command without a reference may draw on: ending this many takes as long as about 500 commands. */
export const DRAW_HOLDS_MAX = 1000;

/** What happens to units that leave their hold. */
export type Drawing = 'release' | 'confirm';

/** Returns reserved units to available. */
export function decideRelease<R extends RecordView>(
  command: ReleaseCommand,
  world: World<R>,
): Decision<R, StockSuccess> {
  return decideDraw(command, 'release', world);
}

/** Takes reserved units out of stock. */
export function decideConfirm<R extends RecordView>(
  command: ConfirmCommand,
  world: World<R>,
): Decision<R, StockSuccess> {
  return decideDraw(command, 'confirm', world);
}

/**
 * With a reference, draws on that reference's hold alone; without one, on the unreferenced units first, then on the
 * oldest holds.
 */
function decideDraw<R extends RecordView>(
  command: ReleaseCommand | ConfirmCommand,
  verb: Drawing,
  world: World<R>,
): Decision<R, StockSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const { qty: requested, reference } = command;
  const reserved = reference === UNREFERENCED ? record.stock.reservedQty : (record.hold(reference)?.qty ?? 0);
  if (requested > reserved) {
    const rejection = { reason: 'INSUFFICIENT_RESERVED', requested, reserved, reference } as const;
    return reject(verb === 'release' ? rejection : { ...rejection, verb });
  }
  if (reference === UNREFERENCED && drawsOnTooMany(record, requested)) {
    const description = `draws on more than ${DRAW_HOLDS_MAX} holds; ${verb} less at once, or by reference`;
    return reject({ reason: 'VALIDATION_FAILED', violations: [{ field: 'qty', description }] });
  }
  const changes = drawAcross(record, requested, verb, command);
  return {
    accepted: true,
    changes: { records: changes },
    success: { stock: figures(changes.at(-1)!.stock) },
  };
}

/** Whether more units are wanted than one command may draw from holds. */
function drawsOnTooMany(record: RecordView, qty: number): boolean {
  if (qty > (record.hold(UNREFERENCED)?.qty ?? 0) + record.oldestHoldsQty) return true;
  let holds = 0;
  let left = qty;
  for (const hold of drawOrder(UNREFERENCED, record)) {
    left -= hold.qty;
    if (left <= 0) return false;
    holds++;
    if (holds >= DRAW_HOLDS_MAX) return true;
  }
  return false;
}

/** Draws units from the holds that the command's reference names: a change, and so a log entry, for each hold. */
function drawAcross<R extends RecordView>(
  record: R,
  qty: number,
  verb: Drawing,
  command: ReleaseCommand | ConfirmCommand,
): RecordChange<R>[] {
  const changes: RecordChange<R>[] = [];
  let { stock } = record;
  let left = qty;
  for (const hold of drawOrder(command.reference, record)) {
    const change = drawFrom(record, stock, hold, Math.min(left, hold.qty), verb, command);
    changes.push(change);
    stock = change.stock;
    left += change.movement.reservedDelta;
    if (left === 0) return changes;
  }
  // The sum of a record's holds equals its reserved units; a caller that checked those cannot get here.
  throw new Error(`holds are short of the counter by ${left} units`);
}

function* drawOrder(reference: string, record: RecordView): Iterable<Hold> {
  const named = record.hold(reference);
  if (named !== undefined) yield named;
  if (reference !== UNREFERENCED) return;
  for (const hold of record.holds()) if (hold.reference !== UNREFERENCED) yield hold;
}

/** Draws units of one hold, which has them. `stock`: the record's, as the changes before this one leave it. */
export function drawFrom<R extends RecordView>(
  record: R,
  stock: Stock,
  hold: Hold,
  qty: number,
  verb: Drawing,
  { notes, actor }: { notes: string; actor: string },
): RecordChange<R> {
  const onHandDelta = verb === 'confirm' ? -qty : 0;
  const revision = stock.revision + 1;
  return {
    record,
    stock: {
      id: stock.id,
      onHandQty: stock.onHandQty + onHandDelta,
      reservedQty: stock.reservedQty - qty,
      revision,
      nextExpiryAtMs: stock.nextExpiryAtMs,
    },
    holds: [{ ...hold, qty: hold.qty - qty }],
    movement: {
      inventoryId: stock.id,
      revision,
      action: verb === 'confirm' ? 'SOLD' : 'RELEASED',
      onHandDelta,
      reservedDelta: -qty,
      reference: hold.reference,
      notes,
      actor,
    },
  };
}
