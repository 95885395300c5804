import type {
  AdjustmentLine,
  BatchAdjustCommand,
  Command,
  ConfirmCommand,
  ConfirmOrderCommand,
  CountRecordCommand,
  CreateRecordCommand,
  ExtendOrderCommand,
  MoveOrderCommand,
  ReceiveRecordCommand,
  ReleaseCommand,
  ReleaseOrderCommand,
  ReserveCommand,
  ReserveOrderCommand,
  SetHoldCommand,
  SetOnHandCommand,
  SetOrderCommand,
  UpdateRecordCommand,
} from '../../src/domain/command.js';
import type { Term } from '../../src/domain/decisions/term.js';
import type { OrderVerb, Rejection } from '../../src/domain/failure.js';
import type { RecordDetails } from '../../src/domain/inventory-record.js';
import type { AdjustedStock, Outcome, Success } from '../../src/domain/outcome.js';
import { ModelRecord, QTY_MAX } from './model-record.js';
import { serve } from './model-sources.js';
import type { StockModel } from './stock-model.js';

/** All times in outcomes are milliseconds since the run began. */
const NOW_MS = 0;

export function runCommand(model: StockModel, command: Command): Outcome {
  switch (command.kind) {
    case 'reserve':
      return reserve(model, command);
    case 'release':
    case 'confirm':
      return draw(model, command);
    case 'set_hold':
      return setHold(model, command);
    case 'reserve_order':
      return reserveOrder(model, command);
    case 'set_order':
      return setOrder(model, command);
    case 'release_order':
    case 'confirm_order':
      return endOrder(model, command);
    case 'extend_order':
      return extendOrder(model, command);
    case 'move_order':
      return moveOrder(model, command);
    case 'adjust':
      return adjust(model, [command], command, false);
    case 'batch_adjust':
      return batchAdjust(model, command);
    case 'set_on_hand':
      return setOnHand(model, command);
    case 'create_record':
      return create(model, command);
    case 'receive_record':
      return receive(model, command);
    case 'count_record':
      return count(model, command);
    case 'update_record':
      return update(model, command);
    case 'update_settings': {
      const { merchantId, defaultTtlSeconds } = command;
      if (defaultTtlSeconds !== undefined) model.setDefaultTtl(merchantId, defaultTtlSeconds);
      return ok({ settings: { defaultTtlSeconds: model.defaultTtl(merchantId) } });
    }
  }
}

function reserve(model: StockModel, command: ReserveCommand): Outcome {
  const { merchantId, id, qty, allowPartial } = command;
  const record = model.record(merchantId, id);
  if (record === undefined) return no({ reason: 'INVENTORY_NOT_FOUND' });
  const { available } = record;
  const reserved = Math.min(qty, available);
  if (allowPartial ? available < 1 : qty > available) {
    return no({ reason: 'INSUFFICIENT_STOCK', requested: qty, available });
  }
  const expiresAt = record.reserve(reserved, stated(model, command), command);
  return ok({
    stock: record.figures(),
    ...ending(model, expiresAt),
    ...(allowPartial ? { line: { id, requested: qty, reserved } } : {}),
  });
}

/** The instant until which a call wants its holds; null: open-ended; undefined: the call does not say. */
function stated(model: StockModel, { ttlSeconds, openEnded }: Term): number | null | undefined {
  if (openEnded) return null;
  return ttlSeconds === undefined ? undefined : model.now + ttlSeconds;
}

/** The expiry, in the form of answers. */
function ending(model: StockModel, expiresAt: number | null | undefined): { expiresAtMs?: number } {
  return expiresAt == null ? {} : { expiresAtMs: NOW_MS + (expiresAt - model.now) * 1000 };
}

function setHold(model: StockModel, command: SetHoldCommand): Outcome {
  const { merchantId, id, qty, reference } = command;
  const record = model.record(merchantId, id);
  if (record === undefined) return no({ reason: 'INVENTORY_NOT_FOUND' });
  const requested = qty - record.held(reference);
  const { available } = record;
  if (requested > available) return no({ reason: 'INSUFFICIENT_STOCK', requested, available });
  set(model, record, qty, command);
  return ok({ stock: record.figures(), ...ending(model, record.find(reference)?.expiresAt) });
}

function setOrder(model: StockModel, command: SetOrderCommand): Outcome {
  const { merchantId, reference } = command;
  const { unknown, lines, short, units } = serve(model, command, reference);
  if (unknown !== undefined) return no(unknown);
  if (short.length > 0) return no({ reason: 'INSUFFICIENT_STOCK', shortLines: short });
  const others = model
    .recordsOf(merchantId)
    .filter((record) => record.held(reference) > 0 && !units.has(record));
  const stocks = [...units.keys(), ...others].map((record) => {
    set(model, record, units.get(record) ?? 0, command);
    return { ...record.figures(), ...ending(model, record.find(reference)?.expiresAt) };
  });
  const ends = stocks.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  return ok({ lines, stocks, ...(ends.length === 0 ? {} : { expiresAtMs: Math.min(...ends) }) });
}

/** Reserves or releases the difference, if there is one; then sets the time, if one is stated. */
function set(
  model: StockModel,
  record: ModelRecord,
  qty: number,
  command: SetHoldCommand | SetOrderCommand,
): void {
  const { merchantId, reference } = command;
  const missing = qty - record.held(reference);
  if (missing > 0) record.reserve(missing, undefined, command);
  if (missing < 0) {
    record.draw('release', -missing, command);
    model.orders.note(merchantId, reference, 'released');
  }
  const hold = record.find(reference);
  const term = stated(model, command);
  if (hold !== undefined && term !== undefined) hold.expiresAt = term;
}

function draw(model: StockModel, command: ReleaseCommand | ConfirmCommand): Outcome {
  const { merchantId, id, qty, reference, kind } = command;
  const record = model.record(merchantId, id);
  if (record === undefined) return no({ reason: 'INVENTORY_NOT_FOUND' });
  const reserved = record.drawable(reference);
  if (qty > reserved) {
    const rejection = { reason: 'INSUFFICIENT_RESERVED', requested: qty, reserved, reference } as const;
    return no(kind === 'release' ? rejection : { ...rejection, verb: kind });
  }
  for (const drawn of record.draw(kind, qty, command)) {
    model.orders.note(merchantId, drawn, kind === 'release' ? 'released' : 'confirmed');
  }
  return ok({ stock: record.figures() });
}

function reserveOrder(model: StockModel, command: ReserveOrderCommand): Outcome {
  const { reference, allowPartial } = command;
  const { unknown, lines, short, units } = serve(model, command);
  if (unknown !== undefined) return no(unknown);
  const nothing = lines.every(({ reserved }) => reserved === 0);
  if (short.length > 0 && (nothing || !allowPartial)) {
    return no({ reason: 'INSUFFICIENT_STOCK', shortLines: short });
  }
  const stocks = [...units].map(([record, qty]) => {
    if (qty > 0) record.reserve(qty, stated(model, command), command);
    return { ...record.figures(), ...ending(model, record.find(reference)?.expiresAt) };
  });
  const ends = stocks.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  return ok({ lines, stocks, ...(ends.length === 0 ? {} : { expiresAtMs: Math.min(...ends) }) });
}

/** An order's units by record: all that it holds, or those of the lines; or why the lines are refused. */
function unitsOf(
  model: StockModel,
  command: ReleaseOrderCommand | ConfirmOrderCommand | MoveOrderCommand,
  verb: OrderVerb,
): Map<ModelRecord, number> | Outcome {
  const { merchantId, reference, lines } = command;
  const ids = [...new Set(lines?.map(({ id }) => id))];
  const unknown = ids.filter((id) => model.record(merchantId, id) === undefined);
  if (unknown.length > 0) return no({ reason: 'INVENTORY_NOT_FOUND', ids: unknown });
  const held = model.recordsOf(merchantId).filter((record) => record.held(reference) > 0);
  if (held.length === 0) return no({ reason: model.orders.ended(merchantId, reference), reference });
  if (lines === undefined) return new Map(held.map((record) => [record, record.held(reference)]));
  const asked = ids.map((id) => ({
    id,
    requested: lines.reduce((sum, line) => sum + (line.id === id ? line.qty : 0), 0),
    reserved: model.record(merchantId, id)!.held(reference),
  }));
  const unheldLines = asked.filter(({ requested, reserved }) => requested > reserved);
  if (unheldLines.length > 0) return no({ reason: 'INSUFFICIENT_RESERVED', reference, verb, unheldLines });
  asked.sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(asked.map(({ id, requested }) => [model.record(merchantId, id)!, requested]));
}

function linesOf(units: ReadonlyMap<ModelRecord, number>) {
  return [...units].map(([{ id }, qty]) => ({ id, qty }));
}

function endOrder(model: StockModel, command: ReleaseOrderCommand | ConfirmOrderCommand): Outcome {
  const { merchantId, reference, kind } = command;
  const verb = kind === 'release_order' ? 'release' : 'confirm';
  const units = unitsOf(model, command, verb);
  if (!(units instanceof Map)) return units;
  for (const [record, qty] of units) {
    record.draw(verb, qty, command);
    model.orders.note(merchantId, reference, verb === 'release' ? 'released' : 'confirmed');
  }
  return ok({ ended: linesOf(units), stocks: [...units.keys()].map((record) => record.figures()) });
}

function extendOrder(model: StockModel, command: ExtendOrderCommand): Outcome {
  const { merchantId, reference, records: named } = command;
  const ids = [...new Set(named)];
  const unknown = ids.filter((id) => model.record(merchantId, id) === undefined);
  if (unknown.length > 0) return no({ reason: 'INVENTORY_NOT_FOUND', ids: unknown });
  const held = model.recordsOf(merchantId).filter((record) => record.held(reference) > 0);
  if (held.length === 0) return no({ reason: model.orders.ended(merchantId, reference), reference });
  const unheldLines = ids
    .filter((id) => model.record(merchantId, id)!.held(reference) === 0)
    .map((id) => ({ id, requested: 1, reserved: 0 }));
  if (unheldLines.length > 0) {
    return no({ reason: 'INSUFFICIENT_RESERVED', reference, verb: 'extend', unheldLines });
  }
  for (const record of held) {
    if (named === undefined || named.includes(record.id)) {
      record.find(reference)!.expiresAt = stated(model, command)!;
    }
  }
  return ok({
    extended: held.map((record) => ({
      id: record.id,
      qty: record.held(reference),
      expiresAtMs: ending(model, record.find(reference)!.expiresAt).expiresAtMs ?? null,
    })),
    left: model.recordsOf(merchantId).flatMap((record) => record.left(reference) ?? []),
  });
}

function moveOrder(model: StockModel, command: MoveOrderCommand): Outcome {
  const { merchantId, reference, toReference } = command;
  const units = unitsOf(model, command, 'move');
  if (!(units instanceof Map)) return units;
  const stocks = [...units].map(([record, qty]) => {
    const ends = record.move(qty, toReference, stated(model, command), command);
    model.orders.note(merchantId, reference, 'released');
    return { ...record.figures(), ...ending(model, ends) };
  });
  const ends = stocks.flatMap(({ expiresAtMs }) => expiresAtMs ?? []);
  const first = ends.length === 0 ? {} : { expiresAtMs: Math.min(...ends) };
  return ok({ moved: linesOf(units), stocks, ...first });
}

function batchAdjust(model: StockModel, { merchantId, lines, actor }: BatchAdjustCommand): Outcome {
  const ids = [...new Set(lines.map((line) => line.id))];
  const unknown = ids.filter((id) => model.record(merchantId, id) === undefined);
  return unknown.length > 0
    ? no({ reason: 'INVENTORY_NOT_FOUND', ids: unknown })
    : adjust(model, lines, { merchantId, actor }, true);
}

/** Tries all lines on copies of the records; a line that fails has no effect on those after it. */
function adjust(
  model: StockModel,
  lines: readonly AdjustmentLine[],
  { merchantId, actor }: { merchantId: string; actor: string },
  many: boolean,
): Outcome {
  const copies = new Map<string, ModelRecord>();
  const lost: string[] = [];
  const stale = [];
  const negative = [];
  const violations = [];
  const adjusted: AdjustedStock[] = [];
  for (const [line, { id, qty, expectedOnHandQty: expected, ...of }] of lines.entries()) {
    const record = copies.get(id) ?? model.record(merchantId, id)?.copy();
    if (record === undefined) return no({ reason: 'INVENTORY_NOT_FOUND' });
    copies.set(id, record);
    const { onHand, reserved } = record;
    const least = of.releaseShortfall === true ? 0 : reserved;
    if (expected !== undefined && expected !== onHand) stale.push({ line, id, expected, onHand });
    else if (onHand + qty < least) negative.push({ line, id, onHand, reserved, change: qty });
    else if (onHand + qty > QTY_MAX) {
      const description = `must not bring the units on hand above ${QTY_MAX}`;
      violations.push({ field: many ? `lines[${line}].qty` : 'qty', description });
    } else {
      const shortfall = record.lose(Math.max(0, reserved - onHand - qty), actor);
      for (const { reference } of shortfall) lost.push(reference);
      record.adjust(of.action, qty, { ...of, actor });
      adjusted.push({ ...toldAdjusted(record), ...(shortfall.length > 0 ? { shortfall } : {}) });
    }
  }
  if (stale[0] !== undefined) {
    const { expected, onHand } = stale[0];
    return no({ reason: 'STALE_QUANTITY', expected, onHand, ...(many ? { lines: stale } : {}) });
  }
  if (negative[0] !== undefined) {
    const { onHand, reserved, change } = negative[0];
    return no({ reason: 'NEGATIVE_STOCK', onHand, reserved, change, ...(many ? { lines: negative } : {}) });
  }
  if (violations.length > 0) return no({ reason: 'VALIDATION_FAILED', violations });
  for (const copy of copies.values()) model.add(merchantId, copy);
  for (const reference of lost) model.orders.note(merchantId, reference, 'released');
  return ok({ adjusted });
}

function setOnHand(model: StockModel, command: SetOnHandCommand): Outcome {
  const { kind: _, qty, ...of } = command;
  const record = model.record(command.merchantId, command.id);
  if (record?.onHand === qty) return ok({ adjusted: [toldAdjusted(record)] });
  const change = qty - (record?.onHand ?? 0);
  return adjust(model, [{ ...of, qty: change, action: 'ADJUSTED' }], command, false);
}

function toldAdjusted(record: ModelRecord): AdjustedStock {
  const { productId, warehouseId } = record.identity;
  const { warehouseName } = record.description;
  return {
    ...record.figures(),
    productId,
    warehouseId,
    warehouseName,
    lastAdjustedAtMs: NOW_MS,
    lastAdjustedBy: record.lastAdjustedBy,
  };
}

function create(model: StockModel, command: CreateRecordCommand): Outcome {
  const { merchantId, id, initialQty, details, notes, actor } = command;
  if (initialQty < 0) return no({ reason: 'NEGATIVE_STOCK', onHand: 0, reserved: 0, change: initialQty });
  if (model.record(merchantId, id) !== undefined) return no({ reason: 'INVENTORY_ALREADY_EXISTS', id });
  if (twin(model, merchantId, details) !== undefined) return no({ reason: 'INVENTORY_ALREADY_EXISTS' });
  const record = newRecord(id, details, initialQty, actor);
  record.note('RECEIVED', initialQty, 0, { reference: '', notes, actor });
  model.add(merchantId, record);
  return ok({ record: told(record) });
}

function receive(model: StockModel, command: ReceiveRecordCommand): Outcome {
  const { merchantId, line } = command;
  if (line === undefined) return receiveAnew(model, command);
  const done = model.linesOf(merchantId);
  const { content, file } = line;
  if (done.some((one) => one.content === content)) {
    return ok({ received: { effect: 'done_before', doneAtMs: NOW_MS } });
  }
  const other = done.some(({ number }) => number === line.number);
  if (file === 'changed' || (other && file === undefined)) {
    return ok({ received: { effect: 'said_otherwise', doneAtMs: other ? NOW_MS : null } });
  }
  const outcome = receiveAnew(model, command);
  if (outcome.ok) done.push(line);
  return outcome;
}

function receiveAnew(model: StockModel, command: ReceiveRecordCommand): Outcome {
  const { merchantId, newId, qty, details, actor } = command;
  const record = twin(model, merchantId, details);
  const taken = idTaken(model, command, record);
  if (taken !== undefined) return taken;
  if (record === undefined) {
    const created = newRecord(newId, details, qty, actor);
    created.note('RECEIVED', qty, 0, command);
    model.add(merchantId, created);
    return ok({ received: { id: newId, effect: 'created' } });
  }
  if (qty === 0) return ok({ received: { id: record.id, effect: 'unchanged' } });
  if (record.onHand + qty > QTY_MAX) {
    const description = `must not bring the units on hand above ${QTY_MAX}`;
    return no({ reason: 'VALIDATION_FAILED', violations: [{ field: 'qty', description }] });
  }
  record.adjust('RECEIVED', qty, command);
  return ok({ received: { id: record.id, effect: 'restocked' } });
}

function count(model: StockModel, command: CountRecordCommand): Outcome {
  const { merchantId, newId, qty, details, actor } = command;
  const record = twin(model, merchantId, details);
  const taken = idTaken(model, command, record);
  if (taken !== undefined) return taken;
  if (record === undefined) {
    const created = newRecord(newId, details, qty, actor);
    created.note('RECEIVED', qty, 0, command);
    model.add(merchantId, created);
    return ok({ counted: { id: newId, effect: 'created', difference: qty } });
  }
  const { id, onHand, reserved } = record;
  const difference = qty - onHand;
  if (qty < reserved) return no({ reason: 'NEGATIVE_STOCK', onHand, reserved, change: difference });
  if (difference !== 0) record.adjust('ADJUSTED', difference, command);
  return ok({ counted: { id, effect: difference === 0 ? 'unchanged' : 'adjusted', difference } });
}

/** The rejection of a line whose id belongs to another record, or whose record has another id; undefined: neither. */
function idTaken(
  model: StockModel,
  { merchantId, id }: ReceiveRecordCommand | CountRecordCommand,
  record: ModelRecord | undefined,
): Outcome | undefined {
  if (id === undefined || record?.id === id) return undefined;
  if (record !== undefined) return no({ reason: 'INVENTORY_ALREADY_EXISTS' });
  return model.record(merchantId, id) && no({ reason: 'INVENTORY_ALREADY_EXISTS', id });
}

function update(model: StockModel, { merchantId, id, update }: UpdateRecordCommand): Outcome {
  const record = model.record(merchantId, id);
  if (record === undefined) return no({ reason: 'INVENTORY_NOT_FOUND' });
  record.description = { ...record.description, ...update };
  return ok({ record: told(record) });
}

function twin(model: StockModel, merchantId: string, wanted: RecordDetails): ModelRecord | undefined {
  return model
    .recordsOf(merchantId)
    .find(
      ({ identity }) =>
        identity.productId === wanted.productId &&
        identity.skuId === wanted.skuId &&
        identity.warehouseId === wanted.warehouseId,
    );
}

function newRecord(id: string, details: RecordDetails, onHand: number, actor: string): ModelRecord {
  const { productId, skuId, warehouseId, ...description } = details;
  return new ModelRecord(id, { productId, skuId, warehouseId }, description, onHand, actor);
}

function told(record: ModelRecord) {
  return {
    ...record.figures(),
    ...record.identity,
    ...record.description,
    lastAdjustedAtMs: NOW_MS,
    lastAdjustedBy: record.lastAdjustedBy,
    createdAtMs: NOW_MS,
    updatedAtMs: NOW_MS,
  };
}

function ok(success: Success): Outcome {
  return { ok: true, ...success };
}

function no(rejection: Rejection): Outcome {
  return { ok: false, rejection };
}
