import type { DataSource } from 'typeorm';
import { type ExportedEntry, readEntries } from '../../store/reads/exported-log.js';
import type { LogPlace } from '../../store/tables/logged-movement.js';
import { BEFORE_ALL_ENTRIES, nextLimit } from '../../store/tables/prunable-log.js';
import { retried } from './retried.js';

export type { ExportedEntry };

/** The entries that are in memory at once: up to `max` if many have the same instant. */
const PAGE_ENTRIES = { usual: 10_000, max: 100_000 };

/** A place in an export. Merchants are in order of id, and the entries of each in order of time. */
export interface ExportPlace extends LogPlace {
  readonly merchantId: string;
}

export interface ExportOptions {
  /** From this instant on, and before that one; microseconds since the epoch. */
  readonly fromUs: number;
  readonly toUs: number;
  /** The last entry that was exported before. */
  readonly after: ExportPlace | undefined;
  readonly signal: AbortSignal;
}

/**
 * Yields the merchants' entries, page by page. Each page is a statement by itself: before `toUs`, the log does not
 * change.
 */
export async function* exportLog(
  dataSource: DataSource,
  merchantIds: readonly string[],
  { fromUs, toUs, after, signal }: ExportOptions,
): AsyncGenerator<readonly ExportedEntry[], void, void> {
  for (const merchantId of [...merchantIds].sort()) {
    if (after !== undefined && merchantId < after.merchantId) continue;
    let place: LogPlace = after?.merchantId === merchantId ? after : BEFORE_ALL_ENTRIES;
    let limit = PAGE_ENTRIES.usual;
    for (let more = true; more && !signal.aborted; ) {
      const range = { fromUs, toUs, after: place, limit };
      const entries = await retried(signal, () => readEntries(dataSource, merchantId, range));
      if (entries.length > 0) yield entries;
      place = entries.at(-1) ?? place;
      more = entries.length === limit;
      limit = nextLimit(entries, limit, PAGE_ENTRIES.usual, PAGE_ENTRIES.max);
    }
  }
}
