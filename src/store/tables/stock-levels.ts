import type { DataSource } from 'typeorm';
import type { Stock } from '../../domain/stock.js';
import { numbers, numbersOrNulls, texts } from '../connection/array-literal.js';
import type { Statement, Transaction } from '../connection/transaction.js';
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
    statement = { name: 'lock_stock_levels', text: lockText(dataSource) };
    lockStatements.set(dataSource, statement);
  }
  return statement;
}

const lockStatements = new WeakMap<DataSource, Statement>();

function lockText(dataSource: DataSource): string {
  return dataSource
    .createQueryBuilder(StockLevelEntity, 's')
    .select(['s.merchantId', 's.id', 's.onHandQty', 's.reservedQty', 's.revision'])
    .addSelect('(extract(epoch FROM s.next_expiry_at) * 1000)::float8', 's_next_expiry_ms')
    .addSelect(
      'CASE WHEN s.next_expiry_at IS NOT NULL THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 END',
      's_read_at_ms',
    )
    .where('(s.merchant_id, s.id) IN (SELECT * FROM unnest($1::text[], $2::text[]))')
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

const UPDATE: Statement = {
  name: 'update_stock_levels',
  text: `
    UPDATE stock_levels AS s
       SET on_hand_qty = n.on_hand_qty, reserved_qty = n.reserved_qty, revision = n.revision
      FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
           AS n (merchant_id, id, on_hand_qty, reserved_qty, revision)
     WHERE s.merchant_id = n.merchant_id AND s.id = n.id`,
};

/** Writes the new quantities of locked records; their next expiry stays. */
export function updateStockLevels(tx: Transaction, rows: readonly StockRow[]): void {
  tx.write(UPDATE, columns(rows));
}

const UPDATE_EXPIRIES: Statement = {
  name: 'update_next_expiries',
  text: `
    UPDATE stock_levels AS s
       SET next_expiry_at = to_timestamp(n.next_expiry_ms / 1000)
      FROM unnest($1::text[], $2::text[], $3::float8[]) AS n (merchant_id, id, next_expiry_ms)
     WHERE s.merchant_id = n.merchant_id AND s.id = n.id`,
};

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

const INSERT: Statement = {
  name: 'insert_stock_levels',
  text: `
    INSERT INTO stock_levels (merchant_id, id, on_hand_qty, reserved_qty, revision)
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])`,
};

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
