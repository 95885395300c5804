import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { audit } from '../src/service/audit.js';
import type { Told } from './load/plan.js';

/** The database does not agree with what callers were told. No figure of such a run is worth printing. */
export class AuditFailed extends Error {
  override readonly name = 'AuditFailed';
}

/** The sum of what callers were told. */
export interface ToldAndUnknown extends Told {
  /** Calls of one unit that may have been granted: their callers were told that the deadline had passed. */
  readonly unknown?: number;
}

/** What the service's tables add up to. */
export type Sums = Readonly<Record<string, number>>;

export async function sumsOf(dataSource: DataSource): Promise<Sums> {
  const [sums]: Record<string, string>[] = await dataSource.query(`
    SELECT (SELECT sum(reserved_qty) FROM stock_levels) AS units,
           (SELECT count(*) FROM holds) AS holds,
           (SELECT count(DISTINCT reference) FROM holds) AS "references",
           (SELECT count(*) FROM movement_log WHERE action = 'RESERVED') AS "RESERVED",
           (SELECT count(*) FROM movement_log WHERE action = 'RELEASED') AS "RELEASED",
           (SELECT count(*) FROM movement_log WHERE action = 'MOVED') AS "MOVED"`);
  return Object.fromEntries(Object.entries(sums!).map(([what, count]) => [what, Number(count)]));
}

/**
 * Counters, holds and log of the service's tables: sound, and each equal to what callers were told they have, on top of
 * what was there `before`.
 */
export async function auditStock(
  dataSource: DataSource,
  side: string,
  told: ToldAndUnknown,
  before: Sums = {},
): Promise<void> {
  const { consistent, drift } = await audit(dataSource, { repair: false });
  if (!consistent) throw new AuditFailed(`${side} drifted: ${JSON.stringify(drift.slice(0, 3))}`);
  const sums = Object.fromEntries(
    Object.entries(await sumsOf(dataSource)).map(([what, count]) => [what, count - (before[what] ?? 0)]),
  );
  const { units, holds, references, entries, unknown } = told;
  const { RESERVED, ...others } = entries;
  // Each unknown call that was granted added one unit, hold, reference and log entry.
  const surplus = sums.units! - units;
  if (surplus < 0 || surplus > (unknown ?? 0)) expectAll(side, sums, { units });
  expectAll(side, sums, others);
  expectAll(side, sums, { units, holds, references, RESERVED }, surplus);
}

/** The same for the plain implementation's tables, which have no holds. */
export async function auditPlain(client: pg.Client, side: string, told: Told): Promise<void> {
  const drifted = await client.query(`
    SELECT i.id FROM inventory i
      LEFT JOIN (SELECT inventory_id, sum(qty) AS qty FROM inventory_log GROUP BY inventory_id) l
             ON l.inventory_id = i.id
     WHERE i.reserved_qty <> coalesce(l.qty, 0) OR i.reserved_qty < 0 OR i.reserved_qty > i.on_hand_qty`);
  if (drifted.rows.length > 0) throw new AuditFailed(`${side} drifted: ${JSON.stringify(drifted.rows[0])}`);
  const sums = await client.query(`
    SELECT (SELECT sum(reserved_qty) FROM inventory) AS "units reserved",
           (SELECT count(*) FROM inventory_log) AS "log entries"`);
  expectAll(side, sums.rows[0], { 'units reserved': told.units, 'log entries': told.entries.RESERVED });
}

function expectAll(
  side: string,
  sums: Readonly<Record<string, string | number>>,
  told: Readonly<Record<string, number>>,
  surplus = 0,
): void {
  for (const [what, count] of Object.entries(told)) {
    if (Number(sums[what]) === count + surplus) continue;
    throw new AuditFailed(`${side} has ${sums[what]} ${what}, but its callers were told of ${count}`);
  }
}
