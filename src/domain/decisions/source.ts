import type { SourcedLine } from '../command.js';
import type { ReservedLine } from '../outcome.js';
import type { Claims } from './claims.js';
import type { RecordView } from './decision.js';

/** The most records that one line may choose from. */
export const SOURCE_RECORDS_MAX = 100;

/** A record that a line may be taken from. */
export interface Candidate<R extends RecordView = RecordView> {
  readonly record: R;
  readonly warehouseId: string;
}

/** What a line got, and what it would have needed. */
export interface SourcedShare {
  readonly line: ReservedLine;
  /** Units that are missing, and how many of these could have been had under the line's rule; undefined: it is whole. */
  readonly short: { readonly requested: number; readonly available: number } | undefined;
}

/**
 * Chooses the records of a line, and claims their units: as many as there are, if it is short. Units that are held
 * already are chosen first, so that a line that is set again stays where it is.
 */
export function chooseRecords(
  line: SourcedLine,
  candidates: readonly Candidate[],
  claims: Claims,
): SourcedShare {
  const ordered = inOrder(line, candidates, claims);
  return line.split ? shareOfMany(line, ordered, claims) : shareOfOne(line, ordered, claims);
}

/** By the caller's preference; without one, by most units first. Ties by id. */
function inOrder(
  { warehouseIds }: SourcedLine,
  candidates: readonly Candidate[],
  claims: Claims,
): readonly Candidate[] {
  const preference = new Map(warehouseIds.map((id, place) => [id, place]));
  const rank = ({ record, warehouseId }: Candidate): number => {
    if (warehouseIds.length > 0) return preference.get(warehouseId)!;
    const { held, free } = claims.of(record);
    return -(held + free);
  };
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .sort((a, b) => a.rank - b.rank || byId(a.candidate, b.candidate))
    .map(({ candidate }) => candidate);
}

function byId(a: Candidate, b: Candidate): number {
  return a.record.stock.id < b.record.stock.id ? -1 : 1;
}

/** The first record that has all of it: one that holds all already, or some, comes before the others. */
function shareOfOne(line: SourcedLine, ordered: readonly Candidate[], claims: Claims): SourcedShare {
  const { qty } = line;
  const unclaimed = ordered.map(({ record }) => claims.of(record));
  const first =
    ordered.find((_, i) => unclaimed[i]!.held >= qty) ??
    ordered.find((_, i) => unclaimed[i]!.held > 0 && unclaimed[i]!.held + unclaimed[i]!.free >= qty) ??
    ordered.find((_, i) => unclaimed[i]!.held + unclaimed[i]!.free >= qty);
  if (first !== undefined) {
    return { line: lineOf(line, [[first, claims.take(first.record, qty)]]), short: undefined };
  }
  let most: { candidate: Candidate; held: number; free: number } | undefined;
  for (const [i, candidate] of ordered.entries()) {
    const { held, free } = unclaimed[i]!;
    if (most === undefined || held + free > most.held + most.free) most = { candidate, held, free };
  }
  if (most === undefined) return { line: lineOf(line, []), short: { requested: qty, available: 0 } };
  const { candidate, held, free } = most;
  return {
    line: lineOf(line, [[candidate, claims.take(candidate.record, qty)]]),
    short: { requested: qty - held, available: free },
  };
}

/** From each record in order what it has, until the line is whole: first what is held, then what is available. */
function shareOfMany(line: SourcedLine, ordered: readonly Candidate[], claims: Claims): SourcedShare {
  const kept = new Map<Candidate, number>();
  let left = line.qty;
  for (const candidate of ordered) {
    const units = claims.keep(candidate.record, left);
    kept.set(candidate, units);
    left -= units;
  }
  const requested = left;
  const shares = ordered.map((candidate): [Candidate, number] => {
    const added = claims.take(candidate.record, left);
    left -= added;
    return [candidate, kept.get(candidate)! + added];
  });
  return {
    line: lineOf(line, shares),
    short: left === 0 ? undefined : { requested, available: requested - left },
  };
}

function lineOf({ qty, of }: SourcedLine, shares: readonly (readonly [Candidate, number])[]): ReservedLine {
  const records = shares
    .filter(([, units]) => units > 0)
    .map(([{ record, warehouseId }, units]) => ({ id: record.stock.id, warehouseId, qty: units }));
  return {
    id: records[0]?.id ?? '',
    requested: qty,
    reserved: records.reduce((sum, units) => sum + units.qty, 0),
    source: { of, records },
  };
}
