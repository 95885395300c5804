import type { DataSource } from 'typeorm';
import { sweepIdempotencyKeys } from '../../store/tables/idempotency-keys.js';
import { listMerchants } from '../../store/tables/merchants.js';

/** Rows deleted in one statement; more would hold locks for too long. */
const SWEEP_ROWS_MAX = 1000;

/** Forgets the outlived idempotency keys of all merchants. Several processes may do so at the same time. */
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
