import type { DataSource } from 'typeorm';
import type { Engine } from '../engine/engine.js';
import type { Sweeper } from '../service/sweeps/sweeper.js';
import type { Logger } from '../telemetry/logger.js';
import type { CertificateFiles } from './certificate-files.js';
import type { Addresses } from './ports.js';

/** A service that runs. */
export interface App extends Addresses {
  readonly dataSource: DataSource;
  /** Reads the files of certificates again. */
  readCertificates(): Promise<void>;
  /** Finishes accepted calls within the shutdown timeout, then releases everything. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly logger?: Logger;
  /** Replaces the real one, for benchmarks and tests. */
  readonly engine?: Engine;
  /**
   * Work that the service does before it is ready, in addition to opening ports. The returned function runs in the turn
   * in which the service becomes ready, so that observers of one can rely on the other.
   */
  readonly prepare?: (started: Omit<App, 'close' | 'readCertificates'>) => Promise<() => void>;
}

/** A service that is constructed and does nothing yet. */
interface Startable extends Pick<App, 'dataSource'> {
  readonly sweepers: readonly Sweeper[];
  readonly certificates: CertificateFiles | undefined;
  /** Opens the ports. */
  open(): Promise<Addresses>;
  /**
   * Looks whether calls can succeed. `announce`, if there is one, runs in the turn in which the service becomes ready.
   */
  becomeReady(announce: (() => void) | undefined): Promise<void>;
  /** After what has been configured, or after this time, if it is given. */
  close(drainDelayMs?: number): Promise<void>;
}

/** Starts a service. What has begun is closed again if something fails. */
export async function start(service: Startable, { prepare }: Overrides): Promise<App> {
  const { dataSource, sweepers, certificates } = service;
  try {
    const started = { ...(await service.open()), dataSource };
    await service.becomeReady(await prepare?.(started));
    for (const sweeper of sweepers) sweeper.start();
    certificates?.start();
    return {
      ...started,
      readCertificates: async () => certificates?.look(true),
      close: () => service.close(),
    };
  } catch (error) {
    await service.close(0);
    throw error;
  }
}
