import type { ReleaseCommand, ReserveCommand, StockCommand } from './command.js';
import type { Rejection } from './failure.js';
import { type Hold, UNREFERENCED } from './hold.js';
import type { Movement } from './movement.js';
import { availableQty, type Stock } from './stock.js';

/** A record as a decision sees it: current figures, all holds that the decision may need. */
export interface RecordView {
  readonly stock: Stock;
  hold(reference: string): Hold | undefined;
  /** By age, oldest first. */
  holds(): Iterable<Hold>;
}

/** What a command comes to: either nothing changes, or all of this does. */
export type Decision =
  | { readonly accepted: false; readonly rejection: Rejection }
  | {
      readonly accepted: true;
      readonly stock: Stock;
      /** The new state of each hold that changes; qty 0 ends it. */
      readonly holds: readonly Hold[];
      readonly movement: Movement;
    };

/**
 * Decides one command against the record's state. Pure and total: no I/O, no clock, and no failure that is not
 * in the answer. Checks run in one order: existence, then capacity.
 */
export function decide(command: StockCommand, record: RecordView | undefined): Decision {
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  switch (command.kind) {
    case 'reserve':
      return decideReserve(command, record);
    case 'release':
      return decideRelease(command, record);
  }
}

/** Moves units from available to reserved. Repeated reserves under one reference add up in one hold. */
function decideReserve(command: ReserveCommand, record: RecordView): Decision {
  const { stock } = record;
  const available = availableQty(stock);
  if (command.qty > available) {
    return reject({ reason: 'INSUFFICIENT_STOCK', requested: command.qty, available });
  }
  const revision = stock.revision + 1;
  const held = record.hold(command.reference);
  const hold: Hold = {
    reference: command.reference,
    qty: (held?.qty ?? 0) + command.qty,
    openedRevision: held?.openedRevision ?? revision,
  };
  return accept(command, stock, command.qty, [hold]);
}

/**
 * Returns reserved units to available. With a reference, from that reference's hold alone; without one, from
 * the unreferenced units first, then from the oldest holds.
 */
function decideRelease(command: ReleaseCommand, record: RecordView): Decision {
  const { stock } = record;
  const reserved =
    command.reference === UNREFERENCED ? stock.reservedQty : (record.hold(command.reference)?.qty ?? 0);
  if (command.qty > reserved) {
    const { qty: requested, reference } = command;
    return reject({ reason: 'INSUFFICIENT_RESERVED', requested, reserved, reference });
  }
  const holds = draw(command.qty, drawOrder(command.reference, record));
  return accept(command, stock, -command.qty, holds);
}

function* drawOrder(reference: string, record: RecordView): Iterable<Hold> {
  const named = record.hold(reference);
  if (named !== undefined) yield named;
  if (reference !== UNREFERENCED) return;
  for (const hold of record.holds()) if (hold.reference !== UNREFERENCED) yield hold;
}

function draw(qty: number, holds: Iterable<Hold>): Hold[] {
  const changed: Hold[] = [];
  let left = qty;
  for (const hold of holds) {
    const drawn = Math.min(left, hold.qty);
    changed.push({ ...hold, qty: hold.qty - drawn });
    left -= drawn;
    if (left === 0) return changed;
  }
  // The sum of a record's holds equals its reserved units; a caller that checked those cannot come here.
  throw new Error(`holds are short of the counter by ${left} units`);
}

function accept(
  command: StockCommand,
  stock: Stock,
  reservedDelta: number,
  holds: readonly Hold[],
): Decision {
  const revision = stock.revision + 1;
  return {
    accepted: true,
    stock: { ...stock, reservedQty: stock.reservedQty + reservedDelta, revision },
    holds,
    movement: {
      inventoryId: stock.id,
      revision,
      action: command.kind === 'reserve' ? 'RESERVED' : 'RELEASED',
      onHandDelta: 0,
      reservedDelta,
      reference: command.reference,
      notes: command.notes,
      actor: command.actor,
    },
  };
}

function reject(rejection: Rejection): Decision {
  return { accepted: false, rejection };
}
