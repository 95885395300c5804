import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { PoolClient } from '../../../src/store/connection/pool-client.js';
import { type Statement, together } from '../../../src/store/connection/statement.js';
import { Transaction } from '../../../src/store/connection/transaction.js';
import { merchantFaults } from './names-merchant.js';

/*
 * Reads every statement that the service executes in the tests' own process, in any test. A statement that could not run
 * on a distributed table fails where it is sent. If a statement has a second text for one merchant, that one is read, no
 * matter which is sent. The tests' own statements are not read. And a transaction of one merchant that has locked rows
 * only writes if it has kept them in their place (`inPlace`).
 */

/** The tables that are distributed by merchant; `merchants` and `api_keys` are on each node. */
export const merchantTables: ReadonlySet<string> = tablesOfSchema();

/** A file of the store: the source, or what was compiled from it. */
const store = /\/(?:src|dist)\/store\//;

// Files share their worker's modules, but each of them runs this file again.
const kept = Symbol.for('holdfast: statements that are good');
const worker = globalThis as { [kept]?: Set<string> };
const isFirst = worker[kept] === undefined;
worker[kept] ??= new Set();

/** Texts that have been read and are good. */
const good = worker[kept];

function read(text: string): void {
  if (good.has(text)) return;
  const faults = merchantFaults(text, merchantTables);
  if (faults.length > 0)
    throw new Error(`this statement is not of one merchant (${faults.join('; ')}):\n${text}`);
  good.add(text);
}

/** Whether a statement with this in its text has been read, in this file or in one before it. */
export function wasRead(part: string): boolean {
  return [...good].some((text) => text.includes(part));
}

function tablesOfSchema(): ReadonlySet<string> {
  const schema = readFileSync(join(import.meta.dirname, '../../golden/schema.sql'), 'utf8');
  const tables = [...schema.matchAll(/^CREATE TABLE (\w+) \(\n {2}merchant_id /gm)].map(([, name]) => name!);
  return new Set(tables.filter((table) => table !== 'merchants' && table !== 'api_keys'));
}

const readStatement = ({ text, ofMerchant }: Statement): void => {
  read(ofMerchant?.text ?? text);
  if (ofMerchant !== undefined) good.add(text);
};

/** Transactions whose rows stay in their place, and those that have locked rows which may be moved. */
const placed = new WeakSet<Transaction>();
const lockedWithout = new WeakSet<Transaction>();

function readAll(): void {
  const { read: readRows, write, writeTogether } = Transaction.prototype;
  Transaction.prototype.read = function <Row>(this: Transaction, statement: Statement, values: unknown[]) {
    readStatement(statement);
    if (statement.name === 'keep_place') placed.add(this);
    if (/\bstock_levels\b.*\bFOR UPDATE\b/s.test(statement.text) && !placed.has(this))
      lockedWithout.add(this);
    return readRows.call(this, statement, values) as Promise<Row[]>;
  };
  Transaction.prototype.write = function (this: Transaction, statement, values) {
    readStatement(statement);
    if (this.merchantId !== undefined && lockedWithout.has(this))
      throw new Error(`locked rows that may be moved, then ${statement.name}`);
    write.call(this, statement, values);
  };
  Transaction.prototype.writeTogether = function (this: Transaction, ...writes) {
    const statements = writes.map(({ statement }) => statement);
    for (const write of writes) {
      if (good.has(write.statement.text)) continue;
      for (const { statement } of write.ofMerchant?.() ?? [write]) readStatement(statement);
      good.add(write.statement.text);
    }
    // It is good if its parts are. On a distributed database, these are sent.
    good.add(together(statements).text);
    writeTogether.call(this, ...writes);
  };

  const { query } = PoolClient.prototype;
  PoolClient.prototype.query = function (this: PoolClient, ...statement: unknown[]) {
    const [config] = statement as [{ name?: string; text: string }];
    // Those without a name come from TypeORM, where their caller is known.
    if (config?.name) read(config.text);
    return query.apply(this, statement);
  };

  const { query: queryByTypeOrm } = DataSource.prototype;
  DataSource.prototype.query = function (this: DataSource, text: string, ...rest) {
    if (!good.has(text) && store.test(callerOf(DataSource.prototype.query))) read(text);
    return queryByTypeOrm.call(this, text, ...rest) as never;
  };
}

/** The file that called a function which is running. Unlike `stack`, this needs no search in a source map. */
function callerOf(called: (...args: never[]) => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, [caller]) => caller?.getFileName() ?? '';
    const told: { stack?: string } = {};
    Error.captureStackTrace(told, called);
    return told.stack ?? '';
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

if (isFirst) readAll();
