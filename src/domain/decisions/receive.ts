import type { ReceiveRecordCommand } from '../command.js';
import type { DoneLine, ImportLine } from '../import-line.js';
import type { ReceivedSuccess } from '../outcome.js';
import { adjustUnits, faultOf } from './adjust.js';
import { type Decision, type RecordView, reject, type World } from './decision.js';
import { idConflict, newRecord } from './record.js';

/**
 * Receives units of a product in a warehouse. A missing record is created with these units on hand; an existing one
 * adds them and keeps its description. Zero units for an existing record change nothing and write no log entry. A line
 * of an import is remembered as done together with its effect. A refused line is not remembered, so that it can be
 * corrected or retried.
 */
export function decideReceiveRecord<R extends RecordView>(
  command: ReceiveRecordCommand,
  world: World<R>,
): Decision<R, ReceivedSuccess> {
  const { newId, qty, details, reference, notes, actor, line } = command;
  const received = line === undefined ? undefined : knownLine(line, world.doneLine(line));
  if (received !== undefined) return { accepted: true, changes: { records: [] }, success: { received } };
  const remembered = line === undefined ? {} : { line };
  const id = world.idOf(details);
  const conflict = idConflict(command.id, id, world);
  if (conflict !== undefined) return reject(conflict);
  if (id === undefined) {
    const created = newRecord({ id: newId, initialQty: qty, details, reference, notes, actor }, world.nowMs);
    return {
      accepted: true,
      changes: { records: [], created, ...remembered },
      success: { received: { id: newId, effect: 'created' } },
    };
  }
  const record = world.record(id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  if (qty === 0) {
    return {
      accepted: true,
      changes: { records: [], ...remembered },
      success: { received: { id, effect: 'unchanged' } },
    };
  }
  const adjustment = { qty, action: 'RECEIVED', reference, expectedOnHandQty: undefined } as const;
  const fault = faultOf(adjustment, record.stock, 'qty');
  if (fault !== undefined) return reject(fault);
  return {
    accepted: true,
    changes: { records: [adjustUnits(record, record.stock, adjustment, { notes, actor })], ...remembered },
    success: { received: { id, effect: 'restocked' } },
  };
}

/** The answer for a line that must not be done; undefined for one that must. */
function knownLine(
  { file }: ImportLine,
  done: DoneLine | undefined,
): ReceivedSuccess['received'] | undefined {
  if (done?.found === 'same') return { effect: 'done_before', doneAtMs: done.doneAtMs };
  if (file === 'whole' || (done === undefined && file === undefined)) return undefined;
  return { effect: 'said_otherwise', doneAtMs: done?.doneAtMs ?? null };
}
