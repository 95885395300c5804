import type { DataSource } from 'typeorm';
import { sweepIdempotencyKeys } from '../store/idempotency-keys.js';
import { listMerchants } from '../store/merchants.js';

/** Deletes in one statement; more would hold locks for longer than a reader should wait. */
const SWEEP_ROWS_MAX = 1000;

/** Forgets the outlived idempotency keys of all merchants. Any number of processes may do so at once. */
export async function sweepAllKeys(dataSource: DataSource, isStopped: () => boolean): Promise<number> {
  let swept = 0;
  for (const { merchantId } of await listMerchants(dataSource)) {
    for (let found = SWEEP_ROWS_MAX; found === SWEEP_ROWS_MAX && !isStopped(); ) {
      found = await sweepIdempotencyKeys(dataSource, merchantId, SWEEP_ROWS_MAX);
      swept += found;
    }
  }
  return swept;
}

/** Sweeps at regular intervals until stopped. */
export class KeySweeper {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly intervalMs: number,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep();
    }, this.intervalMs);
    this.#timer.unref();
  }

  /** Resolves when the sweep in progress, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #sweep(): Promise<void> {
    try {
      await sweepAllKeys(this.dataSource, () => this.#stopped);
    } catch (error) {
      this.onError(error);
    }
    if (!this.#stopped) this.start();
  }
}
