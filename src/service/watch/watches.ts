import type { ReadPool } from '../../store/reads/read-pool.js';
import type { ReadResult } from '../reads/read-result.js';
import type { ChangeSignal } from './change-signal.js';
import { Watch, type WatchRequest } from './watch.js';

/** Starts watches. */
export class Watches {
  readonly #pool: Pick<ReadPool, 'reader'>;
  readonly #changes: ChangeSignal;
  /** A watch that nothing wakes looks at the log this often. */
  readonly #lookIntervalMaxMs: number;

  constructor(pool: Pick<ReadPool, 'reader'>, changes: ChangeSignal, lookIntervalMaxMs: number) {
    this.#pool = pool;
    this.#changes = changes;
    this.#lookIntervalMaxMs = lookIntervalMaxMs;
  }

  begin(merchantId: string, request: WatchRequest): Promise<ReadResult<Watch>> {
    const pool = this.#pool;
    const changes = this.#changes;
    const lookIntervalMaxMs = this.#lookIntervalMaxMs;
    return Watch.begin({ pool, changes, lookIntervalMaxMs }, merchantId, request);
  }
}
