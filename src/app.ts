import { CertificateFiles } from './app/certificate-files.js';
import { createDoors } from './app/doors.js';
import { openEngineRoom } from './app/engine-room.js';
import { type App, type Overrides, start } from './app/running.js';
import { createPrimary } from './app/workers/primary.js';
import { keepNewObjectsYoung } from './app/young-objects.js';
import type { Config } from './config.js';
import { createLogger, type Logger } from './telemetry/logger.js';

export type { App, Overrides };

/** The only function that constructs the service. It runs in one process or several, and listens when this resolves. */
export function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  keepNewObjectsYoung();
  const logger = overrides.logger ?? createLogger(config.logLevel);
  return config.workers === 1
    ? createOneProcess(config, logger, overrides)
    : createPrimary(config, logger, overrides);
}

async function createOneProcess(config: Config, logger: Logger, overrides: Overrides): Promise<App> {
  const room = await openEngineRoom(config, logger, overrides.engine);
  const doors = await createDoors(config, logger, { ...room, scrape: () => room.metrics.scrape() });
  const certificates = config.tls && new CertificateFiles(config.tls, logger, doors.setCertificates);
  const close = async (drainDelayMs = config.limits.drainDelayMs): Promise<void> => {
    certificates?.stop();
    await doors.close(drainDelayMs, () => room.drain());
    await room.close();
  };
  const service = {
    ...room,
    certificates,
    open: () => doors.open(),
    becomeReady: (announce: (() => void) | undefined) => doors.readiness.start(announce),
    close,
  };
  return start(service, overrides);
}
