import type { DataSource, QueryRunner } from 'typeorm';
import type { PoolClient } from './pool-client.js';
import { isUnanswered } from './sqlstate.js';

/** A statement that each connection prepares once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

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
  readonly #client: PoolClient;
  readonly #writes: Promise<unknown>[] = [];
  #failed = false;

  constructor(dataSource: DataSource, client: PoolClient) {
    this.dataSource = dataSource;
    this.#client = client;
  }

  async read<Row>(statement: Statement, values: unknown[]): Promise<Row[]> {
    this.#assertAlive();
    const { rows } = await this.#client.query({ ...statement, values });
    return rows;
  }

  /** Sends a statement whose answer nobody needs. If it fails, the transaction fails. */
  write(statement: Statement, values: unknown[]): void {
    this.#assertAlive();
    const written: Promise<unknown> = this.#client.query({ ...statement, values });
    // The failure is handled when the transaction ends; it must not count as unhandled before.
    written.catch(() => {});
    this.#writes.push(written);
  }

  /** Sends nothing more: a statement sent now would take effect on its own, outside any transaction. */
  fail(): void {
    this.#failed = true;
  }

  #assertAlive(): void {
    if (this.#failed) throw new Error('the transaction has failed');
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

/**
 * Runs `work` in a READ COMMITTED transaction. When `work` or a write fails, rolls back and throws the error. When
 * COMMIT goes unanswered, throws CommitOutcomeUnknown.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client: PoolClient = await runner.connect();
    const handedOver = client.nextHandedOver();
    const started = runner.startTransaction();
    // Waits only until it is sent before everything else, not for its answer.
    await Promise.race([handedOver, started]);
    const tx = new Transaction(dataSource, client);
    const working = work(tx);
    let result: T;
    try {
      [result] = await Promise.all([working, started]);
    } catch (error) {
      // After any failure, nothing may continue on this connection, which others will use next.
      tx.fail();
      await Promise.allSettled([working, started]);
      await tx.firstFailure();
      // The first error says what happened. A connection too broken to roll back is discarded.
      await runner.rollbackTransaction().catch(() => {});
      throw error;
    }
    await commit(runner, tx);
    return result;
  } finally {
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
