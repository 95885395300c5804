import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { Command } from '../../src/domain/command.js';
import type { Success } from '../../src/domain/outcome.js';
import { createEngine, type Engine, type EngineFigures } from '../../src/engine/engine.js';
import type { SchedulerLimits } from '../../src/engine/scheduler/executor.js';
import type { Execution, Submission } from '../../src/engine/submission.js';
import { fingerprint } from '../../src/service/fingerprint.js';
import { findDrift } from '../../src/store/audit.js';
import type { DatabaseLimits, DataSourceRole } from '../../src/store/connection/data-source.js';
import { seedRecords } from '../../src/store/seed.js';
import { insertMerchant } from '../../src/store/tables/merchants.js';
import { openDataSource } from './data-source.js';
import type { TestDatabase } from './database.js';
import { passSeconds } from './pass-time.js';

export const NEVER = Number.MAX_SAFE_INTEGER;

/** A command without merchant and actor. */
export type Unsigned<C> = C extends unknown ? Omit<C, 'merchantId' | 'actor'> : never;

/** The real engine on a pool of its own, with what its observer has seen. */
export interface TestEngine {
  readonly engine: Engine & EngineFigures;
  readonly dataSource: DataSource;
  /** SQLSTATE or message of each failure after which it tried again. */
  readonly retries: string[];
  /** Sizes of the batches. */
  readonly batches: number[];
  /** Calls back at each retry. */
  onRetry: () => void;
  /** Submits all in one turn, so that they share a batch; resolves with what their callers are told. */
  submit(...submissions: readonly Submission[]): Promise<string[]>;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly limits?: Partial<SchedulerLimits>;
  readonly database?: Partial<DatabaseLimits>;
  readonly role?: DataSourceRole;
}

export async function startEngine(url: string, options: EngineOptions = {}): Promise<TestEngine> {
  const dataSource = await openDataSource(url, options.database, options.role);
  const seen: Pick<TestEngine, 'retries' | 'batches' | 'onRetry'> = {
    retries: [],
    batches: [],
    onRetry: () => {},
  };
  const engine = createEngine(dataSource, {
    limits: {
      engineLanes: 2,
      batchCommandsMax: 500,
      queueCommandsMax: 1000,
      queueWaitMaxMs: 0,
      attemptsMax: 4,
      rowsAwaitedMax: 3,
      straysMax: 5,
      slowMs: 100,
      findFreeEveryMs: 10,
      rowWaitMaxMs: 30_000,
      reconcileAttemptsMax: 40,
      backoffMinMs: 1,
      backoffMaxMs: 50,
      ...options.limits,
    },
    observer: {
      batch: (commands) => seen.batches.push(commands),
      retry: (error) => {
        const { code, message } = error as { code?: string; message: string };
        seen.retries.push(code ?? message);
        seen.onRetry();
      },
      changed: () => {},
      failed: () => {},
      taken: () => {},
      split: () => {},
      settled: () => {},
      recordFree: () => {},
      recordKept: () => {},
      done: () => {},
    },
  });
  const submit = async (...submissions: readonly Submission[]): Promise<string[]> =>
    (await Promise.all(submissions.map((submission) => engine.submit(submission, NEVER)))).map(told);
  const close = async (): Promise<void> => {
    await engine.drain();
    await dataSource.destroy();
  };
  return Object.assign(seen, { engine, dataSource, submit, close });
}

/** By default: of inv_1, for A, open-ended. */
interface Reserve {
  readonly id?: string;
  readonly notes?: string;
  readonly key?: string;
  readonly reference?: string;
  readonly ttlSeconds?: number;
}

/** A merchant with two records of 200 units, and what the database says of them. */
export class Shelf {
  readonly merchantId = `mer_${randomBytes(6).toString('hex')}`;

  readonly #database: TestDatabase;
  readonly #dataSource: DataSource;

  constructor(database: TestDatabase, dataSource: DataSource) {
    this.#database = database;
    this.#dataSource = dataSource;
  }

  async fill(): Promise<this> {
    await insertMerchant(this.#dataSource, this.merchantId, 'Test');
    await this.add('inv_1', 'inv_2');
    return this;
  }

  /** Adds more records like these. */
  async add(...ids: readonly string[]): Promise<void> {
    const records = ids.map((id) => ({ id, onHandQty: 200, reservedQty: 0 }));
    await seedRecords(this.#dataSource, this.merchantId, records);
  }

  reserve(qty: number, of: Reserve = {}): Submission {
    const { id = 'inv_1', notes = '', key, reference = 'A', ttlSeconds } = of;
    const reserve = { kind: 'reserve', id, qty, reference, notes, ttlSeconds, allowPartial: false } as const;
    return this.submission(reserve, key);
  }

  /** Without a reference, unless one is given. */
  release(id: string, qty: number, reference = ''): Submission {
    return this.submission({ kind: 'release', id, qty, reference, notes: '' });
  }

  releaseOrder(reference: string): Submission {
    return this.submission({ kind: 'release_order', reference, notes: '' });
  }

  /** A command of the merchant, with or without a key. */
  submission(command: Unsigned<Command>, key?: string): Submission {
    const signed = { ...command, merchantId: this.merchantId, actor: 'ann' } as Command;
    return key === undefined
      ? { command: signed }
      : { command: signed, idempotency: { key, fingerprint: fingerprint(signed.kind, command) } };
  }

  /** `inv_1: A=3 B=1` for each record with holds, as stored: expired ones stay until somebody ends them. */
  async held(): Promise<string[]> {
    const rows = await this.#database.query<{ held: string }>(
      `SELECT inventory_id || ': ' || string_agg(reference || '=' || qty, ' ' ORDER BY opened_revision) AS held
         FROM holds WHERE merchant_id = $1 GROUP BY inventory_id ORDER BY inventory_id`,
      [this.merchantId],
    );
    return rows.map((row) => row.held);
  }

  /** Entries by the system for holds that expired: `inv_1 -3 A`, in order of revision. */
  async expired(): Promise<string[]> {
    const rows = await this.#database.query<{ entry: string }>(
      `SELECT inventory_id || ' ' || reserved_delta || ' ' || reference AS entry
         FROM movement_log
        WHERE merchant_id = $1 AND action = 'RELEASED' AND actor = 'system' AND notes = 'expired'
        ORDER BY inventory_id, revision`,
      [this.merchantId],
    );
    return rows.map((row) => row.entry);
  }

  passSeconds(seconds: number): Promise<void> {
    return passSeconds(this.#dataSource, this.merchantId, seconds);
  }

  /** What happened, from the tables alone; fails on drift. */
  async happened(): Promise<{ reserved: number[]; entries: number; keys: number }> {
    const drift = await findDrift(this.#dataSource, this.merchantId);
    if (drift.length > 0) throw new Error(`drift: ${JSON.stringify(drift)}`);
    const [row] = await this.#database.query<{ reserved: number[]; entries: number; keys: number }>(
      `SELECT (SELECT array_agg(reserved_qty ORDER BY id) FROM stock_levels WHERE merchant_id = $1) AS reserved,
              (SELECT count(*)::int FROM movement_log WHERE merchant_id = $1 AND actor = 'ann') AS entries,
              (SELECT count(*)::int FROM idempotency_keys WHERE merchant_id = $1) AS keys`,
      [this.merchantId],
    );
    return row!;
  }
}

/** `5 reserved`, `7 on hand`, `restocked`, `INSUFFICIENT_STOCK`, `CONTENTION`, `reused`; a replay ends with `!`. */
export function told(execution: Execution | { reason: string }): string {
  if ('reason' in execution) return execution.reason;
  if (execution.kind === 'key_reused') return 'reused';
  const { outcome } = execution;
  const said = outcome.ok ? figuresOf(outcome) : outcome.rejection.reason;
  return execution.kind === 'replayed' ? `${said}!` : said;
}

function figuresOf(success: Success): string {
  if ('stock' in success) return `${success.stock.reservedQty} reserved`;
  if ('stocks' in success) return `${success.stocks.map((stock) => stock.reservedQty).join(' ')} reserved`;
  if ('received' in success) return success.received.effect;
  if ('adjusted' in success) return `${success.adjusted.map((stock) => stock.onHandQty).join(' ')} on hand`;
  return 'done';
}

/** A session of somebody else, for locks that only last within a transaction. */
export class Session {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<Session> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new Session(client);
  }

  async run(sql: string, values?: unknown[]): Promise<void> {
    await this.#client.query(sql, values);
  }

  /** Locks the record, until the session's transaction ends. */
  lockRecord(merchantId: string, id: string): Promise<void> {
    return this.run('SELECT 1 FROM stock_levels WHERE merchant_id = $1 AND id = $2 FOR UPDATE', [
      merchantId,
      id,
    ]);
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
