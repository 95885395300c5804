import type { DataSource } from 'typeorm';
import type { Outcome } from '../domain/outcome.js';
import type { Transaction } from './transaction.js';

/** How long a key is remembered, by the database's clock; after that it counts as never seen. */
export const IDEMPOTENCY_TTL_HOURS = 24;

/** Names one key. */
export interface IdempotencyKeyName {
  readonly merchantId: string;
  readonly key: string;
}

export interface IdempotencyRow extends IdempotencyKeyName {
  /** Of method and request; see the service that computes it. */
  readonly fingerprint: string;
  readonly outcome: Outcome;
}

/** Another transaction stored one of the keys first. Tried again, this one finds that outcome. */
export class IdempotencyKeyRace extends Error {
  override readonly name = 'IdempotencyKeyRace';
}

/** Reads what is remembered of the keys. */
export async function readIdempotencyKeys(
  tx: Transaction,
  names: readonly IdempotencyKeyName[],
): Promise<IdempotencyRow[]> {
  const rows: { merchant_id: string; key: string; fingerprint: string; outcome: Outcome }[] =
    await tx.runner.query(
      `SELECT r.*
         FROM unnest($1::text[], $2::text[]) AS n (merchant_id, key)
        CROSS JOIN LATERAL (
              SELECT merchant_id, key, fingerprint, outcome
                FROM idempotency_keys
               WHERE merchant_id = n.merchant_id AND key = n.key
                 AND created_at > now() - make_interval(hours => $3)
               LIMIT 1) AS r`,
      [names.map((n) => n.merchantId), names.map((n) => n.key), IDEMPOTENCY_TTL_HOURS],
    );
  return rows.map((row) => ({
    merchantId: row.merchant_id,
    key: row.key,
    fingerprint: row.fingerprint,
    outcome: row.outcome,
  }));
}

/**
 * Remembers outcomes. A key that outlived its time is taken over; one that another transaction stored in the
 * meantime throws IdempotencyKeyRace.
 *
 * Rows go in key order, so that two transactions that race for several keys cannot deadlock. Claiming the keys
 * before the work would make each keyed command two writes; a race costs a second try, and needs two requests on
 * different records under one key to happen at all.
 */
export async function storeIdempotencyKeys(tx: Transaction, rows: readonly IdempotencyRow[]): Promise<void> {
  const stored: unknown[] = await tx.runner.query(
    `INSERT INTO idempotency_keys AS i (merchant_id, key, fingerprint, outcome)
     SELECT n.merchant_id, n.key, n.fingerprint, n.outcome::json
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (merchant_id, key, fingerprint, outcome)
      ORDER BY n.merchant_id, n.key
         ON CONFLICT (merchant_id, key) DO UPDATE
            SET fingerprint = excluded.fingerprint, outcome = excluded.outcome, created_at = now()
          WHERE i.created_at <= now() - make_interval(hours => $5)
     RETURNING 1`,
    [
      rows.map((r) => r.merchantId),
      rows.map((r) => r.key),
      rows.map((r) => r.fingerprint),
      rows.map((r) => JSON.stringify(r.outcome)),
      IDEMPOTENCY_TTL_HOURS,
    ],
  );
  if (stored.length !== rows.length) throw new IdempotencyKeyRace();
}

/** Forgets a merchant's outlived keys, at most `limit` of them. Returns how many. */
export async function sweepIdempotencyKeys(
  dataSource: DataSource,
  merchantId: string,
  limit: number,
): Promise<number> {
  const [, deleted]: [unknown[], number] = await dataSource.query(
    `DELETE FROM idempotency_keys
      WHERE merchant_id = $1
        AND key IN (SELECT key FROM idempotency_keys
                     WHERE merchant_id = $1 AND created_at <= now() - make_interval(hours => $2)
                     ORDER BY created_at
                     LIMIT $3
                       FOR UPDATE SKIP LOCKED)`,
    [merchantId, IDEMPOTENCY_TTL_HOURS, limit],
  );
  return deleted;
}
