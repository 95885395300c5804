import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import type { Database } from '../database.js';
import { ReadPool } from '../store/reads/read-pool.js';
import type { Stalls } from './stalls.js';

/** With this bound, any number of watches leaves connections for other reads. */
const WATCH_READS_MAX = 2;

export interface ReadPools {
  readonly readPool: ReadPool;
  readonly watchPool: ReadPool;
  /** The server of the reads, if it is not the one of all other statements. */
  readonly behindReads: DataSource | undefined;
  /** Waits for the reads in progress. */
  close(): Promise<void>;
}

/** Throws DatabaseUnusable, with the database closed. */
export async function openReadPools(
  database: Database,
  { readPoolConnectionsMax, readsWaitingMax, streamsMax }: Config['limits'],
  stalls: Pick<Stalls, 'addPool'>,
): Promise<ReadPools> {
  const { reads, fresh } = await database.openReads();
  const readPool = new ReadPool(reads, { readPoolConnectionsMax, readsWaitingMax });
  // When a watch is woken, it must be able to see the change. So it never reads from a standby.
  const watchPool = new ReadPool(fresh, {
    readPoolConnectionsMax: Math.min(WATCH_READS_MAX, readPoolConnectionsMax),
    readsWaitingMax: streamsMax,
  });
  if (reads === fresh) stalls.addPool('reads', reads, () => readPool.waiting + watchPool.waiting);
  else {
    stalls.addPool('reads', reads, () => readPool.waiting);
    stalls.addPool('watches', fresh, () => watchPool.waiting);
  }
  return {
    readPool,
    watchPool,
    behindReads: reads === fresh ? undefined : reads,
    // Reads may go on after their callers have left. Waiting for them keeps the database open until they end; the
    // statement timeout bounds that.
    close: async () => {
      await Promise.all([readPool.close(), watchPool.close()]);
    },
  };
}
