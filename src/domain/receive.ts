import { adjustUnits, faultOf } from './adjust.js';
import type { ReceiveRecordCommand } from './command.js';
import { type Decision, type RecordView, reject, type World } from './decision.js';
import type { ReceivedSuccess } from './outcome.js';
import { newRecord } from './record.js';

/**
 * Receives units of a product in a warehouse, whether the merchant has a record of it or not: one that is missing is
 * created with these units on hand, one that exists takes them in and keeps its description. No units of a record
 * that exists change nothing, and the log has nothing to tell.
 */
export function decideReceiveRecord<R extends RecordView>(
  command: ReceiveRecordCommand,
  world: World<R>,
): Decision<R, ReceivedSuccess> {
  const { newId, qty, details, reference, notes, actor } = command;
  const id = world.idOf(details);
  if (id === undefined) {
    const created = newRecord({ id: newId, initialQty: qty, details, reference, notes, actor }, world.nowMs);
    return {
      accepted: true,
      changes: { records: [], created },
      success: { received: { id: newId, effect: 'created' } },
    };
  }
  const record = world.record(id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  if (qty === 0) {
    return { accepted: true, changes: { records: [] }, success: { received: { id, effect: 'unchanged' } } };
  }
  const line = { qty, action: 'RECEIVED', reference, expectedOnHandQty: undefined } as const;
  const fault = faultOf(line, record.stock, 'qty');
  if (fault !== undefined) return reject(fault);
  return {
    accepted: true,
    changes: { records: [adjustUnits(record, record.stock, line, { notes, actor })] },
    success: { received: { id, effect: 'restocked' } },
  };
}
