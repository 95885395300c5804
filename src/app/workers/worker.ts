import type { Config } from '../../config.js';
import { DatabaseUnusable } from '../../database-unusable.js';
import { createLogger, type Logger } from '../../telemetry/logger.js';
import { Metrics } from '../../telemetry/metrics/metrics.js';
import { CannotListen } from '../../transport/failures/cannot-listen.js';
import { VERSION } from '../../version.js';
import { openCore } from '../core.js';
import { createDoors } from '../doors.js';
import { starting } from '../readiness.js';
import { watchStalls } from '../stalls.js';
import { PrimaryLink } from './primary-link.js';

/** Connections for what is neither the engine's nor a read, such as looking up API keys. */
const POOL_CONNECTIONS = 2;

/** The engine's figures are the primary's. */
const NO_FIGURES = { queued: 0, recordsAwaited: 0, busy: false };

/**
 * One of several processes: the doors, in front of the primary's engine. Resolves when it has been stopped, by the primary
 * or the signal. The primary is told why it could not start.
 */
export async function runWorker(place: number, signal: AbortSignal): Promise<void> {
  const link = new PrimaryLink();
  const config = shareOf(await link.config);
  const { drainDelayMs } = config.limits;
  const signalled = new Promise<number>((resolve) => {
    signal.addEventListener('abort', () => resolve(drainDelayMs));
    if (signal.aborted) resolve(drainDelayMs);
  });
  const logger = createLogger(config.logLevel).child({ worker: place });
  const close = await serve(config, logger, link).catch(async (error) => {
    await link.say({ kind: 'failed', why: reasonOf(error) });
    throw error;
  });
  await close(await Promise.any([link.stopped, signalled]));
}

/** For the operator, as for one process: a line, unless it is a bug. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const isKnown = error instanceof CannotListen || error instanceof DatabaseUnusable;
  return isKnown || typeof error.code === 'string' ? error.message : (error.stack ?? String(error));
}

/** A worker's part of the configuration: connections for reads are shared out, the engine's are the primary's. */
function shareOf(config: Config): Config {
  const { limits, workers } = config;
  const share = (limit: number): number => Math.ceil(limit / workers);
  return {
    ...config,
    limits: {
      ...limits,
      poolConnectionsMax: POOL_CONNECTIONS,
      readPoolConnectionsMax: share(limits.readPoolConnectionsMax),
      readsWaitingMax: share(limits.readsWaitingMax),
    },
  };
}

/** Returns how to stop. */
async function serve(
  config: Config,
  logger: Logger,
  link: PrimaryLink,
): Promise<(drainDelayMs: number) => Promise<void>> {
  const core = await openCore(config, logger, { migrated: true });
  const { engine } = link;
  const metrics = new Metrics(VERSION, () => NO_FIGURES);
  const stalls = watchStalls(core.database, metrics, logger);
  const scrape = () => link.scrape();
  const doors = await createDoors(config, logger, {
    ...core,
    metrics,
    stalls,
    engine,
    scrape,
    checks: {},
    told: starting,
  });
  const close = async (drainDelayMs: number): Promise<void> => {
    await doors.close(drainDelayMs, () => engine.drain());
    stalls.stop();
    await core.close();
  };
  try {
    const reached = await doors.open();
    await doors.readiness.start();
    link.follow({
      tell: (status) => doors.readiness.tell(status),
      setCertificates: doors.setCertificates,
      figures: () =>
        metrics.figures().catch((err) => {
          logger.error({ err }, 'the figures of this worker are missing in /metrics');
          return [];
        }),
    });
    await link.say({ kind: 'listening', reached });
    return close;
  } catch (error) {
    await close(0);
    throw error;
  }
}
