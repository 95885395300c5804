import type { SetOrderCommand } from '../command.js';
import type { ReservedOrderSuccess } from '../outcome.js';
import { type Decision, type RecordView, reject, type World } from './decision.js';
import { tooLarge } from './held-units.js';
import { heldFigures } from './named-records.js';
import { allotLines } from './order-lines.js';
import { changesOf, setUnits } from './set-hold.js';
import { firstExpiry, statedExpiry } from './term.js';

/**
 * Sets what a reference holds: these lines, or nothing changes. Records that it holds and that no line names are
 * released.
 */
export function decideSetOrder<R extends RecordView>(
  command: SetOrderCommand,
  world: World<R>,
): Decision<R, ReservedOrderSuccess> {
  const { reference } = command;
  const allotted = allotLines(command, world, reference);
  if (!allotted.accepted) return allotted;
  const order = world.order(reference);
  if (order.tooLarge) return reject(tooLarge('release'));
  const { lines, qtys, shortLines } = allotted;
  if (shortLines.length > 0) return reject({ reason: 'INSUFFICIENT_STOCK', shortLines });
  const stated = statedExpiry(command, world.nowMs);
  const dropped = order.records().filter((record) => !qtys.has(record));
  const sets = [...qtys.keys(), ...dropped].map((record) =>
    setUnits(record, qtys.get(record) ?? 0, stated, command),
  );
  const stocks = sets.map(({ after }) => heldFigures(after.stock, after));
  return {
    accepted: true,
    changes: changesOf(sets),
    success: { lines, stocks, ...firstExpiry(stocks) },
  };
}
