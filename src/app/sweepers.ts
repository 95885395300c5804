import { MerchantRound } from '../engine/merchant-round.js';
import { IMPORT_SWEEP_MERCHANTS, sweepImportsOf } from '../service/sweeps/import-sweep.js';
import { KEY_SWEEP_MERCHANTS, sweepKeys } from '../service/sweeps/key-sweep.js';
import { Sweeper } from '../service/sweeps/sweeper.js';
import type { Logger } from '../telemetry/logger.js';
import type { Core } from './core.js';

const KEY_SWEEP_INTERVAL_MS = 60_000;
const IMPORT_SWEEP_INTERVAL_MS = 600_000;
const HOLD_SWEEP_INTERVAL_MS = 1000;

/** Creates the sweepers of expired data. */
export function createSweepers({ dataSource, holdSweep }: Core, logger: Logger): readonly Sweeper[] {
  const ofKeys = new MerchantRound(dataSource, KEY_SWEEP_MERCHANTS);
  const ofImports = new MerchantRound(dataSource, IMPORT_SWEEP_MERCHANTS);
  return [
    new Sweeper({
      intervalMs: KEY_SWEEP_INTERVAL_MS,
      sweep: async (isStopped) => sweepKeys(dataSource, await ofKeys.next(), isStopped),
      onError: (err) => logger.warn({ err }, 'old idempotency keys could not be removed'),
    }),
    new Sweeper({
      intervalMs: IMPORT_SWEEP_INTERVAL_MS,
      sweep: async (isStopped) => sweepImportsOf(dataSource, await ofImports.next(), isStopped),
      onError: (err) => logger.warn({ err }, 'old imports could not be removed'),
    }),
    new Sweeper({
      intervalMs: HOLD_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => holdSweep.sweep(isStopped),
      onError: (err) => logger.warn({ err }, 'expired holds could not be swept'),
    }),
  ];
}
