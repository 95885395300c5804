import type { DataSource, QueryRunner } from 'typeorm';
import type { PoolClient } from './pool-client.js';
import { isUnanswered } from './sqlstate.js';

/** A statement that connections prepare once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * A transaction in progress, on TypeORM's connection.
 *
 * Statements travel without waiting for the answers to those before them, and run in the order in which they were
 * sent: what `read` sends after a lock sees what the lock protects, START TRANSACTION leaves with the first reads
 * and COMMIT with the last writes. So a batch costs two round trips, however many statements it has.
 */
export class Transaction {
  /** Whose entities a statement of TypeORM's is written for. */
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

  /** Sends a statement whose answer nothing here depends on; its failure fails the transaction. */
  write(statement: Statement, values: unknown[]): void {
    this.#assertAlive();
    const written: Promise<unknown> = this.#client.query({ ...statement, values });
    // Looked at when the transaction ends; until then a failure is nobody's.
    written.catch(() => {});
    this.#writes.push(written);
  }

  /** Lets nothing more through: what is sent now would take effect by itself, outside of any transaction. */
  fail(): void {
    this.#failed = true;
  }

  #assertAlive(): void {
    if (this.#failed) throw new Error('the transaction has failed');
  }

  /** The first failure is the cause of those behind it. */
  async firstFailure(): Promise<unknown> {
    const settled = await Promise.allSettled(this.#writes);
    return settled.find((write) => write.status === 'rejected')?.reason;
  }
}

/** The connection was lost with COMMIT on its way: the transaction may be there or not. */
export class CommitOutcomeUnknown extends Error {
  override readonly name = 'CommitOutcomeUnknown';
  constructor(cause: unknown) {
    super('the connection was lost during COMMIT', { cause });
  }
}

/**
 * Runs `work` in a READ COMMITTED transaction. When `work` or a write fails, it is rolled back and the error
 * thrown; when COMMIT goes unanswered, CommitOutcomeUnknown is.
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
    // Its answer is not waited for, only its place before everything else.
    await Promise.race([handedOver, started]);
    const tx = new Transaction(dataSource, client);
    const working = work(tx);
    let result: T;
    try {
      [result] = await Promise.all([working, started]);
    } catch (error) {
      // Whatever failed, nothing may go on on this connection once it is somebody else's.
      tx.fail();
      await Promise.allSettled([working, started]);
      await tx.firstFailure();
      // The first error is the one that says what happened; a connection too broken to roll back is discarded.
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
