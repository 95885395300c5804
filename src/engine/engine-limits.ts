import type { BatcherLimits } from './batcher.js';

/** What the configuration says of the engine. */
export interface ConfiguredLimits {
  readonly engineLanes: number;
  readonly batchCommandsMax: number;
  readonly queueCommandsMax: number;
  readonly attemptsMax: number;
}

/** The engine's limits as configured, in a service and in a command alike. */
export function engineLimits(limits: ConfiguredLimits): BatcherLimits {
  return {
    engineLanes: limits.engineLanes,
    batchCommandsMax: limits.batchCommandsMax,
    queueCommandsMax: limits.queueCommandsMax,
    attemptsMax: limits.attemptsMax,
    reconcileAttemptsMax: 20,
    backoffMinMs: 10,
    backoffMaxMs: 1000,
  };
}
