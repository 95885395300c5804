import { sweepExpiredHolds } from '../engine/hold-sweep.js';
import { sweepAllImports } from '../service/sweeps/import-sweep.js';
import { sweepAllKeys } from '../service/sweeps/key-sweep.js';
import { Sweeper } from '../service/sweeps/sweeper.js';
import type { Logger } from '../telemetry/logger.js';
import type { Core } from './core.js';

const KEY_SWEEP_INTERVAL_MS = 60_000;
const IMPORT_SWEEP_INTERVAL_MS = 600_000;
const HOLD_SWEEP_INTERVAL_MS = 1000;

/** Creates the sweepers of expired data. */
export function createSweepers({ dataSource, changes }: Core, logger: Logger): readonly Sweeper[] {
  return [
    new Sweeper({
      intervalMs: KEY_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => sweepAllKeys(dataSource, isStopped),
      onError: (err) => logger.warn({ err }, 'old idempotency keys could not be removed'),
    }),
    new Sweeper({
      intervalMs: IMPORT_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => sweepAllImports(dataSource, isStopped),
      onError: (err) => logger.warn({ err }, 'old imports could not be removed'),
    }),
    new Sweeper({
      intervalMs: HOLD_SWEEP_INTERVAL_MS,
      sweep: (isStopped) =>
        sweepExpiredHolds(dataSource, isStopped, (merchantId) => changes.changed(merchantId)),
      onError: (err) => logger.warn({ err }, 'expired holds could not be swept'),
    }),
  ];
}
