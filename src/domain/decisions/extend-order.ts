import type { ExtendOrderCommand } from '../command.js';
import type { ExtendedOrderSuccess } from '../outcome.js';
import { type Decision, type RecordView, reject, type TermChange, type World } from './decision.js';
import { findUnits } from './held-units.js';
import { setTerm } from './set-term.js';
import { statedExpiry } from './term.js';

/** Sets when the holds of an order end. What has expired is held no more, so it is never revived. */
export function decideExtendOrder<R extends RecordView>(
  command: ExtendOrderCommand,
  world: World<R>,
): Decision<R, ExtendedOrderSuccess> {
  const { reference, records } = command;
  const ids = records === undefined ? undefined : new Set(records);
  const unknown = [...(ids ?? [])].filter((id) => world.record(id) === undefined);
  if (unknown.length > 0) return reject({ reason: 'INVENTORY_NOT_FOUND', ids: unknown });
  const held = findUnits({ reference }, 'extend', world);
  if (!held.found) return reject(held.rejection);

  const heldIds = new Set(held.units.map(({ record }) => record.stock.id));
  const unheld = [...(ids ?? [])].filter((id) => !heldIds.has(id));
  if (unheld.length > 0) {
    const unheldLines = unheld.map((id) => ({ id, requested: 1, reserved: 0 }));
    return reject({ reason: 'INSUFFICIENT_RESERVED', reference, verb: 'extend', unheldLines });
  }
  const expiresAtMs = statedExpiry(command, world.nowMs) ?? null;
  const terms: TermChange<R>[] = [];
  const extended = held.units.map(({ record, hold }) => {
    const { id } = record.stock;
    const named = ids === undefined || ids.has(id);
    if (named) terms.push(setTerm(record, hold, expiresAtMs));
    return { id, qty: hold.qty, expiresAtMs: named ? expiresAtMs : hold.expiresAtMs };
  });
  return {
    accepted: true,
    changes: { records: [], terms },
    success: { extended, left: world.order(reference).left() },
  };
}
