import type { DataSource, SelectQueryBuilder } from 'typeorm';
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

/** Once a transaction has its records: how long it waits for other locks, such as an idempotency key's. */
const OTHER_LOCK_TIMEOUT_MS = 200;

/** How long to wait for a record in line with other processes. After that, the engine only looks at it now and then. */
const AWAIT_TIMEOUT_MS = 500;

/** By equalities it takes half the time; a lone command, and all commands on a hot record, name one record. */
const ONE_RECORD = 'one record';

/** The locking reads. TypeORM writes them for the entity. */
interface LockStatements {
  readonly skip: Statement;
  readonly skipOne: Statement;
  readonly wait: Statement;
  readonly awaitOne: Statement;
}

function lockStatements(dataSource: DataSource): LockStatements {
  let statements = lockStatementsOf.get(dataSource);
  if (statements === undefined) {
    const skip = (scope: Scope | typeof ONE_RECORD): string => skipText(dataSource, scope);
    const wait = (scope: Scope): string => waitText(lockQuery(dataSource, scope));
    statements = {
      skip: batchStatement({ name: 'lock_free_stock_levels', text: skip }),
      skipOne: { name: 'lock_free_stock_level', text: skip(ONE_RECORD) },
      wait: batchStatement({ name: 'lock_stock_levels', text: wait }),
      awaitOne: { name: 'await_stock_level', text: awaitText(dataSource) },
    };
    lockStatementsOf.set(dataSource, statements);
  }
  return statements;
}

const lockStatementsOf = new WeakMap<DataSource, LockStatements>();

function lockQuery(
  dataSource: DataSource,
  scope: Scope | typeof ONE_RECORD,
): SelectQueryBuilder<StockLevelEntity> {
  const query = dataSource
    .createQueryBuilder(StockLevelEntity, 's')
    .select(['s.merchantId', 's.id', 's.onHandQty', 's.reservedQty', 's.revision'])
    .addSelect('(extract(epoch FROM s.next_expiry_at) * 1000)::float8', 's_next_expiry_ms')
    .setLock('pessimistic_write');
  if (scope === ONE_RECORD) return query.where('s.merchant_id = $1 AND s.id = $2');
  return query.where(named(scope, 's.')).orderBy('s.merchant_id').addOrderBy('s.id');
}

function skipText(dataSource: DataSource, scope: Scope | typeof ONE_RECORD): string {
  return lockQuery(dataSource, scope)
    .addSelect(readAtMs('s.next_expiry_at'), 's_read_at_ms')
    .addSelect(setsLockTimeout(OTHER_LOCK_TIMEOUT_MS), 's_lock_timeout')
    .setOnLocked('skip_locked')
    .getQuery();
}

/** `more`: further columns. They and the clock are read behind the locks; what the query itself selects may be read before. */
function waitText(query: SelectQueryBuilder<StockLevelEntity>, ...more: string[]): string {
  const columns = ['*', `${readAtMs('s_next_expiry_ms')} AS s_read_at_ms`, ...more];
  return `WITH locked AS MATERIALIZED (${query.getQuery()}) SELECT ${columns.join(', ')} FROM locked`;
}

/** Its condition is always true: it sets how long to wait, before the lock. */
function awaitText(dataSource: DataSource): string {
  return waitText(
    lockQuery(dataSource, ONE_RECORD).andWhere(`${setsLockTimeout(AWAIT_TIMEOUT_MS)} <> ''`),
    `${setsLockTimeout(OTHER_LOCK_TIMEOUT_MS)} AS s_lock_timeout`,
    '(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000)::float8 AS s_waited_ms',
  );
}

function readAtMs(nextExpiry: string): string {
  return `CASE WHEN ${nextExpiry} IS NOT NULL THEN floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 END`;
}

/** As a statement of its own it would cost one more message each way. */
function setsLockTimeout(ms: number): string {
  return `(SELECT set_config('lock_timeout', '${ms}', true))`;
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
  const statements = lockStatements(tx.dataSource);
  const [first] = keys;
  const rows =
    keys.length === 1 && locking === 'skip'
      ? await tx.read<RawStockLevel>(statements.skipOne, [first!.merchantId, first!.id])
      : await tx.read<RawStockLevel>(statements[locking], keyColumns(keys));
  return rows.map(lockedStock);
}

/**
 * Waits for the record in line with everybody else, half a second at most, locks it and reads it. `waitedMs`: how long
 * that took. Undefined: there is no such record.
 */
export async function awaitStockLevel(
  tx: Transaction,
  { merchantId, id }: RecordKey,
): Promise<(LockedStock & { readonly waitedMs: number }) | undefined> {
  const { awaitOne } = lockStatements(tx.dataSource);
  const [row] = await tx.read<RawStockLevel & { s_waited_ms: number }>(awaitOne, [merchantId, id]);
  return row && { ...lockedStock(row), waitedMs: row.s_waited_ms };
}

function lockedStock(row: RawStockLevel): LockedStock {
  return {
    merchantId: row.s_merchant_id,
    stock: {
      id: row.s_id,
      onHandQty: row.s_on_hand_qty,
      reservedQty: row.s_reserved_qty,
      revision: Number(row.s_revision),
      nextExpiryAtMs: row.s_next_expiry_ms,
    },
    readAtMs: row.s_read_at_ms,
  };
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
  const values = [
    texts(rows.map((r) => r.merchantId)),
    texts(rows.map((r) => r.stock.id)),
    numbers(rows.map((r) => r.stock.onHandQty)),
    numbers(rows.map((r) => r.stock.reservedQty)),
    numbers(rows.map((r) => r.stock.revision)),
  ];
  return { statement: UPDATE, values };
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
