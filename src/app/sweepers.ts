import type { DataSource } from 'typeorm';
import type { HoldSweep } from '../engine/hold-sweep.js';
import { MerchantRound } from '../engine/merchant-round.js';
import { IMPORT_SWEEP_MERCHANTS, sweepImportsOf } from '../service/sweeps/import-sweep.js';
import { KEY_SWEEP_MERCHANTS, sweepKeys } from '../service/sweeps/key-sweep.js';
import { Sweeper, type SweeperOptions } from '../service/sweeps/sweeper.js';
import type { Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics/metrics.js';
import type { SweepGauges } from '../telemetry/metrics/service-metrics.js';
import { Overdue } from '../timing/overdue.js';

const KEY_SWEEP_INTERVAL_MS = 60_000;
const IMPORT_SWEEP_INTERVAL_MS = 600_000;
const HOLD_SWEEP_INTERVAL_MS = 1000;

interface Sweep extends Pick<SweeperOptions, 'intervalMs'> {
  readonly name: 'keys' | 'imports' | 'holds';
  /** The message that is logged when it fails. */
  readonly failed: string;
  /** Returns how much it removed; 0 if that is not counted. */
  readonly sweep: (isStopped: () => boolean) => Promise<number>;
  readonly overdue: () => SweepGauges;
}

/** Creates the sweepers of expired data. */
export function createSweepers(
  dataSource: DataSource,
  holdSweep: HoldSweep,
  logger: Logger,
  { service }: Pick<Metrics, 'service'>,
): readonly Sweeper[] {
  const create = ({ name, failed, sweep, overdue, intervalMs }: Sweep): Sweeper => {
    service.addSweep(name, overdue);
    return new Sweeper({
      intervalMs,
      sweep: async (isStopped) => service.swept(name, await sweep(isStopped)),
      onError: (err) => logger.warn({ err }, failed),
      onEnd: (isWell) => service.sweepEnded(name, isWell),
    });
  };
  const ofKeys = new MerchantRound(dataSource, KEY_SWEEP_MERCHANTS);
  const keysOverdue = new Overdue();
  const ofImports = new MerchantRound(dataSource, IMPORT_SWEEP_MERCHANTS);
  const importsOverdue = new Overdue();
  return [
    create({
      name: 'keys',
      intervalMs: KEY_SWEEP_INTERVAL_MS,
      sweep: async (isStopped) => sweepKeys(dataSource, await ofKeys.next(), isStopped, keysOverdue),
      failed: 'old idempotency keys could not be removed',
      overdue: () => keysOverdue,
    }),
    create({
      name: 'imports',
      intervalMs: IMPORT_SWEEP_INTERVAL_MS,
      sweep: async (isStopped) => {
        await sweepImportsOf(dataSource, await ofImports.next(), isStopped, importsOverdue);
        return 0;
      },
      failed: 'old imports could not be removed',
      overdue: () => importsOverdue,
    }),
    create({
      name: 'holds',
      intervalMs: HOLD_SWEEP_INTERVAL_MS,
      sweep: (isStopped) => holdSweep.sweep(isStopped),
      failed: 'expired holds could not be swept',
      overdue: () => holdSweep.overdue,
    }),
  ];
}
