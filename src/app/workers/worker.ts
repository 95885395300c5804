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
import { keepNewObjectsYoung } from '../young-objects.js';
import { PrimaryLink } from './primary-link.js';

/** Connections for everything but the engine and the reads, such as looking up API keys. */
const POOL_CONNECTIONS = 2;

/** The engine's figures are the primary's. */
const NO_FIGURES = { queued: 0, recordsAwaited: 0, busy: false };

/**
 * One of several processes: the doors, in front of the primary's engine. Resolves when it was stopped, by the primary
 * or the signal. If it cannot start, it tells the primary why.
 */
export async function runWorker(place: number, signal: AbortSignal): Promise<void> {
  keepNewObjectsYoung();
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

/** The reason for the operator, as a single process would print it: one line, unless it is a bug. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const isKnown = error instanceof CannotListen || error instanceof DatabaseUnusable;
  return isKnown || typeof error.code === 'string' ? error.message : (error.stack ?? String(error));
}

/** A worker's configuration: it has its share of the connections for reads. The engine's belong to the primary. */
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
