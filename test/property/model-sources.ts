import type { OrderLine, SourcedLine, SourceName } from '../../src/domain/command.js';
import type { Rejection } from '../../src/domain/failure.js';
import type { ReservedLine, SourcedUnits } from '../../src/domain/outcome.js';
import type { ModelRecord } from './model-record.js';
import type { StockModel } from './stock-model.js';

export interface Lines {
  readonly merchantId: string;
  readonly lines: readonly OrderLine[];
  readonly sourced?: readonly SourcedLine[] | undefined;
}

type Short = Extract<Rejection, { readonly shortLines: unknown }>['shortLines'][number];

/** What each line gets, which lines are short, and which name no record. */
export interface Served {
  readonly unknown: Rejection | undefined;
  readonly lines: readonly ReservedLine[];
  readonly short: readonly Short[];
  /** In the order of the lines, each record once. */
  readonly units: ReadonlyMap<ModelRecord, number>;
}

/** Every unit that lines may take, one by one: those that `keeper` holds come first. */
class Pile {
  readonly kept = new Map<ModelRecord, number>();
  readonly free = new Map<ModelRecord, number>();

  constructor(records: readonly ModelRecord[], keeper: string | undefined) {
    for (const record of records) {
      this.kept.set(record, keeper === undefined ? 0 : record.held(keeper));
      this.free.set(record, record.available);
    }
  }

  all(record: ModelRecord): number {
    return this.kept.get(record)! + this.free.get(record)!;
  }

  take(from: Map<ModelRecord, number>, record: ModelRecord, most: number): number {
    const taken = Math.min(most, from.get(record)!);
    from.set(record, from.get(record)! - taken);
    return taken;
  }

  takeAny(record: ModelRecord, most: number): number {
    const kept = this.take(this.kept, record, most);
    return kept + this.take(this.free, record, most - kept);
  }
}

/** `keeper`: the reference whose held units count for the lines; undefined: all units are taken in addition. */
export function serve(
  model: StockModel,
  { merchantId, lines, sourced = [] }: Lines,
  keeper?: string,
): Served {
  const ids = [...new Set(lines.map(({ id }) => id))];
  const noIds = ids.filter((id) => model.record(merchantId, id) === undefined);
  const noSources = unknownSources(model, merchantId, sourced);
  if (noIds.length + noSources.length > 0) {
    const sources = noSources.length > 0 ? { sources: noSources } : {};
    const unknown: Rejection = { reason: 'INVENTORY_NOT_FOUND', ids: noIds, ...sources };
    return { unknown, lines: [], short: [], units: new Map() };
  }
  const pile = new Pile(model.recordsOf(merchantId), keeper);
  const short: Short[] = [];
  for (const id of ids) {
    const record = model.record(merchantId, id)!;
    const wanted = lines.filter((line) => line.id === id).reduce((sum, line) => sum + line.qty, 0);
    const requested = wanted - pile.kept.get(record)!;
    if (requested > record.available) short.push({ id, requested, available: record.available });
  }
  const served: ReservedLine[] = lines.map(({ id, qty }) => ({
    id,
    requested: qty,
    reserved: pile.takeAny(model.record(merchantId, id)!, qty),
  }));
  for (const line of sourced) {
    const { shares, missing } = shareOut(model, merchantId, line, pile);
    if (missing !== undefined) short.push({ ...line.of, ...missing });
    const records = shares.filter(({ qty }) => qty > 0);
    const reserved = records.reduce((sum, { qty }) => sum + qty, 0);
    const source = { of: line.of, records };
    served.splice(line.index, 0, { id: records[0]?.id ?? '', requested: line.qty, reserved, source });
  }
  const units = new Map<ModelRecord, number>();
  for (const { id, reserved, source } of served) {
    for (const share of source?.records ?? [{ id, qty: reserved }]) {
      const record = model.record(merchantId, share.id)!;
      units.set(record, (units.get(record) ?? 0) + share.qty);
    }
  }
  return { unknown: undefined, lines: served, short, units };
}

function isOf({ identity }: ModelRecord, of: SourceName): boolean {
  if ('skuId' in of) return identity.skuId === of.skuId;
  return identity.skuId === '' && identity.productId === of.productId;
}

function unknownSources(
  model: StockModel,
  merchantId: string,
  sourced: readonly SourcedLine[],
): SourceName[] {
  const unknown = sourced
    .map(({ of }) => of)
    .filter((of) => !model.recordsOf(merchantId).some((record) => isOf(record, of)));
  return unknown.filter(
    (of, i) => unknown.findIndex((one) => JSON.stringify(one) === JSON.stringify(of)) === i,
  );
}

function shareOut(
  model: StockModel,
  merchantId: string,
  { of, qty, warehouseIds, split }: SourcedLine,
  pile: Pile,
): { shares: SourcedUnits[]; missing: { requested: number; available: number } | undefined } {
  const all = model.recordsOf(merchantId).filter((record) => isOf(record, of));
  const inOrder =
    warehouseIds.length > 0
      ? warehouseIds.flatMap((id) => all.filter(({ identity }) => identity.warehouseId === id))
      : [...all].sort((a, b) => pile.all(b) - pile.all(a));
  const share = (record: ModelRecord, units: number): SourcedUnits => ({
    id: record.id,
    warehouseId: record.identity.warehouseId,
    qty: units,
  });
  if (split) {
    let left = qty;
    const kept = inOrder.map((record) => {
      const units = pile.take(pile.kept, record, left);
      left -= units;
      return units;
    });
    const requested = left;
    const shares = inOrder.map((record, i) => {
      const units = pile.take(pile.free, record, left);
      left -= units;
      return share(record, kept[i]! + units);
    });
    return { shares, missing: left === 0 ? undefined : { requested, available: requested - left } };
  }
  const whole = inOrder.filter((record) => pile.all(record) >= qty);
  const chosen =
    whole.find((record) => pile.kept.get(record)! >= qty) ??
    whole.find((record) => pile.kept.get(record)! > 0) ??
    whole[0];
  if (chosen !== undefined) return { shares: [share(chosen, pile.takeAny(chosen, qty))], missing: undefined };
  const [most] = [...inOrder].sort((a, b) => pile.all(b) - pile.all(a));
  if (most === undefined) return { shares: [], missing: { requested: qty, available: 0 } };
  const missing = { requested: qty - pile.kept.get(most)!, available: pile.free.get(most)! };
  return { shares: [share(most, pile.takeAny(most, qty))], missing };
}
