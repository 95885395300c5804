import type { ReserveCommand } from '../command.js';
import type { Hold } from '../hold.js';
import type { StockSuccess } from '../outcome.js';
import { availableQty, figures } from '../stock.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { boundWith, expiryWithMore, statedExpiry } from './term.js';

/** Moves units from available to reserved. Repeated reserves under one reference add up in one hold. */
export function decideReserve<R extends RecordView>(
  command: ReserveCommand,
  world: World<R>,
): Decision<R, StockSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const { qty: requested, allowPartial } = command;
  const available = availableQty(record.stock);
  if (requested > available && !(allowPartial && available > 0)) {
    return reject({ reason: 'INSUFFICIENT_STOCK', requested, available });
  }
  const reserved = Math.min(requested, available);
  const change = reserveUnits(record, reserved, statedExpiry(command, world.nowMs), command);
  const { expiresAtMs } = change.holds[0]!;
  const stock = figures(change.stock);
  const success: StockSuccess =
    expiresAtMs === null && !allowPartial
      ? { stock }
      : {
          stock,
          ...(expiresAtMs === null ? {} : { expiresAtMs }),
          ...(allowPartial ? { line: { id: stock.id, requested, reserved } } : {}),
        };
  return { accepted: true, changes: { records: [change] }, success };
}

/** Holds available units under the command's reference, until the stated expiry, or for as long as the hold lasts. */
export function reserveUnits<R extends RecordView>(
  record: R,
  qty: number,
  stated: number | null | undefined,
  command: { reference: string; notes: string; actor: string },
): RecordChange<R> {
  const { stock } = record;
  const { reference, notes, actor } = command;
  const revision = stock.revision + 1;
  const held = record.hold(reference);
  const hold: Hold = {
    reference,
    qty: (held?.qty ?? 0) + qty,
    openedRevision: held?.openedRevision ?? revision,
    expiresAtMs: expiryWithMore(held, stated),
  };
  return {
    record,
    stock: {
      id: stock.id,
      onHandQty: stock.onHandQty,
      reservedQty: stock.reservedQty + qty,
      revision,
      nextExpiryAtMs: boundWith(stock.nextExpiryAtMs, hold.expiresAtMs),
    },
    holds: [hold],
    movement: {
      inventoryId: stock.id,
      revision,
      action: 'RESERVED',
      onHandDelta: 0,
      reservedDelta: qty,
      reference,
      notes,
      actor,
    },
  };
}
