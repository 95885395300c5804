import type { ReadPool } from '../../store/reads/read-pool.js';
import type { ReadResult } from '../reads/read-result.js';
import type { ChangeSignal } from './change-signal.js';
import { Watch, type WatchRequest } from './watch.js';

/** Begins watches. */
export class Watches {
  constructor(
    private readonly pool: Pick<ReadPool, 'reader'>,
    private readonly changes: ChangeSignal,
  ) {}

  begin(merchantId: string, request: WatchRequest): Promise<ReadResult<Watch>> {
    return Watch.begin(this.pool, this.changes, merchantId, request);
  }
}
