import type { DataSource } from 'typeorm';
import type { Stock } from '../../domain/stock.js';
import { numbers, numbersOrNulls, texts } from '../connection/array-literal.js';
import { batchStatement, type Scope, type Statement, type Write } from '../connection/statement.js';
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
 * What a lock does about a record that somebody else has locked: it leaves it out, or waits for it. Waiting goes through
 * the records in key order, so that transactions can never wait for each other in a circle.
 */
export type Locking = 'skip' | 'wait';

/** In a transaction that skips: how long it waits for a lock that is not a record's, such as an idempotency key's. */
const SKIPPING_LOCK_TIMEOUT_MS = 200;

/** The locking read, as TypeORM writes it for the entity. */
function lockStatement(dataSource: DataSource, locking: Locking | 'skip_one'): Statement {
  let statements = lockStatements.get(dataSource);
  if (statements === undefined) {
    statements = {
      skip: batchStatement({
        name: 'lock_free_stock_levels',
        text: (scope) => lockText(dataSource, scope, 'skip'),
      }),
      skip_one: { name: 'lock_free_stock_level', text: lockText(dataSource, ONE_RECORD, 'skip') },
      wait: batchStatement({
        name: 'lock_stock_levels',
        text: (scope) => lockText(dataSource, scope, 'wait'),
      }),
    };
    lockStatements.set(dataSource, statements);
  }
  return statements[locking];
}

const lockStatements = new WeakMap<DataSource, Record<Locking | 'skip_one', Statement>>();

/** By equalities it takes half the time; a lone command, and all commands on a hot record, name one record. */
const ONE_RECORD = 'one record';

function lockText(dataSource: DataSource, scope: Scope | typeof ONE_RECORD, locking: Locking): string {
  const query = dataSource
    .createQueryBuilder(StockLevelEntity, 's')
    .select(['s.merchantId', 's.id', 's.onHandQty', 's.reservedQty', 's.revision'])
    .addSelect('(extract(epoch FROM s.next_expiry_at) * 1000)::float8', 's_next_expiry_ms')
    .addSelect(
      'CASE WHEN s.next_expiry_at IS NOT NULL THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 END',
      's_read_at_ms',
    )
    .setLock('pessimistic_write');
  if (scope === ONE_RECORD) query.where('s.merchant_id = $1 AND s.id = $2');
  else query.where(named(scope, 's.')).orderBy('s.merchant_id').addOrderBy('s.id');
  if (locking === 'wait') return query.getQuery();
  // As a statement of its own it would cost a lone command one more message each way.
  return query
    .addSelect(`(SELECT set_config('lock_timeout', '${SKIPPING_LOCK_TIMEOUT_MS}', true))`, 's_lock_timeout')
    .setOnLocked('skip_locked')
    .getQuery();
}

/** The records whose merchants and ids are $1 and $2. */
function named({ only, either }: Scope, alias = ''): string {
  return either(
    `(${alias}merchant_id, ${alias}id) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
    `${alias}merchant_id = ANY ($1::text[]) AND ${alias}id = ANY ($2::text[]) ${only(`${alias}merchant_id`)}`,
  );
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

/** Locks the records and reads them. Leaves out records that do not exist and, with `skip`, those that others have. */
export async function lockStockLevels(
  tx: Transaction,
  keys: readonly RecordKey[],
  locking: Locking = 'wait',
): Promise<LockedStock[]> {
  const [first] = keys;
  const rows =
    keys.length === 1 && locking === 'skip'
      ? await tx.read<RawStockLevel>(lockStatement(tx.dataSource, 'skip_one'), [first!.merchantId, first!.id])
      : await tx.read<RawStockLevel>(lockStatement(tx.dataSource, locking), keyColumns(keys));
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

const FIND = batchStatement({
  name: 'find_stock_levels',
  text: (scope) => `SELECT merchant_id, id FROM stock_levels WHERE ${named(scope)}`,
});

/** Which of the records exist, locked or not. */
export async function findStockLevels(tx: Transaction, keys: readonly RecordKey[]): Promise<RecordKey[]> {
  return (await tx.read<RawKey>(FIND, keyColumns(keys))).map(recordKey);
}

const FIND_FREE = batchStatement({
  name: 'find_free_stock_levels',
  text: (scope) => `SELECT merchant_id, id FROM stock_levels WHERE ${named(scope)} FOR UPDATE SKIP LOCKED`,
});

/** Which of the records nobody has locked. Locks them, and waits for none. */
export async function findFreeStockLevels(tx: Transaction, keys: readonly RecordKey[]): Promise<RecordKey[]> {
  return (await tx.read<RawKey>(FIND_FREE, keyColumns(keys))).map(recordKey);
}

/** For the rest of the transaction. By SET, which a distributed database hands on to the nodes that the locks are on. */
export function setLockTimeout(tx: Transaction, ms: number): void {
  tx.write({ name: '', text: `SET LOCAL lock_timeout = ${ms}` }, []);
}

const AWAIT_LEVEL: Statement = {
  name: 'await_stock_level',
  text: `
    WITH locked AS MATERIALIZED (
         SELECT id FROM stock_levels WHERE merchant_id = $1 AND id = $2 FOR UPDATE)
    SELECT (extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::float8 AS waited_ms
      FROM locked`,
};

/** Waits for the record in line with everybody else, and locks it. Returns how long that took, in milliseconds. */
export async function awaitStockLevel(tx: Transaction, { merchantId, id }: RecordKey): Promise<number> {
  const [row] = await tx.read<{ waited_ms: number }>(AWAIT_LEVEL, [merchantId, id]);
  return row?.waited_ms ?? 0;
}

interface RawKey {
  merchant_id: string;
  id: string;
}

function recordKey({ merchant_id: merchantId, id }: RawKey): RecordKey {
  return { merchantId, id };
}

function keyColumns(keys: readonly RecordKey[]): unknown[] {
  return [texts(keys.map((k) => k.merchantId)), texts(keys.map((k) => k.id))];
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
export function updateStockLevels(rows: readonly StockRow[]): Write {
  return { statement: UPDATE, values: columns(rows) };
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
    ${only('n.merchant_id', 'WHERE')}
     ORDER BY n.merchant_id, n.id`,
});

/**
 * Adds new records, which have no holds and so no next expiry. In order of id, so that two transactions that add records
 * with the same ids cannot deadlock.
 */
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

const AWAIT_CREATION: Statement = {
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
  await Promise.all([tx.read(AWAIT_CREATION, [merchantId, id]), tx.read(UNDO, [merchantId, id])]);
}
