import type { Config } from '../../config.js';
import type { Logger } from '../../telemetry/logger.js';
import { inTime } from '../../timing/in-time.js';
import { CertificateFiles } from '../certificate-files.js';
import { READINESS_INTERVAL_MS, READINESS_TIMEOUT_MS } from '../doors.js';
import { openEngineRoom } from '../engine-room.js';
import { logReadiness } from '../observers.js';
import { Readiness } from '../readiness.js';
import { type App, type Overrides, start } from '../running.js';
import { Crew } from './crew.js';
import { JointScrape } from './joint-scrape.js';

/** How long the primary waits for commands whose workers have ended. */
const LEFT_OVER_MS = 1000;

/**
 * The service as several processes. This one has the engine and everything that exists once: the schema, the embedded
 * database, the sweeps, the files of certificates. The workers have the doors, and use its engine.
 */
export async function createPrimary(config: Config, logger: Logger, overrides: Overrides): Promise<App> {
  const room = await openEngineRoom(config, logger, overrides.engine);
  const { metrics, engine } = room;
  const joint = new JointScrape(metrics, () => crew.workers);
  const crew = new Crew({
    config,
    logger,
    engine,
    onMessage: (worker, message) => joint.heard(worker, message),
    onEnd: (worker) => joint.ended(worker),
  });
  const checks = { ...room.checks, workers: async () => crew.finding };
  const readiness = new Readiness({
    checks,
    intervalMs: READINESS_INTERVAL_MS,
    timeoutMs: READINESS_TIMEOUT_MS,
    onChange: (status, errors) => {
      logReadiness(logger, status, errors);
      void crew.tell(status);
    },
  });
  metrics.service.showReadiness(() => ({ ...readiness.status, checks: Object.keys(checks) }));
  const certificates =
    config.tls && new CertificateFiles(config.tls, logger, (changed) => crew.setCertificates(changed));
  const becomeReady = async (announce: (() => void) | undefined): Promise<void> => {
    await readiness.start();
    await crew.tell(readiness.status);
    announce?.();
  };
  const close = async (drainDelayMs = config.limits.drainDelayMs): Promise<void> => {
    readiness.stop();
    certificates?.stop();
    await crew.stop(drainDelayMs);
    // Commands may be left of workers that were killed. Nobody waits for their answers any more.
    await inTime(LEFT_OVER_MS, room.drain(), () => {});
    await room.close();
  };
  return start({ ...room, certificates, open: () => crew.start(), becomeReady, close }, overrides);
}
