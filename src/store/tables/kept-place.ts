import type { DataSource } from 'typeorm';
import { isLockTimeout, sqlStateOf } from '../connection/sqlstate.js';
import type { Statement } from '../connection/statement.js';
import { inTransaction, type Transaction } from '../connection/transaction.js';
import type { TransactionKind } from '../connection/watched-pool.js';

/** Longer than that, a transaction whose connection others need does not wait for a shard that is being moved. */
const PLACE_TIMEOUT_MS = 10;

/** By a function, which only the coordinator hears of. What follows waits as long as before. */
const WAIT_BRIEFLY: Statement = {
  name: 'wait_briefly',
  text: `
    SELECT set_config('holdfast.lock_timeout', current_setting('lock_timeout'), true),
           set_config('lock_timeout', '${PLACE_TIMEOUT_MS}', true)`,
};
const WAIT_AS_BEFORE: Statement = {
  name: 'wait_as_before',
  text: `SELECT set_config('lock_timeout', current_setting('holdfast.lock_timeout'), true)`,
};

/** No id is empty, so it changes no row. */
const KEEP_PLACE: Statement = {
  name: 'keep_place',
  text: "UPDATE stock_levels SET revision = revision WHERE merchant_id = $1 AND id = ''",
};

/** A cluster is moving the merchant's rows to another node, and they may not be written meanwhile. Nothing was done. */
export class PlaceKept extends Error {
  override readonly name = 'PlaceKept';
  /** What it counts as, where nobody knows better: a lock that was not to be had. */
  readonly code: string | undefined;

  constructor(merchantId: string, cause: unknown) {
    super(`the rows of ${merchantId} are being moved to another node`, { cause });
    this.code = sqlStateOf(cause);
  }
}

/** For `catch`: what comes instead while the rows are being moved. Other errors stay. */
export function ifMoved<T>(instead: () => T): (error: unknown) => T {
  return (error) => {
    if (error instanceof PlaceKept) return instead();
    throw error;
  };
}

/**
 * Runs `work` in a transaction; if it is one merchant's, whose rows stay on their node until it ends. So must every
 * transaction that writes what it has read behind a lock. Throws PlaceKept if the rows are just being moved, and with
 * `patiently`, only if that takes longer than it may wait for any lock.
 *
 * Citus moves or splits a shard with `block_writes` once no transaction is in progress that has written to it; one that has
 * only locked rows does not count. Its writes would go to the new place, where the rows are not locked, and where others
 * may have changed them meanwhile. So it makes itself count, before it locks anything: with a write of nothing. In a pool
 * that is not for distributed tables, it sends nothing of that.
 */
export async function inPlace<T>(
  dataSource: DataSource,
  work: (tx: Transaction) => Promise<T>,
  merchantId: string | undefined,
  kind?: TransactionKind,
  waiting: 'briefly' | 'patiently' = 'briefly',
): Promise<T> {
  let failure: Promise<unknown> | undefined;
  const inKeptPlace = (tx: Transaction): Promise<T> => {
    failure = keepPlace(tx, waiting);
    return work(tx);
  };
  const [ended] = await Promise.allSettled([inTransaction(dataSource, inKeptPlace, merchantId, kind)]);
  // If this failed, everything behind it only failed because of that, or was nothing.
  const first = await failure;
  if (first !== undefined) throw isLockTimeout(first) ? new PlaceKept(merchantId!, first) : first;
  if (ended.status === 'rejected') throw ended.reason;
  return ended.value;
}

/** Returns why it failed, if it did. */
async function keepPlace(tx: Transaction, waiting: 'briefly' | 'patiently'): Promise<unknown> {
  const { merchantId } = tx;
  if (merchantId === undefined) return undefined;
  const keep = (): Promise<unknown> => tx.read(KEEP_PLACE, [merchantId]);
  const sent =
    waiting === 'briefly' ? [tx.read(WAIT_BRIEFLY, []), keep(), tx.read(WAIT_AS_BEFORE, [])] : [keep()];
  const answers = await Promise.allSettled(sent);
  return answers.find((answer) => answer.status === 'rejected')?.reason;
}
