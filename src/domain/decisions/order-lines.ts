import type { OrderLine, SourcedLine, SourceName } from '../command.js';
import type { FieldViolation, Rejection, ShortLine } from '../failure.js';
import type { ReservedLine } from '../outcome.js';
import { Claims } from './claims.js';
import { type RecordView, reject, type SourceView, type World } from './decision.js';
import { ORDER_RECORDS_MAX } from './held-units.js';
import { recordsOf } from './named-records.js';
import { type Candidate, chooseRecords, SOURCE_RECORDS_MAX } from './source.js';

interface Lines {
  readonly lines: readonly OrderLine[];
  readonly sourced?: readonly SourcedLine[] | undefined;
}

/** What the lines of an order come to. */
export interface Allotted<R extends RecordView> {
  readonly accepted: true;
  /** In the order of the request, each with the units that there are for it. */
  readonly lines: readonly ReservedLine[];
  /** Each record once, in the order of the lines, with their units. */
  readonly qtys: ReadonlyMap<R, number>;
  /** Each record that lines name, and each line that leaves the choice, if too few units are available. */
  readonly shortLines: readonly ShortLine[];
}

/**
 * Finds the units for each line, and the records of those that leave the choice. Lines that name a record come first: they
 * have no choice. The others follow in order, each on what those before it left.
 *
 * `keptFor`: units that this reference holds count as found; undefined: all units are added to what is held.
 */
export function allotLines<R extends RecordView>(
  { lines: named, sourced = [] }: Lines,
  world: World<R>,
  keptFor: string | undefined,
): Allotted<R> | { readonly accepted: false; readonly rejection: Rejection } {
  const found = recordsOf(named, world);
  const ids = found.found ? [] : found.unknown;
  const unknown = unknownSources(sourced, world);
  if (unknown.length > 0) return reject({ reason: 'INVENTORY_NOT_FOUND', ids, sources: unknown });
  if (!found.found) return reject({ reason: 'INVENTORY_NOT_FOUND', ids });
  const { wanted, records } = found;
  const violations = tooManyToChooseFrom(sourced, world);
  if (violations.length > 0) return reject({ reason: 'VALIDATION_FAILED', violations });

  const claims = new Claims(keptFor);
  const shortLines: ShortLine[] = [];
  for (const [id, record] of records) {
    const { held, free } = claims.of(record);
    const requested = wanted.get(id)! - held;
    if (requested > free) shortLines.push({ id, requested, available: free });
  }
  const lines: ReservedLine[] = named.map(({ id, qty }) => ({
    id,
    requested: qty,
    reserved: claims.take(records.get(id)!, qty),
  }));
  for (const line of sourced) {
    const { line: found, short } = chooseRecords(line, candidatesOf(line, world), claims);
    if (short !== undefined) shortLines.push({ ...line.of, ...short });
    // Those before it are in their places already.
    lines.splice(line.index, 0, found);
  }
  const qtys = new Map<R, number>();
  const add = (id: string, qty: number): void => {
    const record = world.record(id)!;
    qtys.set(record, (qtys.get(record) ?? 0) + qty);
  };
  for (const { id, reserved, source } of lines) {
    if (source === undefined) add(id, reserved);
    else for (const units of source.records) add(units.id, units.qty);
  }
  return { accepted: true, lines, qtys, shortLines };
}

function candidatesOf<R extends RecordView>(line: SourcedLine, world: World<R>): Candidate<R>[] {
  return world.source(line).candidates.map(({ id, warehouseId }) => ({
    record: world.record(id)!,
    warehouseId,
  }));
}

/** SKUs and products without any record, each once. */
function unknownSources(sourced: readonly SourcedLine[], world: World): SourceName[] {
  const unknown = new Map<string, SourceName>();
  for (const line of sourced) {
    if (!world.source(line).known) unknown.set(JSON.stringify(line.of), line.of);
  }
  return [...unknown.values()];
}

function tooManyToChooseFrom(sourced: readonly SourcedLine[], world: World): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const sources = new Set<SourceView>();
  for (const line of sourced) {
    const source = world.source(line);
    sources.add(source);
    if (source.candidates.length <= SOURCE_RECORDS_MAX) continue;
    const field = `lines[${line.index}].${'skuId' in line.of ? 'skuId' : 'productId'}`;
    const description = `has more than ${SOURCE_RECORDS_MAX} records to choose from; name warehouseIds`;
    violations.push({ field, description });
  }
  const all = [...sources].reduce((sum, { candidates }) => sum + candidates.length, 0);
  if (violations.length === 0 && all > ORDER_RECORDS_MAX) {
    const description = `leave more than ${ORDER_RECORDS_MAX} records to choose from; name warehouseIds`;
    violations.push({ field: 'lines', description });
  }
  return violations;
}
