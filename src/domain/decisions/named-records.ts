import type { OrderLine } from '../command.js';
import type { HeldFigures } from '../outcome.js';
import { figures, type Stock } from '../stock.js';
import type { RecordView, World } from './decision.js';

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
export function heldFigures(
  stock: Stock,
  hold: { readonly expiresAtMs: number | null } | undefined,
): HeldFigures {
  const expiresAtMs = hold?.expiresAtMs ?? null;
  return expiresAtMs === null ? figures(stock) : { expiresAtMs, ...figures(stock) };
}
