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
  /** Finishes what was accepted, within the shutdown timeout, then lets go of everything. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly logger?: Logger;
  /** In place of the real one: a benchmark's no-op, a test's fault. */
  readonly engine?: Engine;
  /**
   * What the start promises beside open ports: the service is not ready before this is done. What it returns runs in
   * the very turn in which the service becomes ready, so that who hears of one may count on the other.
   */
  readonly prepare?: (started: Omit<App, 'close'>) => Promise<() => void>;
}

const READINESS_INTERVAL_MS = 1000;
const READINESS_TIMEOUT_MS = 2000;

/** Constructs the service, the only place that does, and listens. */
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
      // A call that its caller has given up on is the engine's only, and is carried through too.
      .then(() => Promise.all([engine.drain(), ...sweepers.map((sweeper) => sweeper.stop())]))
      // Kept-alive connections may have brought another call meanwhile, whose answer is not written yet.
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
