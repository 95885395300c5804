import type { ConfirmOrderCommand, ReleaseOrderCommand } from '../command.js';
import type { EndedOrderSuccess } from '../outcome.js';
import { figures } from '../stock.js';
import { type Decision, type RecordView, reject, type World } from './decision.js';
import { findUnits } from './held-units.js';
import { type Drawing, drawFrom } from './release-confirm.js';

/** Returns units that the reference holds to available: all, or exactly the lines. */
export function decideReleaseOrder<R extends RecordView>(
  command: ReleaseOrderCommand,
  world: World<R>,
): Decision<R, EndedOrderSuccess> {
  return decideEndOrder(command, 'release', world);
}

/** Takes units that the reference holds out of stock: all, or exactly the lines. */
export function decideConfirmOrder<R extends RecordView>(
  command: ConfirmOrderCommand,
  world: World<R>,
): Decision<R, EndedOrderSuccess> {
  return decideEndOrder(command, 'confirm', world);
}

function decideEndOrder<R extends RecordView>(
  command: ReleaseOrderCommand | ConfirmOrderCommand,
  verb: Drawing,
  world: World<R>,
): Decision<R, EndedOrderSuccess> {
  const held = findUnits(command, verb, world);
  if (!held.found) return reject(held.rejection);
  const changes = held.units.map(({ record, hold, qty }) =>
    drawFrom(record, record.stock, hold, qty, verb, command),
  );
  const success = {
    ended: held.units.map(({ record, qty }) => ({ id: record.stock.id, qty })),
    stocks: changes.map((change) => figures(change.stock)),
  };
  return { accepted: true, changes: { records: changes }, success };
}
