import type { DataSource } from 'typeorm';
import type { Database } from '../database.js';
import { poolWatchOf } from '../store/connection/data-source.js';
import type { Blocker } from '../store/connection/stall-questions.js';
import { type Stall, StallWatch, stalledIn } from '../store/connection/stall-watch.js';
import type { PoolWatch } from '../store/connection/watched-pool.js';
import type { RecordKey } from '../store/tables/stock-levels.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics/metrics.js';
import { boundedWarning } from './bounded-warning.js';

/** Short, since a server that does not answer at once is itself the cause of the wait. */
const QUESTION_TIMEOUT_MS = 1000;

const messages: Readonly<Record<Stall['on'], string>> = {
  connection: 'a transaction waits for a database connection',
  lock: 'a transaction waits for a lock that another one has',
  commit: 'a COMMIT has no answer',
  statement: 'a statement has no answer',
  process: 'a transaction waits for this process',
};

/** Shows what this process waits for in its database: in the metrics and, if it takes long, in the log. */
export interface Stalls {
  /** `queued`: how many wait for a connection of the pool without having asked the pool for it. */
  addPool(name: string, dataSource: DataSource, queued?: () => number): void;
  /** Who keeps a record locked, if that can be found out. */
  holdersOf(record: RecordKey): Promise<readonly Blocker[]>;
  stop(): void;
}

export function watchStalls(
  database: Database,
  { database: metrics }: Pick<Metrics, 'database'>,
  logger: Logger,
): Stalls {
  const pools = new Map<string, PoolWatch>();
  const questions = database.openStallQuestions(QUESTION_TIMEOUT_MS);
  const warnings = Object.fromEntries(
    Object.entries(messages).map(([on, message]) => [on, boundedWarning(logger, message)]),
  );
  metrics.silentNodes = database.silentNodes;
  const watch = new StallWatch(pools, questions, ({ on, ...stall }) => {
    metrics.stalled(on);
    warnings[on]!(stall);
  });
  return {
    addPool: (name, dataSource, queued = () => 0) => {
      const pool = poolWatchOf(dataSource);
      if (pool === undefined) return;
      pools.set(name, pool);
      pool.onTransaction = (ended) => metrics.transaction(ended, ended.durationMs, ended.commitMs);
      metrics.addPool(name, () => {
        const { figures } = pool;
        return { ...figures, waiting: figures.waiting + queued(), stalled: stalledIn(pool) };
      });
    },
    holdersOf: (record) => questions.holdersOf(record).catch(() => []),
    stop: () => watch.stop(),
  };
}
