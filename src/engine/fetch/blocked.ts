import type { Command } from '../../domain/command.js';
import { mapName } from '../../domain/map-name.js';
import type { Transaction } from '../../store/connection/transaction.js';
import { findStockLevels, type LockedStock, type RecordKey } from '../../store/tables/stock-levels.js';
import { Blocked } from '../scheduler/entry.js';
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
  locked: readonly LockedStock[],
): Promise<ReadonlySet<string>> {
  const had = new Set(locked.map(({ merchantId, stock }) => mapName(merchantId, stock.id)));
  const missing = wanted.filter(({ merchantId, id }) => !had.has(mapName(merchantId, id)));
  const there = await findStockLevels(tx, missing);
  return new Set(there.map(({ merchantId, id }) => mapName(merchantId, id)));
}

/** For each command that needs one of the blocked records: which, and all that it needs. */
export function findBlocked(
  submissions: readonly Submission[],
  blocked: ReadonlySet<string>,
  wanted: WantedRecords,
): ReadonlyMap<Submission, Blocked> {
  const found = new Map<Submission, Blocked>();
  for (const submission of submissions) {
    const names = recordsNeeded(submission.command, wanted);
    const name = names.find((needed) => blocked.has(needed));
    if (name !== undefined) found.set(submission, new Blocked(name, names));
  }
  return found;
}

/** The records that the command names, or that were found for it before the locks. */
function recordsNeeded(command: Command, wanted: WantedRecords): readonly string[] {
  const { merchantId } = command;
  const named = recordsNamed(command);
  if (command.kind === 'receive_record' || command.kind === 'count_record') {
    const identity = identityName(merchantId, command.details);
    const record = wanted.found.find((one) => identityName(one.merchantId, one) === identity);
    return record === undefined ? named : [...named, mapName(merchantId, record.id)];
  }
  const found = [...recordsHeld(command, wanted), ...recordsToChoose(command, wanted)];
  return found.length === 0 ? named : [...new Set([...named, ...found])];
}

/** The records that its order held units of. */
function recordsHeld(command: Command, { held }: WantedRecords): readonly string[] {
  const { merchantId } = command;
  const order = orderOf(command);
  if (order === undefined) return [];
  return held
    .filter((hold) => hold.merchantId === merchantId && hold.reference === order)
    .map(({ id }) => mapName(merchantId, id));
}

/** The records that its lines may choose from. */
function recordsToChoose(command: Command, { sources }: WantedRecords): readonly string[] {
  const { merchantId } = command;
  const names = new Set(sourcedLines(command).map((line) => sourceName(merchantId, line)));
  if (names.size === 0) return [];
  const own = sources.filter((source) => names.has(sourceName(source.merchantId, source)));
  return candidateRecords(own).map(({ id }) => mapName(merchantId, id));
}
