import type { AdjustCommand, Adjustment, BatchAdjustCommand } from '../command.js';
import type {
  NegativeLine,
  NegativeStock,
  Rejection,
  StaleLine,
  StaleQuantity,
  ValidationFailed,
} from '../failure.js';
import { SHORTFALL_NOTE } from '../movement.js';
import type { AdjustedStock, AdjustedSuccess } from '../outcome.js';
import { figures, QTY_MAX, type Stock } from '../stock.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { drawFrom } from './release-confirm.js';
import { lossesOf, RecordSoFar, SHORTFALL_HOLDS_MAX } from './shortfall.js';

/**
 * Changes the units on hand: never below the reserved ones, unless holds may lose the difference, and only from the
 * figure that the caller expects, if given.
 */
export function decideAdjust<R extends RecordView>(
  command: AdjustCommand,
  world: World<R>,
): Decision<R, AdjustedSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  return decideOne(record, command, command, world);
}

/** Makes one adjustment of a record. */
export function decideOne<R extends RecordView>(
  record: R,
  adjustment: Adjustment,
  by: { readonly notes: string; readonly actor: string },
  world: World<R>,
): Decision<R, AdjustedSuccess> {
  const changes: RecordChange<R>[] = [];
  const soFar = new RecordSoFar(record, changes);
  const done = adjustSoFar(soFar, adjustment, { ...by, field: 'qty', holdsMax: SHORTFALL_HOLDS_MAX }, world);
  if ('reason' in done) return reject(done);
  return { accepted: true, changes: { records: changes }, success: { adjusted: [done] } };
}

/**
 * Makes several adjustments, each on the result of those before it, or none. Always checks all lines, so that the
 * caller learns about each failure. A line that fails does not count for those after it.
 */
export function decideBatchAdjust<R extends RecordView>(
  command: BatchAdjustCommand,
  world: World<R>,
): Decision<R, AdjustedSuccess> {
  const { lines, actor } = command;
  const unknown = new Set(lines.map((line) => line.id).filter((id) => world.record(id) === undefined));
  if (unknown.size > 0) return reject({ reason: 'INVENTORY_NOT_FOUND', ids: [...unknown] });

  const records = new Map<string, RecordSoFar<R>>();
  const changes: RecordChange<R>[] = [];
  const adjusted: AdjustedStock[] = [];
  const faults: LineFault[] = [];
  let holdsMax = SHORTFALL_HOLDS_MAX;
  for (const [index, line] of lines.entries()) {
    const soFar = records.get(line.id) ?? new RecordSoFar(world.record(line.id)!, changes);
    records.set(line.id, soFar);
    const by = { notes: line.notes, actor, field: `lines[${index}].qty`, holdsMax };
    const done = adjustSoFar(soFar, line, by, world);
    if ('reason' in done) faults.push({ line: index, id: line.id, fault: done });
    else {
      adjusted.push(done);
      holdsMax -= done.shortfall?.length ?? 0;
    }
  }
  if (faults.length > 0) return reject(together(faults));
  return { accepted: true, changes: { records: changes }, success: { adjusted } };
}

interface LineBy {
  readonly notes: string;
  readonly actor: string;
  /** Of the request, for a fault. */
  readonly field: string;
  /** Holds that may still lose units. */
  readonly holdsMax: number;
}

/** Makes one adjustment on what those before it left, or tells its fault. */
function adjustSoFar<R extends RecordView>(
  soFar: RecordSoFar<R>,
  adjustment: Adjustment,
  { notes, actor, field, holdsMax }: LineBy,
  world: World<R>,
): AdjustedStock | Fault {
  const fault = faultOf(adjustment, soFar.stock, field);
  if (fault !== undefined) return fault;
  const { onHandQty, reservedQty } = soFar.stock;
  const missing = reservedQty - (onHandQty + adjustment.qty);
  const losses = missing > 0 ? lossesOf(soFar, missing, holdsMax) : [];
  if (losses === undefined) {
    const description = `takes units from more than ${SHORTFALL_HOLDS_MAX} holds; take away less at once`;
    return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
  }
  // The holds first, so that no more units are reserved than are on hand after any of the log's entries.
  const why = { notes: SHORTFALL_NOTE, actor };
  for (const loss of losses) {
    soFar.apply(drawFrom(soFar.record, soFar.stock, loss.hold, loss.qty, 'release', why));
  }
  soFar.apply(adjustUnits(soFar.record, soFar.stock, adjustment, { notes, actor }));
  const stock = adjustedStock(soFar.record, soFar.stock, actor, world);
  if (losses.length === 0) return stock;
  return { ...stock, shortfall: losses.map(({ hold, qty }) => ({ reference: hold.reference, qty })) };
}

type Fault =
  | ({ readonly reason: 'STALE_QUANTITY' } & StaleQuantity)
  | ({ readonly reason: 'NEGATIVE_STOCK' } & NegativeStock)
  | ValidationFailed;

interface LineFault {
  readonly line: number;
  readonly id: string;
  readonly fault: Fault;
}

/** Finds the fault of an adjustment to a record in this state; undefined when there is no fault. */
export function faultOf(
  { qty, expectedOnHandQty, releaseShortfall }: Adjustment,
  stock: Stock,
  field: string,
): Fault | undefined {
  const { onHandQty, reservedQty } = stock;
  if (expectedOnHandQty !== undefined && expectedOnHandQty !== onHandQty) {
    return { reason: 'STALE_QUANTITY', expected: expectedOnHandQty, onHand: onHandQty };
  }
  const left = onHandQty + qty;
  if (left < (releaseShortfall ? 0 : reservedQty)) {
    return { reason: 'NEGATIVE_STOCK', onHand: onHandQty, reserved: reservedQty, change: qty };
  }
  if (left > QTY_MAX) {
    const description = `must not bring the units on hand above ${QTY_MAX}`;
    return { reason: 'VALIDATION_FAILED', violations: [{ field, description }] };
  }
  return undefined;
}

/** Makes one rejection for all lines that share the first reason, in the order state, capacity, bounds. */
function together(faults: readonly LineFault[]): Rejection {
  const stale: StaleLine[] = [];
  const negative: NegativeLine[] = [];
  const invalid: ValidationFailed[] = [];
  for (const { line, id, fault } of faults) {
    if (fault.reason === 'STALE_QUANTITY') {
      stale.push({ line, id, expected: fault.expected, onHand: fault.onHand });
    } else if (fault.reason === 'NEGATIVE_STOCK') {
      negative.push({ line, id, onHand: fault.onHand, reserved: fault.reserved, change: fault.change });
    } else invalid.push(fault);
  }
  const [firstStale] = stale;
  if (firstStale !== undefined) {
    const { expected, onHand } = firstStale;
    return { reason: 'STALE_QUANTITY', expected, onHand, lines: stale };
  }
  const [firstNegative] = negative;
  if (firstNegative !== undefined) {
    const { onHand, reserved, change } = firstNegative;
    return { reason: 'NEGATIVE_STOCK', onHand, reserved, change, lines: negative };
  }
  return { reason: 'VALIDATION_FAILED', violations: invalid.flatMap((fault) => fault.violations) };
}

/** Changes the units on hand; the caller has checked for faults. */
export function adjustUnits<R extends RecordView>(
  record: R,
  stock: Stock,
  { qty, action, reference }: Pick<Adjustment, 'qty' | 'action' | 'reference'>,
  { notes, actor }: { notes: string; actor: string },
): RecordChange<R> {
  const revision = stock.revision + 1;
  return {
    record,
    stock: { ...stock, onHandQty: stock.onHandQty + qty, revision },
    holds: [],
    movement: {
      inventoryId: stock.id,
      revision,
      action,
      onHandDelta: qty,
      reservedDelta: 0,
      reference,
      notes,
      actor,
    },
  };
}

function adjustedStock(record: RecordView, stock: Stock, actor: string, world: World): AdjustedStock {
  const { productId, warehouseId, warehouseName } = record.description!;
  return {
    ...figures(stock),
    productId,
    warehouseId,
    warehouseName,
    lastAdjustedAtMs: world.nowMs,
    lastAdjustedBy: actor,
  };
}
