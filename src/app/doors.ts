import { setTimeout as sleep } from 'node:timers/promises';
import type { Certificates, Config } from '../config.js';
import type { Logger } from '../telemetry/logger.js';
import { inTime } from '../timing/in-time.js';
import { createCalls, type Means } from './calls.js';
import { type Checks, callChecks } from './checks.js';
import type { Core } from './core.js';
import { readinessObserver } from './observers.js';
import { type Addresses, createPorts, openPorts, type PortsMeans } from './ports.js';
import { openReadPools } from './read-pools.js';
import { Readiness, type Status } from './readiness.js';
import type { Stalls } from './stalls.js';

export const READINESS_INTERVAL_MS = 1000;
/** Long enough for a check of the database to connect, and then to ask. */
export const READINESS_TIMEOUT_MS = 5000;

/** What is behind the doors. */
export interface Behind
  extends Pick<Core, 'database' | 'dataSource' | 'changes' | 'tracing'>,
    Pick<Means, 'engine' | 'metrics'>,
    Pick<PortsMeans, 'scrape'> {
  /** The checks of the engine and its database. */
  readonly checks: Checks;
  readonly stalls: Stalls;
  /** The first status of what only another process can see; `Readiness.tell` brings later ones. */
  readonly told?: Status | undefined;
}

/** The ports, and how their calls are answered, by the engine and from the database. */
export interface Doors {
  readonly readiness: Readiness;
  /** Throws CannotListen; some ports may be open then. */
  open(): Promise<Addresses>;
  /** Sets the certificates of new connections. */
  setCertificates(certificates: Certificates): void;
  /**
   * Reports that the service is not ready any more. After `drainDelayMs`, answers the accepted calls within the
   * shutdown timeout, and ends all connections. `finish`: what has to be done for the last answers.
   */
  close(drainDelayMs: number, finish: () => Promise<unknown>): Promise<void>;
}

/** Throws DatabaseUnusable, with the database closed. */
export async function createDoors(config: Config, logger: Logger, behind: Behind): Promise<Doors> {
  const reads = await openReadPools(behind.database, config.limits, behind.stalls);
  const calls = createCalls(config, logger, { ...behind, ...reads });
  const ports = createPorts(config, logger, {
    calls,
    scrape: behind.scrape,
    status: () => readiness.status,
  });
  const { grpc, http, metrics } = ports;
  const checks = { ...behind.checks, ...callChecks(reads.behindReads, calls.issuerAnswers) };
  const readiness = new Readiness({
    checks,
    intervalMs: READINESS_INTERVAL_MS,
    timeoutMs: READINESS_TIMEOUT_MS,
    told: behind.told,
    onChange: readinessObserver(logger, grpc),
  });
  behind.metrics.service.showReadiness(() => ({ ...readiness.status, checks: Object.keys(checks) }));
  const open = async (): Promise<Addresses> => {
    const reached = await openPorts(config, ports);
    logger.info({ ...reached.addresses, metricsUrl: reached.metricsUrl }, 'listening');
    return reached;
  };
  const close: Doors['close'] = async (drainDelayMs, finish) => {
    readiness.stop();
    // Load balancers can notice before connections to a closed port fail.
    if (drainDelayMs > 0) await sleep(drainDelayMs);
    calls.streamDispatcher.endAll();
    const drained = Promise.all([grpc.drain(), http.drain(), metrics?.drain()])
      .then(finish)
      // Keep-alive connections may have brought more calls whose answers are not written yet.
      .then(() => http.drain());
    await inTime(config.limits.shutdownTimeoutMs, drained, () =>
      logger.warn('the shutdown timeout passed with calls still in progress'),
    );
    for (const port of [grpc, http, metrics]) port?.destroy();
    await reads.close();
  };
  const setCertificates = (changed: Certificates): void => {
    for (const port of [grpc, http, metrics]) port?.setCertificates(changed);
  };
  return { readiness, open, setCertificates, close };
}
