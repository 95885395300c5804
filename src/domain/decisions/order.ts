import type { ReserveOrderCommand } from '../command.js';
import type { HeldFigures, ReservedOrderSuccess } from '../outcome.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { heldFigures } from './named-records.js';
import { allotLines } from './order-lines.js';
import { reserveUnits } from './reserve.js';
import { firstExpiry, statedExpiry } from './term.js';

/** Reserves all lines, or none. A record named twice counts with the sum and changes once. */
export function decideReserveOrder<R extends RecordView>(
  command: ReserveOrderCommand,
  world: World<R>,
): Decision<R, ReservedOrderSuccess> {
  const allotted = allotLines(command, world, undefined);
  if (!allotted.accepted) return allotted;
  const { lines, qtys, shortLines } = allotted;
  if (shortLines.length > 0 && !(command.allowPartial && lines.some(({ reserved }) => reserved > 0))) {
    return reject({ reason: 'INSUFFICIENT_STOCK', shortLines });
  }
  const stated = statedExpiry(command, world.nowMs);
  const changes: RecordChange<R>[] = [];
  const stocks: HeldFigures[] = [];
  for (const [record, qty] of qtys) {
    const change = qty === 0 ? undefined : reserveUnits(record, qty, stated, command);
    if (change !== undefined) changes.push(change);
    stocks.push(
      heldFigures(change?.stock ?? record.stock, change?.holds[0] ?? record.hold(command.reference)),
    );
  }
  const success = { lines, stocks, ...firstExpiry(stocks) };
  return { accepted: true, changes: { records: changes }, success };
}
