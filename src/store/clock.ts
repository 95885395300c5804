import type { Statement, Transaction } from './transaction.js';

const READ: Statement = {
  name: 'read_clock',
  text: 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms',
};

/** The database's clock, the one that counts: milliseconds since the epoch. Sent after a lock, it is not before it. */
export async function readClock(tx: Transaction): Promise<number> {
  const [row] = await tx.read<{ now_ms: number }>(READ, []);
  return row!.now_ms;
}
