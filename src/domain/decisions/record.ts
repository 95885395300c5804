import type { CreateRecordCommand, UpdateRecordCommand } from '../command.js';
import type { Rejection } from '../failure.js';
import { UNREFERENCED } from '../hold.js';
import type { InventoryRecord } from '../inventory-record.js';
import type { RecordSuccess } from '../outcome.js';
import { figures, type Stock } from '../stock.js';
import {
  type CreatedRecord,
  type Decision,
  type RecordDescriptionView,
  type RecordView,
  reject,
  type World,
} from './decision.js';

/** Adds a record, unless the merchant has one with that id, or with the same product, SKU and warehouse. */
export function decideCreateRecord<R extends RecordView>(
  command: CreateRecordCommand,
  world: World<R>,
): Decision<R, RecordSuccess> {
  const { id, initialQty, details, notes, actor } = command;
  if (initialQty < 0) {
    return reject({ reason: 'NEGATIVE_STOCK', onHand: 0, reserved: 0, change: initialQty });
  }
  if (world.record(id) !== undefined) return reject({ reason: 'INVENTORY_ALREADY_EXISTS', id });
  if (world.idOf(details) !== undefined) return reject({ reason: 'INVENTORY_ALREADY_EXISTS' });
  const created = newRecord({ id, initialQty, details, reference: UNREFERENCED, notes, actor }, world.nowMs);
  return {
    accepted: true,
    changes: { records: [], created },
    success: { record: inventoryRecord(created.stock, created.description, world.nowMs) },
  };
}

/**
 * Where a caller names the id that a product's record must have: the id is another product's, or the product has a record
 * with another id. `found`: the record of the product, SKU and warehouse.
 */
export function idConflict(
  wanted: string | undefined,
  found: string | undefined,
  world: World,
): Rejection | undefined {
  if (wanted === undefined || wanted === found) return undefined;
  if (found !== undefined) return { reason: 'INVENTORY_ALREADY_EXISTS' };
  return world.record(wanted) && { reason: 'INVENTORY_ALREADY_EXISTS', id: wanted };
}

interface NewRecord extends Pick<CreateRecordCommand, 'id' | 'initialQty' | 'details' | 'notes' | 'actor'> {
  readonly reference: string;
}

/** Makes a record with its first units and the log entry that accounts for them. */
export function newRecord(
  { id, initialQty, details, reference, notes, actor }: NewRecord,
  nowMs: number,
): CreatedRecord {
  return {
    stock: { id, onHandQty: initialQty, reservedQty: 0, revision: 1, nextExpiryAtMs: null },
    description: { ...details, lastAdjustedAtMs: nowMs, lastAdjustedBy: actor, createdAtMs: nowMs },
    movement: {
      inventoryId: id,
      revision: 1,
      action: 'RECEIVED',
      onHandDelta: initialQty,
      reservedDelta: 0,
      reference,
      notes,
      actor,
    },
  };
}

/** Changes a record's description. No quantity changes, so there is no log entry. */
export function decideUpdateRecord<R extends RecordView>(
  command: UpdateRecordCommand,
  world: World<R>,
): Decision<R, RecordSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const description = { ...record.description!, ...command.update };
  return {
    accepted: true,
    changes: { records: [], described: { record, description } },
    success: { record: inventoryRecord(record.stock, description, world.nowMs) },
  };
}

function inventoryRecord(
  stock: Stock,
  description: RecordDescriptionView,
  updatedAtMs: number,
): InventoryRecord {
  return { ...figures(stock), ...description, updatedAtMs };
}
