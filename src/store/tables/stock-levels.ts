import type { DataSource } from 'typeorm';
import type { Stock } from '../../domain/stock.js';
import { numbers, numbersOrNulls, texts } from '../connection/array-literal.js';
import { batchStatement, type Scope, type Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';
import { StockLevelEntity } from '../entities/stock-level.js';

/** Names one record. */
export interface RecordKey {
  readonly merchantId: string;
  readonly id: string;
}

export interface StockRow {
  readonly merchantId: string;
  readonly stock: Stock;
}

/** A record as it was when it was locked. */
export interface LockedStock extends StockRow {
  /**
   * The database's clock when the record was read, milliseconds since the epoch. Null when none of the record's holds
   * expires, so that time does not matter.
   */
  readonly readAtMs: number | null;
}

/**
 * The locking read, as TypeORM writes it for the entity. It locks all records in key order, so that transactions can
 * never wait for each other in a circle.
 */
function lockStatement(dataSource: DataSource): Statement {
  let statement = lockStatements.get(dataSource);
  if (statement === undefined) {
    statement = batchStatement({ name: 'lock_stock_levels', text: (scope) => lockText(dataSource, scope) });
    lockStatements.set(dataSource, statement);
  }
  return statement;
}

const lockStatements = new WeakMap<DataSource, Statement>();

function lockText(dataSource: DataSource, { only, either }: Scope): string {
  return dataSource
    .createQueryBuilder(StockLevelEntity, 's')
    .select(['s.merchantId', 's.id', 's.onHandQty', 's.reservedQty', 's.revision'])
    .addSelect('(extract(epoch FROM s.next_expiry_at) * 1000)::float8', 's_next_expiry_ms')
    .addSelect(
      'CASE WHEN s.next_expiry_at IS NOT NULL THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 END',
      's_read_at_ms',
    )
    .where(
      either(
        '(s.merchant_id, s.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
        `s.merchant_id = ANY ($1::text[]) AND s.id = ANY ($2::text[]) ${only('s.merchant_id')}`,
      ),
    )
    .orderBy('s.merchant_id')
    .addOrderBy('s.id')
    .setLock('pessimistic_write')
    .getQuery();
}

interface RawStockLevel {
  s_merchant_id: string;
  s_id: string;
  s_on_hand_qty: number;
  s_reserved_qty: number;
  s_revision: string;
  s_next_expiry_ms: number | null;
  s_read_at_ms: number | null;
}

/** Locks the records and reads them. Records that do not exist are left out. */
export async function lockStockLevels(tx: Transaction, keys: readonly RecordKey[]): Promise<LockedStock[]> {
  const rows = await tx.read<RawStockLevel>(lockStatement(tx.dataSource), [
    texts(keys.map((k) => k.merchantId)),
    texts(keys.map((k) => k.id)),
  ]);
  return rows.map((row) => ({
    merchantId: row.s_merchant_id,
    stock: {
      id: row.s_id,
      onHandQty: row.s_on_hand_qty,
      reservedQty: row.s_reserved_qty,
      revision: Number(row.s_revision),
      nextExpiryAtMs: row.s_next_expiry_ms,
    },
    readAtMs: row.s_read_at_ms,
  }));
}

const UPDATE = batchStatement({
  name: 'update_stock_levels',
  text: ({ only, either }) => `
    UPDATE stock_levels AS s
       SET on_hand_qty = n.on_hand_qty, reserved_qty = n.reserved_qty, revision = n.revision
      FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
           AS n (merchant_id, id, on_hand_qty, reserved_qty, revision)
     WHERE s.merchant_id = n.merchant_id AND s.id = n.id
       ${only('s.merchant_id')} ${either('', 'AND s.id = ANY ($2::text[])')}`,
});

/** Writes the new quantities of locked records; their next expiry stays. */
export function updateStockLevels(tx: Transaction, rows: readonly StockRow[]): void {
  tx.write(UPDATE, columns(rows));
}

const UPDATE_EXPIRIES = batchStatement({
  name: 'update_next_expiries',
  text: ({ only, either }) => `
    UPDATE stock_levels AS s
       SET next_expiry_at = to_timestamp(n.next_expiry_ms / 1000)
      FROM unnest($1::text[], $2::text[], $3::float8[]) AS n (merchant_id, id, next_expiry_ms)
     WHERE s.merchant_id = n.merchant_id AND s.id = n.id
       ${only('s.merchant_id')} ${either('', 'AND s.id = ANY ($2::text[])')}`,
});

/**
 * Writes the next expiry of locked records. A separate statement, so that updates of records without one stay HOT and
 * short.
 */
export function updateNextExpiries(tx: Transaction, rows: readonly StockRow[]): void {
  tx.write(UPDATE_EXPIRIES, [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.stock.id)),
    numbersOrNulls(rows.map((r) => r.stock.nextExpiryAtMs)),
  ]);
}

const INSERT = batchStatement({
  name: 'insert_stock_levels',
  text: ({ only }) => `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    SELECT n.*
      FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
           AS n (merchant_id, id, on_hand_qty, reserved_qty, revision)
    ${only('n.merchant_id', 'WHERE')}`,
});

/** Adds new records, which have no holds and so no next expiry. */
export function insertStockLevels(tx: Transaction, rows: readonly StockRow[]): void {
  tx.write(INSERT, columns(rows));
}

function columns(rows: readonly StockRow[]): unknown[] {
  return [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.stock.id)),
    numbers(rows.map((r) => r.stock.onHandQty)),
    numbers(rows.map((r) => r.stock.reservedQty)),
    numbers(rows.map((r) => r.stock.revision)),
  ];
}

const AWAIT: Statement = {
  name: 'await_creation',
  text: `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    VALUES ($1, $2, 0, 0, 0)
        ON CONFLICT (merchant_id, id) DO NOTHING`,
};

const UNDO: Statement = {
  name: 'undo_await_creation',
  text: 'DELETE FROM stock_levels WHERE merchant_id = $1 AND id = $2 AND revision = 0',
};

/**
 * Waits for a transaction that may be adding this record, by adding it, too, for a moment. A record that is there has a
 * revision of 1 or more.
 */
export async function awaitCreation(tx: Transaction, { merchantId, id }: RecordKey): Promise<void> {
  await Promise.all([tx.read(AWAIT, [merchantId, id]), tx.read(UNDO, [merchantId, id])]);
}
