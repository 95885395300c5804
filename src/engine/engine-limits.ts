import type { SchedulerLimits } from './scheduler/executor.js';

/** What the configuration says of the engine. */
export interface ConfiguredLimits {
  readonly engineLanes: number;
  readonly batchCommandsMax: number;
  readonly queueCommandsMax: number;
  readonly queueWaitMaxMs: number;
  readonly attemptsMax: number;
  readonly lockTimeoutMs: number;
  readonly poolConnectionsMax: number;
}

/** Connections of the pool that the engine leaves to others: API keys, sweeps. */
const OTHERS_CONNECTIONS = 2;
const ROWS_AWAITED_MAX = 3;
const STRAYS_MAX = 8;

/** The engine's limits as configured, in a service and in a command alike. */
export function engineLimits(limits: ConfiguredLimits): SchedulerLimits {
  const { engineLanes, batchCommandsMax, queueCommandsMax, queueWaitMaxMs, attemptsMax } = limits;
  const spare = limits.poolConnectionsMax - engineLanes - OTHERS_CONNECTIONS;
  const rowsAwaitedMax = Math.max(0, Math.min(ROWS_AWAITED_MAX, Math.floor(spare / 2)));
  return {
    engineLanes,
    batchCommandsMax,
    queueCommandsMax,
    queueWaitMaxMs,
    attemptsMax,
    rowsAwaitedMax,
    straysMax: Math.max(1, Math.min(STRAYS_MAX, spare - rowsAwaitedMax)),
    slowMs: 100,
    findFreeEveryMs: 50,
    rowWaitMaxMs: limits.lockTimeoutMs * attemptsMax,
    reconcileAttemptsMax: 20,
    backoffMinMs: 10,
    backoffMaxMs: 1000,
  };
}
