import type { DataSource, QueryRunner } from 'typeorm';
import { isOfMerchants, poolWatchOf } from './data-source.js';
import type { PoolClient } from './pool-client.js';
import { requireNode } from './silent-nodes.js';
import { isAfterFailure, isUnanswered } from './sqlstate.js';
import { type Statement, together, type Write } from './statement.js';
import type { EndedTransaction, TransactionKind } from './watched-pool.js';

/**
 * A transaction in progress, on TypeORM's connection.
 *
 * Statements are sent without waiting for earlier answers, and run in the order in which they were sent: what `read`
 * sends after a lock sees what the lock protects. START TRANSACTION leaves with the first reads and COMMIT with the
 * last writes. So a batch costs two round trips, however many statements it has.
 */
export class Transaction {
  /** Holds the entities for statements that TypeORM writes. */
  readonly dataSource: DataSource;
  /**
   * The merchant whose rows alone it touches, and whom every statement names (`batchStatement`). Undefined where tables are
   * not distributed, or if it may touch all rows.
   */
  readonly merchantId: string | undefined;
  readonly #client: PoolClient;
  readonly #writes: Promise<unknown>[] = [];
  #failed = false;
  #firstError: unknown;

  constructor(dataSource: DataSource, client: PoolClient, merchantId: string | undefined) {
    this.dataSource = dataSource;
    this.#client = client;
    this.merchantId = merchantId;
  }

  async read<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.#send(statement, values);
    return rows as Row[];
  }

  /** Sends a statement whose answer nobody needs. If it fails, the transaction fails. */
  write(statement: Statement, values: readonly unknown[]): void {
    this.#writes.push(this.#send(statement, values));
  }

  /**
   * Sends all of them as one statement. Whether a distributed database could run that, nobody has tried; there, they go one
   * by one.
   */
  writeTogether(...writes: readonly Write[]): void {
    if (this.merchantId === undefined) {
      const values = writes.flatMap((write) => write.values);
      this.write(together(writes.map(({ statement }) => statement)), values);
      return;
    }
    for (const write of writes.flatMap((one) => one.ofMerchant?.() ?? one)) {
      this.write(write.statement, write.values);
    }
  }

  /** Sends nothing more: a statement sent now would take effect on its own, outside any transaction. */
  fail(): void {
    this.#failed = true;
  }

  #send(statement: Statement, values: readonly unknown[]): Promise<{ rows: unknown[] }> {
    if (this.#failed) throw new Error('the transaction has failed');
    const { merchantId } = this;
    const { ofMerchant } = statement;
    const sent =
      merchantId === undefined || ofMerchant === undefined
        ? this.#client.query({ name: statement.name, text: statement.text, values })
        : this.#client.query({ values: [...values, merchantId], ...ofMerchant });
    // A failed write is handled when the transaction ends. Until then, it must not count as unhandled.
    sent.catch((error: unknown) => {
      this.#firstError ??= error;
    });
    return sent;
  }

  /** Statements behind one that failed are refused, which may be the error that comes to light first. Returns the cause. */
  causeOf(error: unknown): unknown {
    return isAfterFailure(error) ? (this.#firstError ?? error) : error;
  }

  /** Whether there is anything to commit, apart from locks. */
  get hasWritten(): boolean {
    return this.#writes.length > 0;
  }

  /** The first failure causes the ones after it. */
  async firstFailure(): Promise<unknown> {
    const settled = await Promise.allSettled(this.#writes);
    return settled.find((write) => write.status === 'rejected')?.reason;
  }
}

/** The connection was lost during COMMIT: the transaction may or may not have taken effect. */
export class CommitOutcomeUnknown extends Error {
  override readonly name = 'CommitOutcomeUnknown';
  constructor(cause: unknown) {
    super('the connection was lost during COMMIT', { cause });
  }
}

/** For `catch`, where it does not matter whether the COMMIT happened: throws what ended it. Other errors stay. */
export function withoutDoubt(error: unknown): never {
  throw error instanceof CommitOutcomeUnknown ? error.cause : error;
}

/**
 * Runs `work` in a READ COMMITTED transaction. If `work` or a write fails, rolls back and throws the error. If COMMIT
 * goes unanswered, throws CommitOutcomeUnknown. With a `merchantId`, it must only touch that merchant's rows; in a pool
 * for distributed tables, its statements then say so, and it throws NodeSilent where those rows are not to be had. `kind`:
 * what it is for, as the pool's metrics show it.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<T>,
  merchantId?: string,
  kind: TransactionKind = 'other',
): Promise<T> {
  if (merchantId !== undefined) await requireNode(dataSource, merchantId);
  const runner = dataSource.createQueryRunner();
  let startedMs: number | undefined;
  let outcome: EndedTransaction['outcome'] = 'rolled_back';
  let commitMs: number | undefined;
  try {
    const client: PoolClient = await runner.connect();
    startedMs = performance.now();
    const handedOver = client.nextHandedOver();
    const started = runner.startTransaction();
    // This does not wait for the answer, but only until the statement is sent, before everything else.
    await Promise.race([handedOver, started]);
    const tx = new Transaction(dataSource, client, isOfMerchants(dataSource) ? merchantId : undefined);
    const working = work(tx);
    let result: T;
    try {
      [result] = await Promise.all([working, started]);
    } catch (error) {
      // After any failure, nothing may continue on this connection, which others will use next.
      tx.fail();
      await Promise.allSettled([working, started]);
      await tx.firstFailure();
      // A connection too broken to roll back is discarded.
      await runner.rollbackTransaction().catch(() => {});
      throw tx.causeOf(error);
    }
    try {
      await commit(runner, tx);
      outcome = 'committed';
    } catch (error) {
      if (error instanceof CommitOutcomeUnknown) outcome = 'unknown';
      throw error;
    } finally {
      if (tx.hasWritten) commitMs = client.answerTookMs;
    }
    return result;
  } finally {
    if (startedMs !== undefined) {
      const durationMs = performance.now() - startedMs;
      poolWatchOf(dataSource)?.onTransaction?.({ kind, outcome, durationMs, commitMs });
    }
    await runner.release().catch(() => {});
  }
}

/** The server turns the COMMIT of a transaction in which a statement failed into a ROLLBACK. */
async function commit(runner: QueryRunner, tx: Transaction): Promise<void> {
  const [committed] = await Promise.allSettled([runner.commitTransaction()]);
  const failure =
    (await tx.firstFailure()) ?? (committed.status === 'rejected' ? committed.reason : undefined);
  if (failure === undefined) return;
  throw isUnanswered(failure) ? new CommitOutcomeUnknown(failure) : failure;
}
