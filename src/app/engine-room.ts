import type { Config } from '../config.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { engineLimits } from '../engine/engine-limits.js';
import { HoldSweep } from '../engine/hold-sweep.js';
import { StalledQueue } from '../engine/stalled-queue.js';
import type { Sweeper } from '../service/sweeps/sweeper.js';
import type { Logger } from '../telemetry/logger.js';
import { Metrics } from '../telemetry/metrics/metrics.js';
import { VERSION } from '../version.js';
import { type Checks, engineChecks } from './checks.js';
import { type Core, openCore } from './core.js';
import { engineObserver } from './observers.js';
import { type Stalls, watchStalls } from './stalls.js';
import { createSweepers } from './sweepers.js';

/** How long the check of the database may take to connect, and to answer each question. */
const READINESS_TIMEOUT_MS = 2000;

/** What exists once in a service, however many processes have the doors: the engine, and what runs by itself. */
export interface EngineRoom extends Core {
  readonly metrics: Metrics;
  readonly stalls: Stalls;
  readonly engine: Engine;
  readonly checks: Checks;
  readonly sweepers: readonly Sweeper[];
  /** Finishes the sweeps, and all commands that were taken, also those whose callers have given up. */
  drain(): Promise<unknown>;
}

/** `replacement`: an engine to use instead of the real one. Throws DatabaseUnusable. */
export async function openEngineRoom(
  config: Config,
  logger: Logger,
  replacement: Engine | undefined,
): Promise<EngineRoom> {
  const core = await openCore(config, logger);
  const { dataSource, changes, database, tracing } = core;
  const metrics = new Metrics(VERSION, () => own);
  const stalls = watchStalls(database, metrics, logger);
  stalls.addPool('changes', dataSource);
  const holdSweep = new HoldSweep(dataSource, (merchantId) => changes.changed(merchantId));
  const changed = (merchantId: string): void => {
    changes.changed(merchantId);
    holdSweep.changed(merchantId);
  };
  const own = createEngine(dataSource, {
    observer: { ...engineObserver(metrics, logger, stalls, changed), done: () => stalledQueue.moved() },
    limits: engineLimits(config.limits),
    tracing,
  });
  const stalledQueue = new StalledQueue(() => own);
  const checks = engineChecks(database.openWriteProbe(READINESS_TIMEOUT_MS), stalledQueue);
  const engine = replacement ?? own;
  const sweepers = createSweepers(dataSource, holdSweep, logger, metrics);
  return {
    ...core,
    metrics,
    stalls,
    engine,
    checks,
    sweepers,
    drain: () => Promise.all([engine.drain(), ...sweepers.map((sweeper) => sweeper.stop())]),
    close: async () => {
      stalls.stop();
      await core.close();
    },
  };
}
