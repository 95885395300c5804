import type { OrderLine, ReserveOrderCommand } from '../command.js';
import type { ShortLine } from '../failure.js';
import type { Hold } from '../hold.js';
import type { HeldFigures, ReservedLine, ReservedOrderSuccess } from '../outcome.js';
import { availableQty, figures, type Stock } from '../stock.js';
import { type Decision, type RecordChange, type RecordView, reject, type World } from './decision.js';
import { reserveUnits } from './reserve.js';
import { firstExpiry, statedExpiry } from './term.js';

/** Reserves all lines, or none. A record named twice counts with the sum and changes once. */
export function decideReserveOrder<R extends RecordView>(
  command: ReserveOrderCommand,
  world: World<R>,
): Decision<R, ReservedOrderSuccess> {
  const named = recordsOf(command.lines, world);
  if (!named.found) return reject({ reason: 'INVENTORY_NOT_FOUND', ids: named.unknown });
  const { wanted, records } = named;
  const shortLines = shortOf(wanted, records);
  const nothing = shortLines.length === wanted.size && shortLines.every((line) => line.available === 0);
  if (shortLines.length > 0 && (nothing || !command.allowPartial)) {
    return reject({ reason: 'INSUFFICIENT_STOCK', shortLines });
  }
  const lines = allot(command.lines, records);
  const stated = statedExpiry(command, world.nowMs);
  const changes: RecordChange<R>[] = [];
  const stocks: HeldFigures[] = [];
  for (const [id, record] of records) {
    const qty = Math.min(wanted.get(id)!, availableQty(record.stock));
    const change = qty === 0 ? undefined : reserveUnits(record, qty, stated, command);
    if (change !== undefined) changes.push(change);
    stocks.push(
      heldFigures(change?.stock ?? record.stock, change?.holds[0] ?? record.hold(command.reference)),
    );
  }
  const success = { lines, stocks, ...firstExpiry(stocks) };
  return { accepted: true, changes: { records: changes }, success };
}

type NamedRecords<R> =
  | { readonly found: false; readonly unknown: readonly string[] }
  | {
      readonly found: true;
      readonly wanted: ReadonlyMap<string, number>;
      readonly records: ReadonlyMap<string, R>;
    };

/** The records that lines name, each once, with the sum of its lines; or those that do not exist. */
export function recordsOf<R extends RecordView>(
  lines: readonly OrderLine[],
  world: World<R>,
): NamedRecords<R> {
  const wanted = new Map<string, number>();
  for (const { id, qty } of lines) wanted.set(id, (wanted.get(id) ?? 0) + qty);
  const records = new Map<string, R>();
  const unknown: string[] = [];
  for (const id of wanted.keys()) {
    const record = world.record(id);
    if (record === undefined) unknown.push(id);
    else records.set(id, record);
  }
  return unknown.length > 0 ? { found: false, unknown } : { found: true, wanted, records };
}

/** A record's figures, with the expiry of the hold, if it has one. */
export function heldFigures(stock: Stock, hold: Pick<Hold, 'expiresAtMs'> | undefined): HeldFigures {
  const expiresAtMs = hold?.expiresAtMs ?? null;
  return { ...figures(stock), ...(expiresAtMs === null ? {} : { expiresAtMs }) };
}

function shortOf(wanted: ReadonlyMap<string, number>, records: ReadonlyMap<string, RecordView>): ShortLine[] {
  const short: ShortLine[] = [];
  for (const [id, requested] of wanted) {
    const available = availableQty(records.get(id)!.stock);
    if (requested > available) short.push({ id, requested, available });
  }
  return short;
}

/** Gives each line the units that the lines before it have left. */
function allot(lines: readonly OrderLine[], records: ReadonlyMap<string, RecordView>): ReservedLine[] {
  const left = new Map<string, number>();
  return lines.map(({ id, qty }) => {
    const available = left.get(id) ?? availableQty(records.get(id)!.stock);
    const reserved = Math.min(qty, available);
    left.set(id, available - reserved);
    return { id, requested: qty, reserved };
  });
}
