import type { Config } from '../config.js';
import type { Database } from '../database.js';
import { createEngine, type Engine } from '../engine/engine.js';
import { engineLimits } from '../engine/engine-limits.js';

/**
 * Runs work that changes stock on an engine of this process's own, beside whatever services run on the database.
 * `onFailure` hears why commands got faults.
 */
export async function withEngine<T>(
  { dataSource }: Database,
  { limits, batchScope }: Config,
  onFailure: (error: unknown) => void,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = createEngine(dataSource, {
    batchScope,
    observer: { batch: () => {}, retry: () => {}, failed: onFailure, changed: () => {} },
    limits: engineLimits(limits),
  });
  try {
    return await work(engine);
  } finally {
    await engine.drain();
  }
}
