import type { SetOrderCommand } from '../command.js';
import type { ShortLine } from '../failure.js';
import type { ReservedOrderSuccess } from '../outcome.js';
import { availableQty } from '../stock.js';
import { type Decision, type RecordView, reject, type World } from './decision.js';
import { tooLarge } from './held-units.js';
import { heldFigures, recordsOf } from './order.js';
import { changesOf, missingQty, setUnits } from './set-hold.js';
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
  const named = recordsOf(command.lines, world);
  if (!named.found) return reject({ reason: 'INVENTORY_NOT_FOUND', ids: named.unknown });
  const order = world.order(reference);
  if (order.tooLarge) return reject(tooLarge('release'));
  const { wanted, records } = named;

  const shortLines: ShortLine[] = [];
  for (const [id, record] of records) {
    const requested = missingQty(record, wanted.get(id)!, reference);
    const available = availableQty(record.stock);
    if (requested > available) shortLines.push({ id, requested, available });
  }
  if (shortLines.length > 0) return reject({ reason: 'INSUFFICIENT_STOCK', shortLines });

  const stated = statedExpiry(command, world.nowMs);
  const dropped = order.records().filter((record) => !records.has(record.stock.id));
  const sets = [...records.values(), ...dropped].map((record) =>
    setUnits(record, wanted.get(record.stock.id) ?? 0, stated, command),
  );
  const stocks = sets.map(({ after }) => heldFigures(after.stock, after));
  const lines = command.lines.map(({ id, qty }) => ({ id, requested: qty, reserved: qty }));
  return {
    accepted: true,
    changes: changesOf(sets),
    success: { lines, stocks, ...firstExpiry(stocks) },
  };
}
