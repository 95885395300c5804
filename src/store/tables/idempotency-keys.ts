import type { DataSource } from 'typeorm';
import type { Outcome } from '../../domain/outcome.js';
import { texts } from '../connection/array-literal.js';
import { rowInsert } from '../connection/row-insert.js';
import { requireNode } from '../connection/silent-nodes.js';
import { batchStatement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';

/** How long a key is remembered, by the database's clock; after that it counts as never seen. */
export const IDEMPOTENCY_TTL_HOURS = 24;

/** Names one key. */
export interface IdempotencyKeyName {
  readonly merchantId: string;
  readonly key: string;
}

export interface IdempotencyRow extends IdempotencyKeyName {
  /** Of method and request; see `fingerprintOf`. */
  readonly fingerprint: string;
  readonly outcome: Outcome;
}

/** What is remembered about a key. An outlived key counts as never seen. */
export type RememberedKey = IdempotencyRow & { readonly outlived: boolean };

const READ = batchStatement({
  name: 'read_idempotency_keys',
  text: ({ only }) => `
    SELECT r.*
      FROM unnest($1::text[], $2::text[]) AS n (merchant_id, key)
     CROSS JOIN LATERAL (
           SELECT merchant_id, key, fingerprint, outcome,
                  created_at <= now() - make_interval(hours => ${IDEMPOTENCY_TTL_HOURS}) AS outlived
             FROM idempotency_keys
            WHERE merchant_id = n.merchant_id AND key = n.key ${only('merchant_id')}
            LIMIT 1) AS r`,
});

interface RawKey {
  merchant_id: string;
  key: string;
  fingerprint: string;
  outcome: Outcome;
  outlived: boolean;
}

/** Reads what is remembered about the keys. */
export async function readIdempotencyKeys(
  tx: Transaction,
  names: readonly IdempotencyKeyName[],
): Promise<RememberedKey[]> {
  const rows = await tx.read<RawKey>(READ, nameColumns(names));
  return rows.map(({ merchant_id: merchantId, ...row }) => ({ merchantId, ...row }));
}

/**
 * Remembers outcomes. If another transaction stored a key in the meantime, this one fails with a unique violation; its
 * retry finds that outcome.
 *
 * Rows are inserted in key order, so that two transactions that race for several keys cannot deadlock. Claiming the
 * keys before the work would cost each keyed command two writes. A race costs a second try, and only happens to two
 * requests on different records under one key.
 */
export const insertIdempotencyKeys = rowInsert<IdempotencyRow>({
  name: 'insert_idempotency_keys',
  into: 'idempotency_keys',
  columns: [
    { name: 'key', type: 'text', of: (r) => r.key },
    { name: 'fingerprint', type: 'text', of: (r) => r.fingerprint },
    {
      name: 'outcome',
      type: 'text',
      of: (r) => JSON.stringify(r.outcome),
      stored: (text) => `${text}::json`,
    },
  ],
  order: ['key'],
});

// The age is no bound of an index, or the planner takes the index by age, and reads the old keys of all merchants.
const FORGET = batchStatement({
  name: 'forget_idempotency_keys',
  text: ({ only, either }) => `
    DELETE FROM idempotency_keys AS i
     USING unnest($1::text[], $2::text[]) AS n (merchant_id, key)
     WHERE i.merchant_id = n.merchant_id AND i.key = n.key
       AND i.created_at AT TIME ZONE 'UTC'
           <= (now() - make_interval(hours => ${IDEMPOTENCY_TTL_HOURS})) AT TIME ZONE 'UTC'
       ${only('i.merchant_id')} ${either('', 'AND i.key = ANY ($2::text[])')}`,
});

/** Forgets outlived keys, so that they can be stored again. */
export function forgetIdempotencyKeys(tx: Transaction, names: readonly IdempotencyKeyName[]): void {
  tx.write(FORGET, nameColumns(names));
}

function nameColumns(names: readonly IdempotencyKeyName[]): unknown[] {
  return [texts(names.map((n) => n.merchantId)), texts(names.map((n) => n.key))];
}

/** Forgets at most `limit` of a merchant's outlived keys. Returns how many. */
export async function sweepIdempotencyKeys(
  dataSource: DataSource,
  merchantId: string,
  limit: number,
): Promise<number> {
  await requireNode(dataSource, merchantId);
  const [, deleted]: [unknown[], number] = await dataSource.query(
    `DELETE FROM idempotency_keys
      WHERE merchant_id = $1
        AND key IN (SELECT key FROM idempotency_keys
                     WHERE merchant_id = $1 AND merchant_id || '' = $1 AND created_at <= now() - make_interval(hours => $2)
                     ORDER BY created_at
                     LIMIT $3
                       FOR UPDATE SKIP LOCKED)`,
    [merchantId, IDEMPOTENCY_TTL_HOURS, limit],
  );
  return deleted;
}
