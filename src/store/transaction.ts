import type { DataSource, QueryRunner } from 'typeorm';
import { isUnanswered } from './sqlstate.js';

/** A transaction in progress. Only the store looks inside. */
export interface Transaction {
  readonly runner: QueryRunner;
}

/** The connection was lost during COMMIT: the transaction may be there or not. */
export class CommitOutcomeUnknown extends Error {
  override readonly name = 'CommitOutcomeUnknown';
  constructor(cause: unknown) {
    super('the connection was lost during COMMIT', { cause });
  }
}

/**
 * Runs `work` in a READ COMMITTED transaction. When `work` fails, it is rolled back and its error thrown; when
 * COMMIT itself goes unanswered, CommitOutcomeUnknown is.
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.connect();
    await runner.startTransaction();
    let result: T;
    try {
      result = await work({ runner });
    } catch (error) {
      // The first error is the one that says what happened; a connection too broken to roll back is discarded.
      await runner.rollbackTransaction().catch(() => {});
      throw error;
    }
    try {
      await runner.commitTransaction();
    } catch (error) {
      throw isUnanswered(error) ? new CommitOutcomeUnknown(error) : error;
    }
    return result;
  } finally {
    await runner.release().catch(() => {});
  }
}
