import type { Statement } from '../connection/statement.js';
import type { Transaction } from '../connection/transaction.js';

const READ: Statement = {
  name: 'read_clock',
  text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::float8 AS now_us',
};

/**
 * Reads the database's clock, the authoritative one: microseconds since the epoch, as exact as its own timestamps. Read
 * after a lock, the time is not before the lock.
 */
export async function readClock(tx: Transaction): Promise<number> {
  const [row] = await tx.read<{ now_us: number }>(READ, []);
  return row!.now_us;
}
