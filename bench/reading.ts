import type { LoadResult } from './load/plan.js';

/** The result of one turn of one round. */
export interface Reading extends LoadResult {
  /** How the side was set or loaded, where that varies. */
  readonly setting: string;
  /** How long the turn was, warm-up included. */
  readonly seconds: number;
  /** Resident memory of the server, the median of each part; only where the turn is reported in parts. */
  readonly memoryMiB?: readonly number[];
  /** Processor time of the whole turn. */
  readonly cpuSeconds: {
    readonly server: number;
    readonly generator: number;
    /** Undefined where the system does not tell. */
    readonly database: number | undefined;
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
