import type { CountRecordCommand, OnHandChange, SetOnHandCommand } from '../command.js';
import type { AdjustedSuccess, CountedSuccess } from '../outcome.js';
import { figures } from '../stock.js';
import { adjustUnits, decideOne, faultOf } from './adjust.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { idConflict, newRecord } from './record.js';

/**
 * Sets the units on hand to a count, by logging the difference. Where there is none, nothing changes, whatever the caller
 * expected: a call that comes twice has the same answer.
 */
export function decideSetOnHand<R extends RecordView>(
  command: SetOnHandCommand,
  world: World<R>,
): Decision<R, AdjustedSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const qty = command.qty - record.stock.onHandQty;
  if (qty !== 0) return decideOne(record, adjustmentBy(qty, command), command, world);
  const { productId, warehouseId, warehouseName, lastAdjustedAtMs, lastAdjustedBy } = record.description!;
  const described = { productId, warehouseId, warehouseName, lastAdjustedAtMs, lastAdjustedBy };
  const success = { adjusted: [{ ...figures(record.stock), ...described }] };
  return { accepted: true, changes: { records: [] }, success };
}

function adjustmentBy(qty: number, { reference, expectedOnHandQty, releaseShortfall }: OnHandChange) {
  return { qty, action: 'ADJUSTED', reference, expectedOnHandQty, releaseShortfall } as const;
}

/**
 * Sets the units on hand to a count, by logging the difference, so that it can be repeated. A product without a record
 * in the warehouse gets one with these units.
 */
export function decideCountRecord<R extends RecordView>(
  command: CountRecordCommand,
  world: World<R>,
): Decision<R, CountedSuccess> {
  const { newId, qty, details, reference, notes, actor } = command;
  const id = world.idOf(details);
  const conflict = idConflict(command.id, id, world);
  if (conflict !== undefined) return reject(conflict);
  if (id === undefined) {
    const created = newRecord({ id: newId, initialQty: qty, details, reference, notes, actor }, world.nowMs);
    return {
      accepted: true,
      changes: { records: [], created },
      success: { counted: { id: newId, effect: 'created', difference: qty } },
    };
  }
  const record = world.record(id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const difference = qty - record.stock.onHandQty;
  const counted = (effect: 'adjusted' | 'unchanged', ...records: RecordChange<R>[]) =>
    ({ accepted: true, changes: { records }, success: { counted: { id, effect, difference } } }) as const;
  if (difference === 0) return counted('unchanged');
  const adjustment = adjustmentBy(difference, { reference, expectedOnHandQty: undefined });
  const fault = faultOf(adjustment, record.stock, 'qty');
  if (fault !== undefined) return reject(fault);
  return counted('adjusted', adjustUnits(record, record.stock, adjustment, { notes, actor }));
}
