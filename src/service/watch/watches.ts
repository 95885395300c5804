import type { ReadPool } from '../../store/reads/read-pool.js';
import type { ReadResult } from '../reads/read-result.js';
import type { ChangeSignal } from './change-signal.js';
import { Watch, type WatchRequest } from './watch.js';

/** Begins watches. */
export class Watches {
  constructor(
    private readonly pool: Pick<ReadPool, 'reader'>,
    private readonly changes: ChangeSignal,
    /** A watch that nothing wakes looks at the log so often. */
    private readonly lookIntervalMaxMs: number,
  ) {}

  begin(merchantId: string, request: WatchRequest): Promise<ReadResult<Watch>> {
    const { pool, changes, lookIntervalMaxMs } = this;
    return Watch.begin({ pool, changes, lookIntervalMaxMs }, merchantId, request);
  }
}
