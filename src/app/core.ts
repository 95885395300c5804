import type { DataSource } from 'typeorm';
import type { Config } from '../config.js';
import { openDatabase, requireScope } from '../database.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { engineLimits } from '../engine/engine-limits.js';
import { HoldSweep } from '../engine/hold-sweep.js';
import { ChangeSignal } from '../service/watch/change-signal.js';
import { ReadPool } from '../store/reads/read-pool.js';
import type { Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics.js';
import { VERSION } from '../version.js';
import { engineObserver } from './observers.js';

/** What answers calls below the doors: the database, the engine and the change signal. */
export interface Core {
  readonly dataSource: DataSource;
  readonly engine: Engine;
  readonly readPool: ReadPool;
  readonly watchPool: ReadPool;
  readonly changes: ChangeSignal;
  readonly holdSweep: HoldSweep;
  readonly metrics: Metrics;
  /** To be called when no call is in progress. */
  close(): Promise<void>;
}

/** Any number of watches leaves connections for other reads. */
const WATCH_READS_MAX = 2;

/** `replacement`: an engine to use instead of the real one. */
export async function openCore(
  config: Config,
  logger: Logger,
  replacement: Engine | undefined,
): Promise<Core> {
  const { limits } = config;
  const database = await openDatabase(config, logger);
  const { dataSource } = database;
  await requireScope(database, config).catch((error) => database.close().then(() => Promise.reject(error)));
  const readSource = await database.openReads();
  const readPool = new ReadPool(readSource, {
    readPoolConnectionsMax: limits.readPoolConnectionsMax,
    readsWaitingMax: limits.readsWaitingMax,
  });
  const watchPool = new ReadPool(readSource, {
    readPoolConnectionsMax: Math.min(WATCH_READS_MAX, limits.readPoolConnectionsMax),
    readsWaitingMax: limits.streamsMax,
  });
  if (database.migrations.length > 0) logger.info({ migrations: database.migrations }, 'schema migrated');

  const metrics = new Metrics(VERSION, () => engine);
  const channel = database.openChanges((merchantId) => changes.wake(merchantId));
  const changes = new ChangeSignal(channel);
  const holdSweep = new HoldSweep(dataSource, (merchantId) => changes.changed(merchantId));
  const changed = (merchantId: string): void => {
    changes.changed(merchantId);
    holdSweep.changed(merchantId);
  };
  const engine = createEngine(dataSource, {
    batchScope: config.batchScope,
    observer: engineObserver(metrics, logger, changed),
    limits: engineLimits(limits),
  });
  const close = async (): Promise<void> => {
    changes.close();
    // Reads may go on after their callers have left; wait, so that they do not find the database closed. The statement
    // timeout bounds them.
    await Promise.all([readPool.close(), watchPool.close()]);
    await database.close();
  };
  return {
    dataSource,
    engine: replacement ?? engine,
    readPool,
    watchPool,
    changes,
    holdSweep,
    metrics,
    close,
  };
}
