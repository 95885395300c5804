import type { DataSource } from 'typeorm';
import { createCalls } from './app/calls.js';
import { openCore } from './app/core.js';
import { type Addresses, createPorts, openPorts } from './app/ports.js';
import { createSweepers } from './app/sweepers.js';
import type { Config } from './config.js';
import type { Engine } from './engine/engine.js';
import { Readiness } from './store/connection/readiness.js';
import { createLogger, type Logger } from './telemetry/logger.js';
import { inTime } from './timing/in-time.js';

export interface App extends Addresses {
  readonly dataSource: DataSource;
  /** Finishes accepted calls within the shutdown timeout, then releases everything. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly logger?: Logger;
  /** Replaces the real one, for benchmarks and tests. */
  readonly engine?: Engine;
  /**
   * Work that the service does before it is ready, besides opening ports. The returned function runs in the turn in
   * which the service becomes ready, so that observers of one can rely on the other.
   */
  readonly prepare?: (started: Omit<App, 'close'>) => Promise<() => void>;
}

const READINESS_INTERVAL_MS = 1000;
const READINESS_TIMEOUT_MS = 2000;

/** Constructs the service and listens. Nothing else constructs it. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const logger = overrides.logger ?? createLogger(config.logLevel);
  const core = await openCore(config, logger, overrides.engine);
  const { dataSource, engine, metrics } = core;
  const calls = createCalls(config, logger, core);
  const ports = createPorts(config, logger, { calls, metrics, isReady: () => readiness.ready });
  const readiness = new Readiness(dataSource, {
    intervalMs: READINESS_INTERVAL_MS,
    timeoutMs: READINESS_TIMEOUT_MS,
    onChange: (ready) => {
      ports.grpc.setServing(ready);
      logger.info({ ready }, ready ? 'ready' : 'not ready');
    },
  });
  const sweepers = createSweepers(core, logger);

  const close = async (): Promise<void> => {
    const { grpc, http } = ports;
    readiness.stop();
    calls.streamDispatcher.endAll();
    const drained = Promise.all([grpc.drain(), http.drain(), ports.metrics?.drain()])
      // The engine also finishes calls whose callers have given up.
      .then(() => Promise.all([engine.drain(), ...sweepers.map((sweeper) => sweeper.stop())]))
      // Keep-alive connections may have brought more calls whose answers are not written yet.
      .then(() => http.drain());
    await inTime(config.limits.shutdownTimeoutMs, drained, () =>
      logger.warn('the shutdown timeout passed with calls still in progress'),
    );
    grpc.destroy();
    http.destroy();
    ports.metrics?.destroy();
    await core.close();
  };

  try {
    const reached = await openPorts(config, ports);
    logger.info({ ...reached.addresses, metricsUrl: reached.metricsUrl }, 'listening');
    const started = { ...reached, dataSource };
    const announce = await overrides.prepare?.(started);
    await readiness.start(announce);
    for (const sweeper of sweepers) sweeper.start();
    return { ...started, close };
  } catch (error) {
    await close();
    throw error;
  }
}
