import type { DataSource } from 'typeorm';
import { UNREFERENCED } from '../domain/hold.js';
import {
  countRecords,
  expiresLate,
  findDrift,
  type RecordDrift,
  type RecordSums,
  repairRecord,
} from '../store/audit.js';
import { databaseErrorKind, isLockTimeout } from '../store/connection/sqlstate.js';
import { PlaceKept } from '../store/tables/kept-place.js';
import { listMerchants } from '../store/tables/merchants.js';
import { requireMerchant } from './merchants.js';

export interface AuditReport {
  /** Nothing drifted, or everything that did was repaired. */
  readonly consistent: boolean;
  readonly merchants: number;
  readonly records: number;
  readonly drift: readonly Drift[];
}

export interface Drift extends RecordDrift {
  readonly merchantId: string;
  readonly problems: readonly string[];
  readonly repaired: boolean;
}

/**
 * Checks every merchant, or one: the reserved counter is the sum of holds, the log adds up to the counters and for each
 * reference to what it holds, nothing is negative, each stock level has a description, and no hold ends before the
 * record's next expiry. With `repair`, repairs what it can. What it cannot, or what somebody keeps locked, stays told.
 */
export async function audit(
  dataSource: DataSource,
  options: { merchantId?: string | undefined; repair: boolean },
): Promise<AuditReport> {
  const { merchantId } = options;
  if (merchantId !== undefined) await requireMerchant(dataSource, merchantId);
  const ids =
    merchantId === undefined ? (await listMerchants(dataSource)).map((m) => m.merchantId) : [merchantId];
  const drift: Drift[] = [];
  let records = 0;
  for (const id of ids) {
    records += await countRecords(dataSource, id);
    for (const found of await findDrift(dataSource, id)) {
      const { repaired, obstacle = [] } = options.repair
        ? await repair(dataSource, id, found.inventoryId)
        : { repaired: false };
      drift.push({ merchantId: id, ...found, problems: [...problems(found), ...obstacle], repaired });
    }
  }
  return { consistent: drift.every((d) => d.repaired), merchants: ids.length, records, drift };
}

/** Tries of one repair, while others are quicker, or the record has just been moved to another node. */
const TRIES_MAX = 5;

/** A record that somebody keeps for longer than a repair waits is told as such, so that the report has the others, too. */
async function repair(
  dataSource: DataSource,
  merchantId: string,
  inventoryId: string,
): Promise<{ repaired: boolean; obstacle?: readonly string[] }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await repairRecord(dataSource, merchantId, inventoryId);
    } catch (error) {
      if (isLockTimeout(error)) {
        const why = error instanceof PlaceKept ? error.message : 'somebody has it locked';
        return { repaired: false, obstacle: [`not repaired: ${why}`] };
      }
      if (databaseErrorKind(error) !== 'contention' || attempt === TRIES_MAX) throw error;
    }
  }
}

/** References that a record's problems name. */
const NAMED_MAX = 5;

function problems(sums: RecordDrift): string[] {
  const { onHandQty, reservedQty, revision } = sums;
  if (onHandQty === null || reservedQty === null) return withoutStockLevel(sums);
  const found: string[] = [];
  if (!sums.described) found.push('no description: which product, in which warehouse');
  if (reservedQty < 0 || reservedQty > onHandQty) {
    found.push(`${reservedQty} units reserved of ${onHandQty} on hand`);
  }
  if (reservedQty !== sums.heldQty) {
    found.push(`${reservedQty} units reserved, but holds add up to ${sums.heldQty}`);
  }
  if (sums.smallestHoldQty < 1) found.push(`a hold of ${sums.smallestHoldQty} units`);
  if (onHandQty !== sums.loggedOnHandQty) {
    found.push(`${onHandQty} units on hand, but the log adds up to ${sums.loggedOnHandQty}`);
  }
  if (reservedQty !== sums.loggedReservedQty) {
    found.push(`${reservedQty} units reserved, but the log adds up to ${sums.loggedReservedQty}`);
  }
  for (const { reference, heldQty, loggedQty } of sums.references.slice(0, NAMED_MAX)) {
    const whose = reference === UNREFERENCED ? 'without a reference' : `for ${reference}`;
    found.push(
      `${heldQty} ${heldQty === 1 ? 'unit' : 'units'} held ${whose}, but the log adds up to ${loggedQty}`,
    );
  }
  if (sums.references.length > NAMED_MAX) {
    found.push(`and so for ${sums.references.length - NAMED_MAX} references more`);
  }
  if (revision !== null && revision < sums.loggedRevision) {
    found.push(`revision ${revision}, but the log has revision ${sums.loggedRevision}`);
  }
  if (sums.described && sums.reorderLevel !== sums.describedReorderLevel) {
    found.push(
      `low from ${sums.reorderLevel} units, but described as low from ${sums.describedReorderLevel}`,
    );
  }
  if (expiresLate(sums)) {
    const when = sums.nextExpiryAtMs === null ? 'for it' : `before ${at(sums.nextExpiryAtMs)}`;
    found.push(`a hold ends ${at(sums.earliestExpiryAtMs!)}, but nobody looks ${when}`);
  }
  return found;
}

function withoutStockLevel({ heldQty, loggedRevision, described }: RecordSums): string[] {
  const found: string[] = [];
  if (heldQty !== 0 || loggedRevision > 0 || !described) found.push('holds or log entries without a record');
  if (described) found.push('a description without a stock level');
  return found;
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
