import type { DataSource } from 'typeorm';
import { sweepIdempotencyKeys } from '../store/tables/idempotency-keys.js';
import { listMerchants } from '../store/tables/merchants.js';

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
