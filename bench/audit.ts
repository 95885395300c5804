import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { audit } from '../src/service/audit.js';

/** The database says something else than the callers were told. No figure of such a run is worth printing. */
export class AuditFailed extends Error {
  override readonly name = 'AuditFailed';
}

/** What callers were told, all in all. */
export interface Told {
  /** Calls that were granted. */
  readonly successes: number;
  /** Units that these reserved. */
  readonly units: number;
  /** Calls of one unit that may have been granted or not: their callers were told that the deadline had passed. */
  readonly unknown?: number;
}

/** Counters, holds and log of the service's tables: sound, and each equal to what callers were told they have. */
export async function auditStock(dataSource: DataSource, side: string, told: Told): Promise<void> {
  const { consistent, drift } = await audit(dataSource, { repair: false });
  if (!consistent) throw new AuditFailed(`${side} drifted: ${JSON.stringify(drift.slice(0, 3))}`);
  // A call has a reference of its own and takes one unit of each record that it names, so units, holds and log
  // entries are as many.
  const [sums]: Record<string, string>[] = await dataSource.query(`
    SELECT (SELECT sum(reserved_qty) FROM stock_levels) AS "units reserved",
           (SELECT count(*) FROM holds) AS "holds",
           (SELECT count(*) FROM movement_log WHERE action = 'RESERVED') AS "log entries",
           (SELECT count(DISTINCT reference) FROM holds) AS "references"`);
  const { references, ...units } = sums!;
  expectAll(side, units, told.units, told.unknown);
  expectAll(side, { references: references! }, told.successes, told.unknown);
  if (new Set(Object.values(units)).size > 1) throw new AuditFailed(`${side}: ${JSON.stringify(units)}`);
}

/** The same of the plain implementation's tables, which have no holds. */
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
  expectAll(side, sums.rows[0], told.units);
}

function expectAll(side: string, sums: Record<string, string>, told: number, unknown = 0): void {
  for (const [what, sum] of Object.entries(sums)) {
    if (Number(sum) >= told && Number(sum) <= told + unknown) continue;
    throw new AuditFailed(`${side} has ${sum} ${what}, but its callers were told of ${told}`);
  }
}
