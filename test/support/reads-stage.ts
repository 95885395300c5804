import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { MovementAction } from '../../src/domain/movement.js';
import type { CallContext } from '../../src/service/call.js';
import type { ReadResult } from '../../src/service/reads/read-result.js';
import { Reads } from '../../src/service/reads/reads.js';
import { ReadPool } from '../../src/store/reads/read-pool.js';
import { type SeedRecord, seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { openDataSource } from './data-source.js';
import { createTestDatabase, type TestDatabase } from './database.js';

export const MERCHANT = 'mer_1';
export const OTHER_MERCHANT = 'mer_2';

/** A log entry; its place in time is minutes after an instant that all share. */
export interface SeedEntry {
  readonly id: string;
  readonly revision: number;
  readonly action: MovementAction;
  readonly onHandDelta?: number;
  readonly reservedDelta?: number;
  readonly reference?: string;
  readonly notes?: string;
  readonly actor?: string;
  readonly minute?: number;
}

/** Seconds from now until it expires, negative when it has. */
export interface SeedHold {
  readonly id: string;
  readonly reference: string;
  readonly qty: number;
  readonly revision?: number;
  readonly expiresIn?: number;
}

/** The reads on a separate database, without a service that would sweep what expires. */
export interface ReadsStage {
  readonly reads: Reads;
  /** The reads' own connections. */
  readonly readSource: DataSource;
  readonly database: TestDatabase;
  seed(merchantId: string, ...records: SeedRecord[]): Promise<void>;
  log(...entries: SeedEntry[]): Promise<void>;
  /** Adds holds, and their units to the reserved quantities of their records, as a reserve would. */
  hold(...holds: SeedHold[]): Promise<void>;
  /** Removes all records, with their holds and entries. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** `SeedEntry.minute` counts from here. */
export const NOON_MS = Date.UTC(2026, 0, 1, 12);

export async function openReadsStage(): Promise<ReadsStage> {
  const database = await createTestDatabase();
  const dataSource = await openDataSource(database.url);
  const readSource = await openDataSource(database.url, {}, 'reads');
  for (const id of [MERCHANT, OTHER_MERCHANT]) await insertMerchant(dataSource, id, 'Test');
  return {
    reads: new Reads(new ReadPool(readSource, { readPoolConnectionsMax: 4, readsWaitingMax: 100 })),
    readSource,
    database,
    seed: (merchantId, ...records) => seedRecords(dataSource, merchantId, records),
    log: async (...entries) => {
      for (const entry of entries) await insertEntry(dataSource, entry);
    },
    hold: async (...holds) => {
      for (const hold of holds) await insertHold(dataSource, hold);
    },
    clear: async () => {
      await database.query('TRUNCATE stock_levels, inventory_records, holds, movement_log');
    },
    close: async () => {
      await Promise.all([dataSource.destroy(), readSource.destroy()]);
      await database.drop();
    },
  };
}

/** The result of a read that succeeds. */
export function shown<T>(result: ReadResult<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

/** A call of the merchant's, without a deadline. */
export function callOf(merchantId: string = MERCHANT): CallContext {
  const principal = { merchantId, actor: 'tester', permissions: new Set<never>() };
  return { principal, deadlineAtMs: Number.MAX_SAFE_INTEGER, idempotencyKey: undefined };
}

async function insertEntry(dataSource: DataSource, entry: SeedEntry): Promise<void> {
  await dataSource.query(
    `INSERT INTO movement_log (merchant_id, inventory_id, revision, action, on_hand_delta, reserved_delta,
                               reference, notes, actor, batch_id, logged_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_timestamp($11::float8 / 1000))`,
    [
      MERCHANT,
      entry.id,
      entry.revision,
      entry.action,
      entry.onHandDelta ?? 0,
      entry.reservedDelta ?? 0,
      entry.reference ?? null,
      entry.notes ?? null,
      entry.actor ?? 'ann',
      randomUUID(),
      NOON_MS + (entry.minute ?? entry.revision) * 60_000,
    ],
  );
}

/** No two holds of a record were opened by the same revision. */
let nextRevision = 1000;

async function insertHold(dataSource: DataSource, hold: SeedHold): Promise<void> {
  const { id, reference, qty, revision = nextRevision++, expiresIn = null } = hold;
  await dataSource.query(
    `INSERT INTO holds (merchant_id, inventory_id, reference, qty, opened_revision, expires_at)
     VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::int * interval '1 second')`,
    [MERCHANT, id, reference, qty, revision, expiresIn],
  );
  await dataSource.query(
    `UPDATE stock_levels
        SET reserved_qty = reserved_qty + $3,
            next_expiry_at = least(next_expiry_at, clock_timestamp() + $4::int * interval '1 second')
      WHERE merchant_id = $1 AND id = $2`,
    [MERCHANT, id, qty, expiresIn],
  );
}
