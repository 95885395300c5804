import type { DataSource } from 'typeorm';
import { texts } from '../connection/array-literal.js';
import { requireNode } from '../connection/silent-nodes.js';
import { batchStatement, type Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { EXPIRES_AT_MS, type HoldRow, holdRow, type RawHold } from './holds.js';
import type { RecordKey } from './stock-levels.js';

const READ = batchStatement({
  name: 'read_expired_holds',
  text: ({ only }) => `
    SELECT h.*
      FROM unnest($1::text[], $2::text[]) AS k (merchant_id, id)
     CROSS JOIN LATERAL (
           SELECT merchant_id, inventory_id, reference, qty, opened_revision, ${EXPIRES_AT_MS}
             FROM holds
            WHERE merchant_id = k.merchant_id AND inventory_id = k.id
              AND expires_at <= to_timestamp($3::float8 / 1000) ${only('merchant_id')}
            ORDER BY expires_at, reference
            LIMIT $4) AS h`,
});

/** Reads each record's holds that have ended by `nowMs`, earliest first, at most `recordMax` per record. */
export async function readExpiredHolds(
  tx: Transaction,
  records: readonly RecordKey[],
  nowMs: number,
  recordMax: number,
): Promise<HoldRow[]> {
  const rows = await tx.read<RawHold>(READ, [...recordColumns(records), nowMs, recordMax]);
  return rows.map(holdRow);
}

const READ_NEXT = batchStatement({
  name: 'read_next_expiries',
  text: ({ only }) => `
    SELECT k.merchant_id, k.id, h.expires_at_ms
      FROM unnest($1::text[], $2::text[]) AS k (merchant_id, id)
     CROSS JOIN LATERAL (
           SELECT ${EXPIRES_AT_MS}
             FROM holds
            WHERE merchant_id = k.merchant_id AND inventory_id = k.id
              AND expires_at > to_timestamp($3::float8 / 1000) ${only('merchant_id')}
            ORDER BY expires_at
            LIMIT 1) AS h`,
});

/** Reads the first expiry after `nowMs` of each record; records without one are left out. */
export async function readNextExpiries(
  tx: Transaction,
  records: readonly RecordKey[],
  nowMs: number,
): Promise<(RecordKey & { expiresAtMs: number })[]> {
  const rows = await tx.read<{ merchant_id: string; id: string; expires_at_ms: number }>(READ_NEXT, [
    ...recordColumns(records),
    nowMs,
  ]);
  return rows.map((row) => ({ merchantId: row.merchant_id, id: row.id, expiresAtMs: row.expires_at_ms }));
}

/**
 * Tells in how many milliseconds the first of a merchant's records is due: one that may have an expired hold. Negative when
 * it is due already; undefined when the merchant has no hold with an expiry.
 */
export async function findNextDueMs(dataSource: DataSource, merchantId: string): Promise<number | undefined> {
  await requireNode(dataSource, merchantId);
  const rows: { due_ms: number }[] = await dataSource.query(
    `SELECT (extract(epoch FROM next_expiry_at - statement_timestamp()) * 1000)::float8 AS due_ms
       FROM stock_levels
      WHERE merchant_id = $1 AND next_expiry_at IS NOT NULL
      ORDER BY next_expiry_at
      LIMIT 1`,
    [merchantId],
  );
  return rows[0]?.due_ms;
}

// The statement's time, since clock_timestamp() may change within it and so cannot bound the scan of an index.
const LOCK_DUE: Statement = {
  name: 'lock_due_records',
  text: `
    SELECT merchant_id, id
      FROM stock_levels
     WHERE merchant_id = $1 AND next_expiry_at <= statement_timestamp()
     ORDER BY next_expiry_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED`,
};

/** Locks some of a merchant's records with holds that may have ended. Skips those that others have locked. */
export async function lockDueRecords(
  tx: Transaction,
  merchantId: string,
  recordsMax: number,
): Promise<RecordKey[]> {
  const rows = await tx.read<{ merchant_id: string; id: string }>(LOCK_DUE, [merchantId, recordsMax]);
  return rows.map((row) => ({ merchantId: row.merchant_id, id: row.id }));
}

function recordColumns(records: readonly RecordKey[]): unknown[] {
  return [texts(records.map((r) => r.merchantId)), texts(records.map((r) => r.id))];
}
