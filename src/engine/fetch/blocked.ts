import type { Command } from '../../domain/command.js';
import { mapName } from '../../domain/map-name.js';
import type { Transaction } from '../../store/connection/transaction.js';
import { findStockLevels, type RecordKey } from '../../store/tables/stock-levels.js';
import { Blocked } from '../scheduler/entry.js';
import type { Claim } from '../scheduler/executor.js';
import type { Submission } from '../submission.js';
import { identityName } from './fetch-plan.js';
import { orderOf } from './order-of.js';
import { recordsNamed } from './records-named.js';
import { candidateRecords, sourcedLines, sourceName } from './sources.js';
import type { WantedRecords } from './wanted-records.js';

/** The records that were wanted, are there, and could not be locked: somebody else has them. */
export async function blockedRecords(
  tx: Transaction,
  wanted: readonly RecordKey[],
  locked: readonly RecordKey[],
): Promise<ReadonlySet<string>> {
  const had = new Set(locked.map(({ merchantId, id }) => mapName(merchantId, id)));
  const missing = wanted.filter(({ merchantId, id }) => !had.has(mapName(merchantId, id)));
  const there = await findStockLevels(tx, missing);
  return new Set(there.map(({ merchantId, id }) => mapName(merchantId, id)));
}

/**
 * For each command that needs one of the blocked records: which, and all that it needs. A later command of the same stream or
 * batch that shares a record with it must not overtake it: it is blocked, too.
 */
export function findBlocked(
  submissions: readonly Submission[],
  blocked: ReadonlySet<string>,
  wanted: WantedRecords,
): ReadonlyMap<Submission, Blocked> {
  const found = new Map<Submission, Blocked>();
  const held = recordsByOrder(wanted);
  const ahead = new Map<string, Blocked[]>();
  for (const submission of submissions) {
    const names = recordsNeeded(submission.command, wanted, held);
    const earlier = submission.sequence === undefined ? undefined : ahead.get(submission.sequence);
    const name = names.find((needed) => blocked.has(needed)) ?? lackedByOne(earlier, names);
    if (name === undefined) continue;
    const one = new Blocked(name, names);
    found.set(submission, one);
    if (submission.sequence === undefined) continue;
    if (earlier === undefined) ahead.set(submission.sequence, [one]);
    else earlier.push(one);
  }
  return found;
}

/** What the first of these lacks that shares a record with the names. */
function lackedByOne(earlier: readonly Blocked[] | undefined, names: readonly string[]): string | undefined {
  return earlier?.find((one) => one.names.some((name) => names.includes(name)))?.name;
}

/** For each command that is refused one of its records: which, and all that it needs. */
export function findRefused(
  submissions: readonly Submission[],
  claim: Claim,
  wanted: WantedRecords,
): ReadonlyMap<Submission, Blocked> {
  const refused = new Map<Submission, Blocked>();
  const held = recordsByOrder(wanted);
  for (const submission of submissions) {
    const names = recordsNeeded(submission.command, wanted, held);
    const name = claim(names);
    if (name !== undefined) refused.set(submission, new Blocked(name, names, true));
  }
  return refused;
}

/** The records that the command names, or that were found for it before the locks. */
function recordsNeeded(
  command: Command,
  wanted: WantedRecords,
  held: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const { merchantId } = command;
  const named = recordsNamed(command);
  if (command.kind === 'receive_record' || command.kind === 'count_record') {
    const identity = identityName(merchantId, command.details);
    const record = wanted.found.find((one) => identityName(one.merchantId, one) === identity);
    return record === undefined ? named : [...named, mapName(merchantId, record.id)];
  }
  const order = orderOf(command);
  const ofOrder = order === undefined ? undefined : held.get(mapName(merchantId, order));
  const found = [...(ofOrder ?? []), ...recordsToChoose(command, wanted)];
  return found.length === 0 ? named : [...new Set([...named, ...found])];
}

/** The records that each order held units of, by merchant and reference. */
function recordsByOrder({ held }: WantedRecords): ReadonlyMap<string, readonly string[]> {
  const byOrder = new Map<string, string[]>();
  for (const { merchantId, reference, id } of held) {
    const order = mapName(merchantId, reference);
    const records = byOrder.get(order);
    if (records === undefined) byOrder.set(order, [mapName(merchantId, id)]);
    else records.push(mapName(merchantId, id));
  }
  return byOrder;
}

/** The records that its lines may choose from. */
function recordsToChoose(command: Command, { sources }: WantedRecords): readonly string[] {
  const { merchantId } = command;
  const names = new Set(sourcedLines(command).map((line) => sourceName(merchantId, line)));
  if (names.size === 0) return [];
  const own = sources.filter((source) => names.has(sourceName(source.merchantId, source)));
  return candidateRecords(own).map(({ id }) => mapName(merchantId, id));
}
