import type { AdjustCommand, Adjustment, BatchAdjustCommand } from '../command.js';
import type {
  NegativeLine,
  NegativeStock,
  Rejection,
  StaleLine,
  StaleQuantity,
  ValidationFailed,
} from '../failure.js';
import type { AdjustedStock, AdjustedSuccess } from '../outcome.js';
import { figures, QTY_MAX, type Stock } from '../stock.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';

/**
 * Changes the units on hand: never below the reserved ones, and only from the figure that the caller expects, if given.
 */
export function decideAdjust<R extends RecordView>(
  command: AdjustCommand,
  world: World<R>,
): Decision<R, AdjustedSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const fault = faultOf(command, record.stock, 'qty');
  if (fault !== undefined) return reject(fault);
  const change = adjustUnits(record, record.stock, command, command);
  const adjusted = [adjustedStock(record, change.stock, command.actor, world)];
  return { accepted: true, changes: { records: [change] }, success: { adjusted } };
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

  const stocks = new Map<string, Stock>();
  const changes: RecordChange<R>[] = [];
  const adjusted: AdjustedStock[] = [];
  const faults: LineFault[] = [];
  for (const [index, line] of lines.entries()) {
    const record = world.record(line.id)!;
    const stock = stocks.get(line.id) ?? record.stock;
    const fault = faultOf(line, stock, `lines[${index}].qty`);
    if (fault !== undefined) {
      faults.push({ line: index, id: line.id, fault });
      continue;
    }
    const change = adjustUnits(record, stock, line, { notes: line.notes, actor });
    stocks.set(line.id, change.stock);
    changes.push(change);
    adjusted.push(adjustedStock(record, change.stock, actor, world));
  }
  if (faults.length > 0) return reject(together(faults));
  return { accepted: true, changes: { records: changes }, success: { adjusted } };
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
  { qty, expectedOnHandQty }: Adjustment,
  stock: Stock,
  field: string,
): Fault | undefined {
  const { onHandQty, reservedQty } = stock;
  if (expectedOnHandQty !== undefined && expectedOnHandQty !== onHandQty) {
    return { reason: 'STALE_QUANTITY', expected: expectedOnHandQty, onHand: onHandQty };
  }
  const left = onHandQty + qty;
  if (left < reservedQty) {
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
  { qty, action, reference }: Adjustment,
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
