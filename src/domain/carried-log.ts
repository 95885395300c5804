import { mapName } from './map-name.js';
import type { Movement } from './movement.js';
import { leftWith } from './order-state.js';

/** A log entry that is to be pruned. */
export interface PrunedEntry extends Movement {
  /** Whether it has figures. Entries from before there were any may not say whose units they took. */
  readonly told: boolean;
  /** The revision that opened what its reference holds of its record now; null when it holds nothing. */
  readonly openedRevision: number | null;
  /** The same for the reference that got its units. */
  readonly toOpenedRevision: number | null;
}

/** The sum of pruned entries of one record. */
export interface CarriedRecord {
  readonly inventoryId: string;
  readonly entries: number;
  readonly onHandDelta: number;
  readonly reservedDelta: number;
  /** The last of them. */
  readonly revision: number;
  /** The last of them that took units without saying whose; null if each said it. */
  readonly untoldRevision: number | null;
}

/** The sum of pruned entries of one record under one reference; '' for unreferenced units. */
export interface CarriedOrder {
  readonly reference: string;
  readonly inventoryId: string;
  /** Units that came to the reference, less those that left it. */
  readonly units: number;
  /** The first of them. */
  readonly firstRevision: number;
  readonly confirmed: number;
  readonly released: number;
  readonly expired: number;
  readonly moved: number;
  /** The hold that the reference has now, by the revision that opened it, and the part of `units` that is its. */
  readonly openedRevision: number | null;
  readonly openedUnits: number;
}

/** What is kept of entries that are pruned together. All of it is sums, so the sums of other entries can be added. */
export interface CarriedLog {
  readonly records: readonly CarriedRecord[];
  readonly orders: readonly CarriedOrder[];
}

export function carriedLog(entries: readonly PrunedEntry[]): CarriedLog {
  const records = new Map<string, CarriedRecord>();
  const orders = new Map<string, CarriedOrder>();
  for (const entry of entries) {
    records.set(entry.inventoryId, recordWith(records.get(entry.inventoryId), entry));
    const { reference, reservedDelta, moved } = entry;
    if (reservedDelta !== 0 || moved !== undefined) {
      const units = reservedDelta - (moved?.qty ?? 0);
      const name = mapName(entry.inventoryId, reference);
      const order = orderWith(orders.get(name), entry, { reference, units, opened: entry.openedRevision });
      const left = { id: entry.inventoryId, ...order };
      const { confirmed, released, expired, moved: away } = leftWith(left, entry);
      orders.set(name, { ...order, confirmed, released, expired, moved: away });
    }
    if (moved !== undefined) {
      const target = { reference: moved.toReference, units: moved.qty, opened: entry.toOpenedRevision };
      const name = mapName(entry.inventoryId, target.reference);
      orders.set(name, orderWith(orders.get(name), entry, target));
    }
  }
  return { records: [...records.values()], orders: [...orders.values()] };
}

function recordWith(before: CarriedRecord | undefined, entry: PrunedEntry): CarriedRecord {
  const { inventoryId, revision, onHandDelta, reservedDelta } = entry;
  const untold = isUntold(entry) ? revision : 0;
  return {
    inventoryId,
    entries: (before?.entries ?? 0) + 1,
    onHandDelta: (before?.onHandDelta ?? 0) + onHandDelta,
    reservedDelta: (before?.reservedDelta ?? 0) + reservedDelta,
    revision: Math.max(before?.revision ?? 0, revision),
    untoldRevision: Math.max(before?.untoldRevision ?? 0, untold) || null,
  };
}

/** The audit of references says the same of entries that are still in the log. */
function isUntold({ told, reference, action, reservedDelta }: PrunedEntry): boolean {
  return !told && reference === '' && action !== 'RESERVED' && reservedDelta !== 0;
}

interface Share {
  readonly reference: string;
  readonly units: number;
  readonly opened: number | null;
}

function orderWith(
  before: CarriedOrder | undefined,
  { inventoryId, revision }: PrunedEntry,
  { reference, units, opened }: Share,
): CarriedOrder {
  const order = before ?? {
    reference,
    inventoryId,
    units: 0,
    firstRevision: revision,
    confirmed: 0,
    released: 0,
    expired: 0,
    moved: 0,
    openedRevision: opened,
    openedUnits: 0,
  };
  const isOfHold = opened !== null && revision >= opened;
  return {
    ...order,
    units: order.units + units,
    firstRevision: Math.min(order.firstRevision, revision),
    openedUnits: order.openedUnits + (isOfHold ? units : 0),
  };
}
