import type { SetHoldCommand } from '../command.js';
import type { StockSuccess } from '../outcome.js';
import { availableQty, figures } from '../stock.js';
import {
  type Changes,
  type Decision,
  type RecordChange,
  type RecordView,
  reject,
  type TermChange,
  type World,
} from './decision.js';
import { drawFrom } from './release-confirm.js';
import { reserveUnits } from './reserve.js';
import { setTerm } from './set-term.js';
import { boundWith, expiryAsSet, statedExpiry } from './term.js';

/** Sets the units that a reference holds of one record: reserves what is missing, or releases what is too much. */
export function decideSetHold<R extends RecordView>(
  command: SetHoldCommand,
  world: World<R>,
): Decision<R, StockSuccess> {
  const record = world.record(command.id);
  if (record === undefined) return reject({ reason: 'INVENTORY_NOT_FOUND' });
  const requested = missingQty(record, command.qty, command.reference);
  const available = availableQty(record.stock);
  if (requested > available) return reject({ reason: 'INSUFFICIENT_STOCK', requested, available });
  const set = setUnits(record, command.qty, statedExpiry(command, world.nowMs), command);
  const { stock, expiresAtMs } = set.after;
  return {
    accepted: true,
    changes: changesOf([set]),
    success: { stock: figures(stock), ...(expiresAtMs === null ? {} : { expiresAtMs }) },
  };
}

/** Units to reserve, so that the reference holds `qty`; negative where it holds more. */
export function missingQty(record: RecordView, qty: number, reference: string): number {
  return qty - (record.hold(reference)?.qty ?? 0);
}

/** What becomes of one record: its quantities change, or only the term of the hold, or neither. */
export interface SetUnits<R extends RecordView> {
  readonly change?: RecordChange<R>;
  readonly term?: TermChange<R>;
  readonly after: Pick<RecordChange, 'stock'> & {
    /** Of the hold; null where it is open-ended, or has ended. */
    readonly expiresAtMs: number | null;
  };
}

/** Sets the units under the command's reference; the caller has checked that enough are available. */
export function setUnits<R extends RecordView>(
  record: R,
  qty: number,
  stated: number | null | undefined,
  command: { reference: string; notes: string; actor: string },
): SetUnits<R> {
  const held = record.hold(command.reference);
  const expiresAtMs = qty === 0 ? null : expiryAsSet(held, stated);
  const missing = missingQty(record, qty, command.reference);
  if (missing === 0) {
    const { stock } = record;
    if (held === undefined || held.expiresAtMs === expiresAtMs) return { after: { stock, expiresAtMs } };
    const term = setTerm(record, held, expiresAtMs);
    return { term, after: { stock: term.stock, expiresAtMs } };
  }
  const change =
    missing > 0
      ? reserveUnits(record, missing, stated, command)
      : drawFrom(record, record.stock, held!, -missing, 'release', command);
  const stock = { ...change.stock, nextExpiryAtMs: boundWith(record.stock.nextExpiryAtMs, expiresAtMs) };
  const holds = change.holds.map((hold) => ({ ...hold, expiresAtMs }));
  return { change: { ...change, stock, holds }, after: { stock, expiresAtMs } };
}

export function changesOf<R extends RecordView>(sets: readonly SetUnits<R>[]): Changes<R> {
  return {
    records: sets.flatMap(({ change }) => change ?? []),
    terms: sets.flatMap(({ term }) => term ?? []),
  };
}
